//! D-02: the status of a ticket, over the API.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::desk::{Desk, STATUSES, errors, is_closed};

/// The number of mails about a ticket, and of changes of its status in the history.
async fn traces(desk: &Desk, ticket: &str) -> (i64, usize) {
    let query = "query Traces($id: ID!) {
        ticket(id: $id) { history { field } }
        emailDeliveries(filter: { ticketIds: [$id] }, first: 1) { totalCount }
    }";
    let data = desk.app.ask(&desk.manager, query, json!({ "id": ticket })).await;
    let history = data["ticket"]["history"].as_array().unwrap();
    let changes = history.iter().filter(|change| change["field"] == "STATUS").count();
    (data["emailDeliveries"]["totalCount"].as_i64().unwrap(), changes)
}

/// D-02: a new ticket is `OPEN`, whoever opens it; clients can open tickets, write and see them.
#[tokio::test]
async fn d_02_a_new_ticket_is_open() {
    let desk = Desk::open().await;
    for opener in [&desk.owner, &desk.manager, &desk.member, &desk.admin] {
        let ticket = desk.ticket(opener, json!({})).await;
        assert_eq!(ticket["status"], "OPEN");
        assert_eq!(ticket["openedBy"]["id"], opener.id());
        assert_eq!(ticket["closedAt"], Value::Null);
    }
    let own = desk.opened(&desk.admin).await;
    desk.post(&desk.admin, &own, "PUBLIC", "Bom dia").await;
    assert_eq!(desk.see(&desk.admin, &own).await["status"], "OPEN");
    desk.finish().await;
}

/// The outcome and new status that D-02 expects, or the refusal.
fn expected<'a>(from: &'a str, to: &'a str) -> Result<(&'static str, &'a str), &'static str> {
    match (is_closed(from), to) {
        _ if from == to => Ok(("UNCHANGED", from)),
        (true, _) if !is_closed(to) => Ok(("REOPENED", "REOPENED")),
        (false, "REOPENED") => Err("status:TICKET_OPEN"),
        _ => Ok(("CHANGED", to)),
    }
}

/// D-02: every pair of statuses. The same status changes nothing and sends no mail; an open status on a closed ticket
/// gives `REOPENED`; `REOPENED` on an open one is refused; all else is a change, also closed to closed. Each real
/// change is in the history once and sends mails.
#[tokio::test]
async fn d_02_every_pair() {
    let desk = Desk::open().await;
    for from in STATUSES {
        for to in STATUSES {
            let pair = format!("{from} → {to}");
            let id = desk.ticket_in(from).await;
            let (before, (mails, changes)) = (desk.see(&desk.member, &id).await, traces(&desk, &id).await);
            assert_eq!(before["status"], from, "{pair}");
            let input = json!({ "id": id, "status": to, "reason": "Como combinado." });
            let payload = desk.act(&desk.member, "ticketStatusChange", input).await;
            let after = desk.see(&desk.member, &id).await;
            assert_eq!(payload["ticket"], after, "{pair}");
            assert_eq!(after["closedAt"].is_null(), !is_closed(after["status"].as_str().unwrap()), "{pair}");
            let traces = traces(&desk, &id).await;
            match expected(from, to) {
                Ok(("UNCHANGED", _)) => {
                    assert_eq!(errors(&payload).len(), 0, "{pair}");
                    assert_eq!(payload["outcome"], "UNCHANGED", "{pair}");
                    assert_eq!(payload["mail"], Value::Null, "{pair}");
                    assert_eq!(after, before, "{pair}");
                    assert_eq!(traces, (mails, changes), "{pair}");
                }
                Ok((outcome, status)) => {
                    assert_eq!(errors(&payload).len(), 0, "{pair}");
                    assert_eq!(
                        (&payload["outcome"], &after["status"]),
                        (&json!(outcome), &json!(status)),
                        "{pair}"
                    );
                    assert_eq!(payload["mail"]["state"], "QUEUED", "{pair}");
                    assert_eq!(after["version"], before["version"].as_i64().unwrap() + 1, "{pair}");
                    assert_eq!(traces.1, changes + 1, "{pair}");
                    assert!(traces.0 > mails, "{pair}");
                }
                Err(code) => {
                    assert_eq!(errors(&payload), [code], "{pair}");
                    assert_eq!(payload["outcome"], Value::Null, "{pair}");
                    assert_eq!(payload["mail"], Value::Null, "{pair}");
                    assert_eq!(after, before, "{pair}");
                    assert_eq!(traces, (mails, changes), "{pair}");
                }
            }
        }
    }
    desk.finish().await;
}

/// D-02: staff of every role set the status; clients cannot, and their refused calls leave no trace.
#[tokio::test]
async fn d_02_clients_set_no_status() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    for staff in [&desk.owner, &desk.manager, &desk.member] {
        for status in ["IN_ANALYSIS", "WAITING"] {
            let input = json!({ "id": id, "status": status });
            assert_eq!(desk.done(staff, "ticketStatusChange", input).await["outcome"], "CHANGED");
        }
    }
    let before = (desk.see(&desk.member, &id).await, traces(&desk, &id).await);
    for status in STATUSES {
        let input = json!({ "id": id, "status": status, "reason": "Porque sim." });
        assert_eq!(desk.refused(&desk.admin, "ticketStatusChange", input).await, ["NOT_ALLOWED"], "{status}");
    }
    assert_eq!((desk.see(&desk.member, &id).await, traces(&desk, &id).await), before);
    desk.finish().await;
}

/// D-02, D-05: rejecting and canceling require a reason, which must not be blank. The same status and a reopening do
/// not.
#[tokio::test]
async fn d_02_reasons() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.manager).await;
    let wish = |status: &str, reason: Value| json!({ "id": id, "status": status, "reason": reason });
    for status in ["REJECTED", "CANCELED"] {
        for reason in [Value::Null, json!(""), json!(" \n ")] {
            let refused = desk.refused(&desk.member, "ticketStatusChange", wish(status, reason)).await;
            assert_eq!(refused, ["reason:REASON_REQUIRED"], "{status}");
        }
    }
    let change =
        async |status, reason| desk.done(&desk.member, "ticketStatusChange", wish(status, reason)).await;
    assert_eq!(change("REJECTED", json!("Fora do contrato.")).await["outcome"], "CHANGED");
    assert_eq!(change("REJECTED", Value::Null).await["outcome"], "UNCHANGED");
    assert_eq!(change("WAITING", Value::Null).await["outcome"], "REOPENED");
    let long = json!("x".repeat(20_001));
    assert_eq!(
        desk.refused(&desk.member, "ticketStatusChange", wish("CANCELED", long)).await,
        ["reason:TOO_LONG"]
    );
    desk.finish().await;
}

/// D-02: the firm may let its clients reopen a ticket within some days (seven here) after the last closing, including
/// the last moment. Staff can always reopen.
#[tokio::test]
async fn d_02_clients_reopen_within_days() {
    let desk = Desk::open().await;
    let collaborator = desk.collaborator("rui@padaria.example").await;
    let id = desk.opened(&desk.admin).await;
    let reopen = json!({ "id": id, "reason": "Ainda falta um anexo." });
    assert_eq!(desk.refused(&desk.admin, "ticketReopen", reopen.clone()).await, ["TICKET_OPEN"]);
    assert_eq!(desk.refused(&desk.member, "ticketReopen", reopen.clone()).await, ["TICKET_OPEN"]);
    let closings =
        [("FINISHED", 7, &desk.admin), ("REJECTED", 1, &collaborator), ("CANCELED", 0, &desk.admin)];
    for (status, days, by) in closings {
        desk.set(&id, status).await;
        desk.app.pass(TimeDelta::days(days));
        let payload = desk.done(by, "ticketReopen", reopen.clone()).await;
        assert_eq!(payload["outcome"], "REOPENED", "{status}");
        assert_eq!(payload["ticket"]["status"], "REOPENED", "{status}");
        assert_eq!(payload["mail"]["state"], "QUEUED", "{status}");
        assert_eq!(payload["mail"]["deliveries"], json!([]), "who is mailed is for staff");
    }
    desk.set(&id, "FINISHED").await;
    desk.app.pass(TimeDelta::days(7) + TimeDelta::microseconds(1));
    let late = desk.refused(&desk.admin, "ticketReopen", reopen.clone()).await;
    assert_eq!(late, ["REOPEN_PERIOD_OVER"]);
    // Another closing starts the period again.
    desk.set(&id, "REJECTED").await;
    assert_eq!(desk.done(&desk.admin, "ticketReopen", reopen.clone()).await["outcome"], "REOPENED");
    desk.set(&id, "FINISHED").await;
    desk.app.pass(TimeDelta::days(8));
    assert_eq!(desk.done(&desk.member, "ticketReopen", reopen).await["outcome"], "REOPENED");
    desk.finish().await;
}

/// D-02: with zero days, clients cannot reopen, not even at once.
#[tokio::test]
async fn d_02_reopening_that_is_not_offered() {
    let desk = Desk::open().await;
    desk.settle(json!({ "clientReopenDays": 0 })).await;
    let id = desk.ticket_in("FINISHED").await;
    assert_eq!(desk.refused(&desk.admin, "ticketReopen", json!({ "id": id })).await, ["REOPEN_NOT_OFFERED"]);
    assert_eq!(desk.see(&desk.admin, &id).await["status"], "FINISHED");
    assert_eq!(desk.done(&desk.member, "ticketReopen", json!({ "id": id })).await["outcome"], "REOPENED");
    desk.finish().await;
}
