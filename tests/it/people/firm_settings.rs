//! B-15: an owner changes the firm's settings, which then apply.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_engine::tables::audit;
use guichet_schema::people::firm::queries;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, FIRM, reais};

async fn settings(desk: &Desk) -> Value {
    let query = format!("query S($id: ID!) {{ node(id: $id) {{ ... on Firm {{ {FIRM} }} }} }}");
    desk.app.ask(&desk.owner, &query, json!({ "id": desk.firm.id.encode() })).await["node"].clone()
}

async fn recorded(desk: &Desk) -> i64 {
    audit::table
        .filter(audit::act.eq("firmUpdate"))
        .count()
        .get_result(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap()
}

/// B-15: given settings change, omitted ones stay; a call that changes nothing leaves no trace (F-03).
#[tokio::test]
async fn b_15_what_is_given_changes() {
    let desk = Desk::open().await;
    let before = settings(&desk).await;
    let all = json!({ "name": "Aurora & Filhos", "locale": "ES", "zone": "Europe/Madrid",
        "mailFrom": "avisos@aurora.example", "mailReplyTo": "oi@aurora.example", "memberReach": "OWN",
        "clientReopenDays": 0, "chargeDueDays": 30, "acceptsLateFiles": true });
    let mut expected = before.clone();
    for (setting, value) in all.as_object().unwrap() {
        expected[setting] = value.clone();
    }
    expected["sender"]["replyTo"] = json!("oi@aurora.example");
    expected["version"] = json!(2);
    assert_ne!(expected["name"], before["name"]);
    assert_eq!(desk.settle(all.clone()).await, expected);
    assert_eq!(settings(&desk).await, expected);
    assert_eq!(recorded(&desk).await, 1);
    assert_eq!(desk.settle(all).await, expected);
    assert_eq!(recorded(&desk).await, 1);
    expected["mailReplyTo"] = Value::Null;
    expected["sender"]["replyTo"] = Value::Null;
    expected["version"] = json!(3);
    assert_eq!(desk.settle(json!({ "mailReplyTo": null })).await, expected);
    assert_eq!(recorded(&desk).await, 2);
    desk.finish().await;
}

/// B-15: only owners change the settings. All invalid ones are reported at once; with another version than the current
/// one nothing is overwritten.
#[tokio::test]
async fn b_15_what_is_refused() {
    let desk = Desk::open().await;
    let before = settings(&desk).await;
    for by in [&desk.manager, &desk.member, &desk.admin] {
        let input = json!({ "expectedVersion": 1, "name": "Outra" });
        assert_eq!(desk.refused(by, "firmUpdate", input).await, ["NOT_ALLOWED"]);
    }
    let wrong = json!({ "expectedVersion": 1, "name": " ", "zone": "Paris", "mailFrom": "firm",
        "mailReplyTo": "x@", "clientReopenDays": -1, "chargeDueDays": 3651 });
    let told = [
        "name:REQUIRED",
        "zone:OUT_OF_RANGE",
        "mailFrom:INVALID_EMAIL",
        "mailReplyTo:INVALID_EMAIL",
        "clientReopenDays:OUT_OF_RANGE",
        "chargeDueDays:OUT_OF_RANGE",
    ];
    assert_eq!(desk.refused(&desk.owner, "firmUpdate", wrong).await, told);
    let late = desk.act(&desk.owner, "firmUpdate", json!({ "expectedVersion": 7, "name": "Outra" })).await;
    assert_eq!(late["userErrors"][0]["code"], "CONFLICT");
    assert_eq!(late["firm"], before);
    assert_eq!(settings(&desk).await, before);
    desk.finish().await;
}

/// F-06: mails are sent with the current sender and its Reply-To.
#[tokio::test]
async fn f_06_the_next_mail_has_the_new_sender() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.member).await;
    desk.settle(json!({ "mailFrom": "novo@aurora.example", "mailReplyTo": "oi@aurora.example" })).await;
    desk.set(&ticket, "IN_ANALYSIS").await;
    desk.app.jobs_done().await;
    let mails = desk.app.sink.see(|state| {
        let text = |mail: &[u8]| String::from_utf8_lossy(mail).into_owned();
        state.mails.iter().map(|mail| (mail.from.clone(), text(&mail.raw))).collect::<Vec<_>>()
    });
    assert!(!mails.is_empty());
    for (from, mail) in mails {
        assert_eq!(from, "novo@aurora.example");
        assert!(
            mail.lines().any(|line| line.starts_with("Reply-To: ") && line.contains("<oi@aurora.example>"))
        );
    }
    desk.finish().await;
}

/// D-10: the next charge uses the new number of days. B-15: a smaller reach of members applies at once.
#[tokio::test]
async fn d_10_b_15_what_is_set_holds_at_once() {
    let desk = Desk::open().await;
    let priced = desk.ticket(&desk.owner, json!({ "price": reais(10_000) })).await["id"].clone();
    let ticket = priced.as_str().unwrap();
    assert_eq!(desk.see(&desk.member, ticket).await["id"], priced);
    desk.settle(json!({ "chargeDueDays": 0, "memberReach": "OWN" })).await;
    assert_eq!(desk.see(&desk.member, ticket).await, Value::Null);
    desk.done(&desk.owner, "ticketStatusChange", json!({ "id": ticket, "status": "FINISHED" })).await;
    let charge = desk.look(&desk.owner, ticket, "charges { dueOn }").await["charges"][0].clone();
    let mut conn = desk.app.store.conn().await.unwrap();
    let zone = queries::find(&mut conn, &desk.owner.actor().scope()).await.unwrap().zone;
    let today = desk.app.store.now().with_timezone(&zone).date_naive();
    drop(conn);
    assert_eq!(charge["dueOn"], json!(today));
    desk.finish().await;
}
