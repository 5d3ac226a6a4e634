//! `viewerCan` of tickets: what it allows succeeds, what it does not allow is refused with the same code and message.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{ClientId, Id, TicketId};
use guichet_engine::actor::MemberReach;
use guichet_engine::tables::{ticket_numbers, tickets};
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, each};
use crate::shared::file::hand::PDF;

/// Each action on a ticket, with its mutation.
const ACTS: [(&str, &str); 8] = [
    ("EDIT", "ticketEdit"),
    ("CHANGE_STATUS", "ticketStatusChange"),
    ("REOPEN", "ticketReopen"),
    ("TRANSFER", "ticketTransfer"),
    ("POST_MESSAGE", "ticketMessagePost"),
    ("POST_NOTE", "ticketMessagePost"),
    ("ATTACH_FILE", "ticketFileAttach"),
    ("MARK_READ", "ticketMarkRead"),
];

/// A ticket in this status, closed now if the status is a closed one, without the mails that a real change would send.
async fn ticket(desk: &Desk, client: ClientId, status: TicketStatus, assignee: &Person) -> String {
    let mut conn = desk.app.store.conn().await.unwrap();
    let (id, now) = (TicketId::new(), desk.app.store.now());
    let number: i64 = diesel::update(ticket_numbers::table.find(desk.firm.id))
        .set(ticket_numbers::last.eq(ticket_numbers::last + 1))
        .returning(ticket_numbers::last)
        .get_result(&mut conn)
        .await
        .unwrap();
    diesel::insert_into(tickets::table)
        .values((
            (tickets::id.eq(id), tickets::firm_id.eq(desk.firm.id), tickets::number.eq(number)),
            (tickets::client_id.eq(client), tickets::opened_by_staff.eq(desk.owner.staff_id())),
            (tickets::assignee_id.eq(assignee.staff_id()), tickets::status.eq(status)),
            (tickets::subject.eq("Guia"), tickets::description.eq(""), tickets::search_text.eq("")),
            (tickets::price_minor.eq(0), tickets::currency.eq("BRL")),
            (tickets::created_at.eq(now), tickets::updated_at.eq(now)),
            tickets::closed_at.eq(status.is_closed().then_some(now)),
        ))
        .execute(&mut conn)
        .await
        .unwrap();
    id.encode()
}

/// The input of the mutation for an action.
fn input(desk: &Desk, act: &str, id: &str, status: TicketStatus) -> Value {
    let more = match act {
        "EDIT" => json!({ "expectedVersion": 1, "subject": "Outro" }),
        "CHANGE_STATUS" => {
            let other = if status == TicketStatus::Finished { "CANCELED" } else { "FINISHED" };
            json!({ "status": other, "reason": "Como combinado." })
        }
        "TRANSFER" => json!({ "to": { "staffId": desk.owner.id() } }),
        "POST_MESSAGE" => json!({ "visibility": "PUBLIC", "body": "Bom dia" }),
        "POST_NOTE" => json!({ "visibility": "INTERNAL", "body": "Ligar amanhã" }),
        _ => json!({}),
    };
    let mut input = json!({ "id": id });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// Asks what `by` may do with tickets in this status, tries each action on a separate ticket, and compares; returns the
/// actions that succeeded.
async fn compare(
    desk: &Desk,
    by: &Person,
    client: ClientId,
    status: TicketStatus,
    later: impl Fn(),
) -> Vec<&'static str> {
    let mut ids = Vec::new();
    for _ in ACTS {
        ids.push(ticket(desk, client, status, &desk.member).await);
    }
    later();
    let query = "query Can($ids: [ID!]!) { nodes(ids: $ids) { ... on Ticket {
        viewerCan { act allowed reason message } } } }";
    let told = desk.app.ask(by, query, json!({ "ids": ids })).await["nodes"].clone();
    let mut done = Vec::new();
    for (number, (act, mutation)) in ACTS.into_iter().enumerate() {
        let abilities = told[number]["viewerCan"].as_array().unwrap();
        assert_eq!(each(&json!(abilities), "act"), ACTS.map(|(act, _)| json!(act)));
        let told = &abilities[number];
        let mut input = input(desk, act, &ids[number], status);
        if act == "ATTACH_FILE" {
            let file = desk.hand_in(by, "guia.pdf", PDF).await;
            input["fileIds"] = json!([file]);
            input["to"] = json!({ "visibility": "PUBLIC" });
        }
        let payload = desk.act(by, mutation, input).await;
        let errors = payload["userErrors"].as_array().unwrap();
        let (code, message) = match errors.as_slice() {
            [] => (Value::Null, Value::Null),
            [error] => (error["code"].clone(), error["message"].clone()),
            more => panic!("{act} {status}: {more:?}"),
        };
        let real = json!({ "act": act, "allowed": errors.is_empty(), "reason": code, "message": message });
        assert_eq!(told, &real, "{status} as {}", by.email);
        if errors.is_empty() {
            done.push(act);
        }
    }
    done
}

const STAFF_OPEN: [&str; 7] =
    ["EDIT", "CHANGE_STATUS", "TRANSFER", "POST_MESSAGE", "POST_NOTE", "ATTACH_FILE", "MARK_READ"];
const STAFF_CLOSED: [&str; 5] = ["CHANGE_STATUS", "REOPEN", "POST_NOTE", "ATTACH_FILE", "MARK_READ"];

/// D-01, D-02, D-03, D-07, D-09, D-12, B-15: every role, every status and every action.
#[tokio::test]
async fn d_01_what_the_viewer_may_do_with_a_ticket() {
    let desk = Desk::open().await;
    let rui = desk.collaborator("rui@padaria.example").await;
    let staff = [&desk.owner, &desk.manager, &desk.member];
    for reach in [MemberReach::All, MemberReach::Own] {
        desk.firm.set_member_reach(reach).await;
        let staff = if reach == MemberReach::All { &staff[..] } else { &staff[2..] };
        for status in TicketStatus::ALL {
            let closed = status.is_closed();
            for by in staff {
                let done = compare(&desk, by, desk.client, *status, || {}).await;
                assert_eq!(done, if closed { &STAFF_CLOSED[..] } else { &STAFF_OPEN[..] }, "{status}");
            }
        }
    }
    for status in TicketStatus::ALL {
        for by in [&desk.admin, &rui] {
            let done = compare(&desk, by, desk.client, *status, || {}).await;
            let other = if status.is_closed() { "REOPEN" } else { "POST_MESSAGE" };
            assert_eq!(done, [other, "ATTACH_FILE", "MARK_READ"], "{status}");
        }
    }
    desk.finish().await;
}

/// D-02: the same when the firm does not let its clients reopen tickets, and when the period for it is over.
#[tokio::test]
async fn d_02_what_the_viewer_may_do_with_a_closed_ticket() {
    use chrono::TimeDelta;
    let desk = Desk::open().await;
    let late = || desk.app.pass(TimeDelta::days(7) + TimeDelta::microseconds(1));
    let done = compare(&desk, &desk.admin, desk.client, TicketStatus::Rejected, late).await;
    assert_eq!(done, ["ATTACH_FILE", "MARK_READ"]);
    assert_eq!(compare(&desk, &desk.member, desk.client, TicketStatus::Rejected, late).await, STAFF_CLOSED);
    let just = || desk.app.pass(TimeDelta::days(7));
    let done = compare(&desk, &desk.admin, desk.client, TicketStatus::Rejected, just).await;
    assert_eq!(done, ["REOPEN", "ATTACH_FILE", "MARK_READ"]);
    desk.settle(json!({ "clientReopenDays": 0 })).await;
    for status in [TicketStatus::Canceled, TicketStatus::Waiting] {
        let done = compare(&desk, &desk.admin, desk.client, status, || {}).await;
        let open = ["POST_MESSAGE", "ATTACH_FILE", "MARK_READ"];
        assert_eq!(done, if status.is_closed() { &open[1..] } else { &open[..] });
    }
    desk.finish().await;
}

/// D-07: the same for a client without any user who could read a message.
#[tokio::test]
async fn d_07_what_the_viewer_may_do_without_a_reader() {
    let desk = Desk::open().await;
    let silent = desk.firm.client("Mercado", None).await;
    for status in TicketStatus::ALL {
        let done = compare(&desk, &desk.member, silent, *status, || {}).await;
        let open: Vec<&str> = STAFF_OPEN.into_iter().filter(|act| *act != "POST_MESSAGE").collect();
        assert_eq!(done, if status.is_closed() { STAFF_CLOSED.to_vec() } else { open }, "{status}");
    }
    desk.finish().await;
}
