//! D-07: the conversation between staff and the client's users.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_engine::actor::AccessRole;
use guichet_engine::tables::portal_accesses;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, each, text};

const CONVERSATION: &str =
    "conversation(first: 100) { nodes { id visibility body createdAt author { id name } } }";

/// D-07: staff and the client's users write to each other, and all of them read the same messages, oldest first, with
/// author and time.
#[tokio::test]
async fn d_07_both_ways() {
    let desk = Desk::open().await;
    let rui = desk.collaborator("rui@padaria.example").await;
    let id = desk.opened(&desk.admin).await;
    let writers = [&desk.admin, &desk.member, &rui, &desk.owner, &desk.admin];
    let mut told = Vec::new();
    for (number, writer) in writers.into_iter().enumerate() {
        desk.app.pass(TimeDelta::minutes(1));
        let body = format!("Mensagem {number}\n\tcom duas linhas");
        let message = desk.post(writer, &id, "PUBLIC", &format!("  {body}\r\n")).await;
        told.push((json!(message), json!(body), json!(writer.id())));
    }
    let mut seen = Vec::new();
    for reader in [&desk.admin, &rui, &desk.owner, &desk.manager, &desk.member] {
        let messages = desk.look(reader, &id, CONVERSATION).await["conversation"]["nodes"].clone();
        let read: Vec<(Value, Value, Value)> = messages
            .as_array()
            .unwrap()
            .iter()
            .map(|message| (message["id"].clone(), message["body"].clone(), message["author"]["id"].clone()))
            .collect();
        assert_eq!(read, told);
        seen.push(messages);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(each(&seen[0], "createdAt")[..2], ["2026-03-02T12:01:00+00:00", "2026-03-02T12:02:00+00:00"]);
    assert_eq!(
        each(&seen[0], "author")[..2].iter().map(|a| text(&a["name"])).collect::<Vec<_>>(),
        ["ana", "bruno"]
    );
    let refusals = [
        ("", "body:REQUIRED"),
        (" \n ", "body:REQUIRED"),
        ("a\u{202e}", "body:INVALID_TEXT"),
        ("\u{7}\u{200b}", "body:REQUIRED"),
    ];
    for (body, refused) in refusals {
        for writer in [&desk.admin, &desk.member] {
            let input = json!({ "id": id, "visibility": "PUBLIC", "body": body });
            assert_eq!(desk.refused(writer, "ticketMessagePost", input).await, [refused]);
        }
    }
    desk.finish().await;
}

/// D-07: a message changes the ticket's `updatedAt`, but not its `version`.
#[tokio::test]
async fn d_07_messages_move_the_ticket() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    for writer in [&desk.member, &desk.admin] {
        desk.app.pass(TimeDelta::minutes(1));
        desk.post(writer, &id, "PUBLIC", "Bom dia").await;
        let ticket = desk.see(&desk.admin, &id).await;
        assert_eq!((&ticket["updatedAt"], &ticket["version"]), (&desk.now(), &json!(1)));
    }
    desk.finish().await;
}

/// D-07: a message that no user of the client could read is refused with `NO_LINKED_USER`. Invited, pending and
/// disabled users cannot read; one active user is enough. Internal notes need no reader.
#[tokio::test]
async fn d_07_no_linked_user() {
    let desk = Desk::open().await;
    let client = desk.firm.client("Mercado", Some("nf@mercado.example")).await;
    let id = text(&desk.ticket(&desk.member, json!({ "clientId": client.encode() })).await["id"]);
    let public = json!({ "id": id, "visibility": "PUBLIC", "body": "Bom dia" });
    let note = json!({ "id": id, "visibility": "INTERNAL", "body": "Sem usuário" });
    let no_reader = async |why: &str| {
        let refused = desk.refused(&desk.member, "ticketMessagePost", public.clone()).await;
        assert_eq!(refused, ["NO_LINKED_USER"], "{why}");
        desk.done(&desk.member, "ticketMessagePost", note.clone()).await;
    };
    no_reader("nobody").await;
    use AccessStatus::{Disabled, Invited, Pending};
    for (status, email) in
        [(Invited, "a@mercado.example"), (Pending, "b@m.example"), (Disabled, "c@m.example")]
    {
        desk.firm.portal(client, email, AccessRole::Admin, status).await;
        no_reader(status.as_str()).await;
    }
    let reader = desk.firm.portal(client, "d@m.example", AccessRole::Collaborator, Pending).await;
    diesel::update(portal_accesses::table.filter(portal_accesses::account_id.eq(reader.account_id)))
        .set(portal_accesses::status.eq(AccessStatus::Active))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    desk.done(&desk.member, "ticketMessagePost", public).await;
    let read = desk.look(&reader, &id, CONVERSATION).await;
    assert_eq!(each(&read["conversation"]["nodes"], "body"), ["Bom dia"]);
    desk.finish().await;
}

/// The bodies of a conversation, read in pages of two.
async fn walked(desk: &Desk, by: &Person, id: &str, backward: bool) -> Vec<Value> {
    let query = if backward {
        "query Walk($id: ID!, $at: String) { ticket(id: $id) { conversation(last: 2, before: $at) {
            nodes { body } pageInfo { more: hasPreviousPage at: startCursor } } } }"
    } else {
        "query Walk($id: ID!, $at: String) { ticket(id: $id) { conversation(first: 2, after: $at) {
            nodes { body } pageInfo { more: hasNextPage at: endCursor } } } }"
    };
    let (mut bodies, mut at) = (Vec::new(), Value::Null);
    loop {
        let data = desk.app.ask(by, query, json!({ "id": id, "at": at })).await;
        let page = &data["ticket"]["conversation"];
        let place = if backward { 0 } else { bodies.len() };
        bodies.splice(place..place, each(&page["nodes"], "body"));
        at = page["pageInfo"]["at"].clone();
        if page["pageInfo"]["more"] == false {
            return bodies;
        }
    }
}

/// D-07: a long conversation in pages, both ways: each side gets every message that it may read, once and in order,
/// wherever notes lie between.
#[tokio::test]
async fn d_07_pages() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let kinds =
        ["INTERNAL", "PUBLIC", "PUBLIC", "INTERNAL", "INTERNAL", "INTERNAL", "PUBLIC", "INTERNAL", "PUBLIC"];
    for (number, kind) in kinds.into_iter().enumerate() {
        desk.post(&desk.member, &id, kind, &number.to_string()).await;
    }
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<Value> {
        (0..kinds.len()).filter(|n| wanted(kinds[*n])).map(|n| json!(n.to_string())).collect()
    };
    for backward in [false, true] {
        assert_eq!(walked(&desk, &desk.manager, &id, backward).await, of(&|_| true));
        assert_eq!(walked(&desk, &desk.admin, &id, backward).await, of(&|kind| kind == "PUBLIC"));
    }
    desk.finish().await;
}

/// D-07: page sizes are limited. A cursor that is nonsense, or of a note that the viewer cannot read, is refused; one
/// of another conversation finds nothing.
#[tokio::test]
async fn d_07_foreign_cursors() {
    let desk = Desk::open().await;
    let (id, other) = (desk.opened(&desk.admin).await, desk.opened(&desk.admin).await);
    desk.post(&desk.member, &id, "INTERNAL", "Nota").await;
    desk.post(&desk.member, &other, "PUBLIC", "Bom dia").await;
    let edges = "conversation(first: 1) { edges { cursor } }";
    let cursor = async |ticket: &str| {
        desk.look(&desk.member, ticket, edges).await["conversation"]["edges"][0]["cursor"].clone()
    };
    let (of_note, of_other) = (cursor(&id).await, cursor(&other).await);
    let query = "query After($id: ID!, $at: String) { ticket(id: $id) {
        conversation(first: 1, after: $at) { nodes { body } } } }";
    let after =
        async |by: &Person, at: &Value| desk.app.send(Some(by), query, json!({ "id": id, "at": at })).await;
    for at in [json!("nonsense"), json!(""), of_note.clone()] {
        assert_eq!(after(&desk.admin, &at).await.error_code(), Some("BAD_USER_INPUT"), "{at}");
    }
    let empty = json!({ "ticket": { "conversation": { "nodes": [] } } });
    assert_eq!(after(&desk.member, &of_note).await.data(), empty);
    // A cursor of another conversation finds nothing.
    assert_eq!(after(&desk.admin, &of_other).await.data(), empty);
    for size in ["first: 0", "first: 101", "first: -1", "last: 0", "first: 1, last: 1", ""] {
        let arguments = if size.is_empty() { String::new() } else { format!("({size})") };
        let query = format!(
            "query Q($id: ID!) {{ ticket(id: $id) {{ conversation{arguments} {{ nodes {{ id }} }} }} }}"
        );
        let answer = desk.app.send(Some(&desk.admin), &query, json!({ "id": id })).await;
        assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"), "{size}");
    }
    desk.finish().await;
}
