//! B-13: one account with several memberships at the desk: a session has exactly one of them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{AccessId, Id};
use guichet_engine::actor::{AccessRole, Membership, PortalMembership};
use guichet_engine::tables::portal_accesses;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_tests::world::{Person, session};
use serde_json::{Value, json};

use super::desk::{Desk, each, key, text};

/// The staff member `member` as a portal user of the desk's client, in a session with that membership.
async fn second_membership(desk: &Desk) -> Person {
    let membership = PortalMembership::new(AccessId::new(), desk.firm.id, desk.client, AccessRole::Admin);
    let now = desk.app.store.now();
    diesel::insert_into(portal_accesses::table)
        .values((
            portal_accesses::id.eq(membership.id),
            portal_accesses::firm_id.eq(desk.firm.id),
            portal_accesses::client_id.eq(desk.client),
            portal_accesses::account_id.eq(desk.member.account_id),
            portal_accesses::role.eq(AccessRole::Admin),
            portal_accesses::status.eq(AccessStatus::Active),
            portal_accesses::created_at.eq(now),
        ))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let membership = Membership::Portal(membership);
    let ends = now + chrono::TimeDelta::days(1);
    let token = session(&desk.app.store, desk.member.account_id, &membership, ends).await;
    Person { membership, token, ..desk.member.clone() }
}

const SEEN: &str =
    "assignee { id } isUntouched unreadCount conversation(first: 9) { nodes { body author { id } } }";

/// B-13, D-07: staff and client rights never mix: as a portal user, the account does not see the notes that it wrote as
/// staff and may not do what only staff may do.
#[tokio::test]
async fn b_13_rights_never_mix() {
    let desk = Desk::open().await;
    let as_client = second_membership(&desk).await;
    let id = desk.opened(&desk.admin).await;
    let note = desk.post(&desk.member, &id, "INTERNAL", "Nota minha").await;
    let mine = desk.post(&as_client, &id, "PUBLIC", "Como cliente").await;
    let seen = desk.look(&as_client, &id, SEEN).await;
    assert_eq!(each(&seen["conversation"]["nodes"], "body"), ["Como cliente"]);
    assert_eq!(each(&json!(each(&seen["conversation"]["nodes"], "author")), "id"), [json!(as_client.id())]);
    assert_eq!((&seen["assignee"], &seen["isUntouched"]), (&Value::Null, &Value::Null));
    let node = "query N($id: ID!) { node(id: $id) { id } }";
    assert_eq!(desk.app.ask(&as_client, node, json!({ "id": note })).await["node"], Value::Null);
    assert_eq!(desk.app.ask(&desk.member, node, json!({ "id": mine })).await["node"]["id"], mine);
    let status = json!({ "id": id, "status": "FINISHED" });
    assert_eq!(desk.refused(&as_client, "ticketStatusChange", status.clone()).await, ["NOT_ALLOWED"]);
    let own = json!({ "id": id, "visibility": "INTERNAL", "body": "Nota" });
    assert_eq!(desk.refused(&as_client, "ticketMessagePost", own).await, ["NOT_ALLOWED"]);
    desk.done(&desk.member, "ticketStatusChange", status).await;
    desk.finish().await;
}

/// B-13: a session can select another membership; from the next request on it has only its rights.
#[tokio::test]
async fn b_13_changing_memberships() {
    let desk = Desk::open().await;
    let as_client = second_membership(&desk).await;
    let id = desk.opened(&desk.admin).await;
    desk.post(&desk.member, &id, "INTERNAL", "Nota").await;
    // One session, whichever membership is selected.
    let person = &desk.member;
    let choose = "mutation H($id: ID!) { membershipSelect(input: { membershipId: $id }) { membership { membershipId } userErrors { code } } }";
    let count = async || {
        let seen = desk.look(person, &id, SEEN).await;
        seen["conversation"]["nodes"].as_array().unwrap().len()
    };
    let finished = json!({ "id": id, "status": "FINISHED" });
    for _ in 0..2 {
        assert_eq!(count().await, 1);
        let chosen = desk.app.ask(person, choose, json!({ "id": as_client.id() })).await;
        assert_eq!(chosen["membershipSelect"]["membership"]["membershipId"], as_client.id());
        assert_eq!(count().await, 0);
        assert_eq!(desk.refused(person, "ticketStatusChange", finished.clone()).await, ["NOT_ALLOWED"]);
        desk.app.ask(person, choose, json!({ "id": person.id() })).await;
    }
    let foreign = desk.app.ask(person, choose, json!({ "id": desk.admin.id() })).await;
    assert_eq!(
        foreign["membershipSelect"],
        json!({ "membership": null, "userErrors": [{ "code": "NOT_FOUND" }] })
    );
    desk.done(person, "ticketStatusChange", finished).await;
    desk.finish().await;
}

/// B-13, D-12: read marks and idempotency keys belong to the membership, not to the account.
#[tokio::test]
async fn b_13_what_is_a_memberships_own() {
    let desk = Desk::open().await;
    let as_client = second_membership(&desk).await;
    let id = desk.opened(&desk.admin).await;
    desk.post(&desk.admin, &id, "PUBLIC", "Bom dia").await;
    desk.done(&desk.member, "ticketMarkRead", json!({ "id": id })).await;
    assert_eq!(desk.see(&desk.member, &id).await["unreadCount"], 0);
    assert_eq!(desk.see(&as_client, &id).await["unreadCount"], 1);
    let input = json!({ "idempotencyKey": key(), "clientId": desk.client.encode(), "subject": "Guia" });
    let mut opened = Vec::new();
    for by in [&desk.member, &as_client] {
        let ticket = desk.done(by, "ticketCreate", input.clone()).await["ticket"].clone();
        assert_eq!(ticket["openedBy"]["id"], by.id());
        opened.push(text(&ticket["id"]));
    }
    assert_ne!(opened[0], opened[1]);
    desk.finish().await;
}
