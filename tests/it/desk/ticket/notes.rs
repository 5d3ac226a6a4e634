//! D-07: internal notes never reach a client.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{AccessId, FirmId};
use guichet_engine::feed::Audience;
use guichet_engine::tables::{events, read_marks};
use serde_json::{Value, json};

use super::desk::{Desk, TICKET, each, text};

/// A word that only notes contain.
const SECRET: &str = "Xibolete";

/// All fields of a ticket that the API has, for staff and for clients.
fn everything() -> String {
    format!(
        "query All($id: ID!) {{
            ticket(id: $id) {{
                {TICKET} conversation(last: 100) {{
                    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                    edges {{ cursor node {{ id body visibility }} }}
                }}
                history {{ id field oldText newText reason at }} transfers {{ id note }}
                viewerCan {{ act allowed reason }}
            }}
            node(id: $id) {{ ... on Ticket {{ {TICKET} }} }}
            tickets(first: 10) {{ totalCount nodes {{ {TICKET} }} edges {{ cursor }} }}
            found: tickets(filter: {{ search: \"{SECRET}\" }}, first: 10) {{ totalCount nodes {{ id }} }}
            charges(first: 10) {{ totalCount }}
        }}"
    )
}

/// D-07: a note changes nothing in what a client gets: neither the list nor its order, no count, no search, no
/// `updatedAt`, `version` or unread count, no history. Staff see it, and it counts as unread for them.
#[tokio::test]
async fn d_07_notes_leave_no_trace() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    desk.app.pass(TimeDelta::minutes(1));
    desk.post(&desk.member, &id, "PUBLIC", "Bom dia").await;
    desk.app.pass(TimeDelta::minutes(1));
    let later = desk.opened(&desk.admin).await;
    let ask = async |by| desk.app.ask(by, &everything(), json!({ "id": id })).await;
    let (before, seen_before) = (ask(&desk.admin).await, ask(&desk.owner).await);
    for number in 0..3 {
        desk.app.pass(TimeDelta::minutes(1));
        desk.post(&desk.member, &id, "INTERNAL", &format!("{SECRET} {number}")).await;
    }
    assert_eq!(ask(&desk.admin).await, before);
    let seen = ask(&desk.owner).await;
    assert_eq!(
        seen["ticket"]["unreadCount"].as_i64(),
        seen_before["ticket"]["unreadCount"].as_i64().map(|n| n + 3)
    );
    assert_eq!(seen["ticket"]["conversation"]["edges"].as_array().unwrap().len(), 4);
    // For staff, too, nothing else changes, and no search finds notes: both sides use the same index.
    assert_eq!(seen["found"], json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!(each(&seen["tickets"]["nodes"], "id"), [json!(later), json!(id)]);
    desk.finish().await;
}

/// D-07: clients cannot find a note by its id, neither as a node nor as the message to read up to, and cannot write
/// one.
#[tokio::test]
async fn d_07_notes_are_not_there_by_id() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let message = desk.post(&desk.member, &id, "PUBLIC", "Bom dia").await;
    let note = desk.post(&desk.member, &id, "INTERNAL", SECRET).await;
    let query = "query N($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id __typename } }";
    let ids = json!({ "id": note, "ids": [note, message] });
    let seen = desk.app.ask(&desk.admin, query, ids.clone()).await;
    let one = json!({ "id": message, "__typename": "TicketMessage" });
    assert_eq!(seen, json!({ "node": null, "nodes": [null, one] }));
    assert_eq!(desk.app.ask(&desk.manager, query, ids).await["node"], json!({ "id": note }));
    let up_to = |message: &str| json!({ "id": id, "upToMessageId": message });
    let refused = desk.refused(&desk.admin, "ticketMarkRead", up_to(&note)).await;
    assert_eq!(refused, ["upToMessageId:NOT_FOUND"]);
    assert_eq!(refused, desk.refused(&desk.admin, "ticketMarkRead", up_to("message_0")).await);
    let own = json!({ "id": id, "visibility": "INTERNAL", "body": SECRET });
    assert_eq!(desk.refused(&desk.admin, "ticketMessagePost", own).await, ["NOT_ALLOWED"]);
    desk.finish().await;
}

/// D-07, D-12: notes do not move a client's read mark: a later message is unread.
#[tokio::test]
async fn d_07_notes_and_read_marks() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    desk.post(&desk.member, &id, "PUBLIC", "Bom dia").await;
    desk.post(&desk.member, &id, "INTERNAL", SECRET).await;
    let mark = desk.done(&desk.admin, "ticketMarkRead", json!({ "id": id })).await;
    assert_eq!(mark["ticket"]["unreadCount"], 0);
    let access: AccessId = guichet_base::id::Id::decode(&desk.admin.id()).unwrap();
    let seq: i32 = read_marks::table
        .filter(read_marks::reader_id.eq(guichet_base::id::Id::uuid(access)))
        .select(read_marks::seq)
        .get_result(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(seq, 1);
    desk.post(&desk.member, &id, "PUBLIC", "Ainda aí?").await;
    assert_eq!(desk.see(&desk.admin, &id).await["unreadCount"], 1);
    desk.finish().await;
}

/// D-07: no mail contains a note, and none is sent because of one.
#[tokio::test]
async fn d_07_notes_are_not_mailed() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    desk.post(&desk.member, &id, "INTERNAL", SECRET).await;
    desk.app.jobs_done().await;
    assert_eq!(desk.app.sink.mails().len(), 0);
    desk.set(&id, "FINISHED").await;
    desk.app.jobs_done().await;
    let mails = desk.app.sink.mails();
    assert!(!mails.is_empty());
    for mail in mails {
        let parsed = mail.parsed();
        let bodies = [parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap()];
        assert!(bodies.iter().all(|body| !body.contains(SECRET)), "{bodies:?}");
        assert!(bodies.iter().all(|body| body.contains("Guia do mês")), "{bodies:?}");
    }
    desk.finish().await;
}

/// D-07, D-01: no export contains a note, for staff or clients.
#[tokio::test]
async fn d_07_notes_are_not_exported() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let export = async |by| desk.app.get(Some(by), "/export/tickets.csv").await.text().await.unwrap();
    let before = (export(&desk.admin).await, export(&desk.member).await);
    desk.app.pass(TimeDelta::hours(1));
    desk.post(&desk.member, &id, "INTERNAL", SECRET).await;
    assert!(before.0.contains("Guia do mês") && before.1.contains("Guia do mês"));
    assert_eq!((export(&desk.admin).await, export(&desk.member).await), before);
    desk.finish().await;
}

/// D-07: only staff get events about a note.
#[tokio::test]
async fn d_07_notes_in_the_feed() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let input = json!({ "id": id, "visibility": "INTERNAL", "body": SECRET });
    let last: i64 = last_revision(&desk).await;
    desk.done(&desk.member, "ticketMessagePost", input.clone()).await;
    let rows: Vec<(String, Option<Value>, Option<Value>)> = events::table
        .filter(events::firm_id.eq(desk.firm.id))
        .filter(events::revision.gt(last))
        .select((events::noun, events::audience_before, events::audience_after))
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(rows.len(), 2, "the note and its ticket");
    for (noun, before, after) in rows {
        for audience in [before, after].into_iter().flatten() {
            let audience: Audience = serde_json::from_value(audience).unwrap();
            assert!(!audience.admits(&desk.admin.actor().scope(), &[]), "{noun}");
            assert!(audience.admits(&desk.member.actor().scope(), &[]), "{noun}");
        }
    }
    let public = json!({ "id": text(&input["id"]), "visibility": "PUBLIC", "body": "Bom dia" });
    let last = last_revision(&desk).await;
    desk.done(&desk.member, "ticketMessagePost", public).await;
    let after: Vec<Value> = events::table
        .filter(events::revision.gt(last))
        .select(events::audience_after.assume_not_null())
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let admits = |audience: Value| {
        serde_json::from_value::<Audience>(audience).unwrap().admits(&desk.admin.actor().scope(), &[])
    };
    assert!(after.len() == 2 && after.into_iter().all(admits));
    desk.finish().await;
}

async fn last_revision(desk: &Desk) -> i64 {
    let firm: FirmId = desk.firm.id;
    let revision: Option<i64> = events::table
        .filter(events::firm_id.eq(firm))
        .select(diesel::dsl::max(events::revision))
        .get_result(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    revision.unwrap_or_default()
}
