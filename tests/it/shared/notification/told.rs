//! Who is notified of what, over the API.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{AccessId, Id};
use guichet_engine::actor::{AccessRole, MemberReach, Membership, PortalMembership, StaffRole};
use guichet_engine::tables::portal_accesses;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_tests::world::{Person, session};
use serde_json::json;

use super::office::{kinds, sql, told};
use crate::desk::ticket::desk::{Desk, NONE, key};
use crate::shared::file::hand::PDF;

/// D-11: notifications about tickets that are assigned, transferred, or opened in a department; never to the acting
/// person, once per person.
#[tokio::test]
async fn d_11_tickets_that_come() {
    let desk = Desk::open().await;
    let colleague = desk.firm.staff("carla@aurora.example", StaffRole::Member).await;
    let fiscal = desk.firm.department("Fiscal", &desk.manager, &[&desk.manager, &colleague]).await;
    let people = desk.firm.department("Pessoal", &desk.member, &[&desk.member, &colleague]).await;
    let all = [&desk.owner, &desk.manager, &desk.member, &colleague];

    let own = desk.ticket(&desk.owner, json!({ "assigneeId": desk.owner.id() })).await;
    let given = desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let ours = desk.ticket(&desk.owner, json!({ "departmentId": fiscal.encode() })).await;
    let by_lead = desk.ticket(&desk.manager, json!({ "departmentId": fiscal.encode() })).await;
    let mut seen = Vec::new();
    for ticket in [&own, &given, &ours, &by_lead] {
        for person in all {
            seen.push(kinds(&desk, person, ticket["id"].as_str().unwrap()).await.concat());
        }
    }
    let mine = "TICKET_ASSIGNED";
    assert_eq!(seen[..4], ["", "", "", ""]);
    assert_eq!(seen[4..8], ["", "", mine, ""]);
    assert_eq!(seen[8..12], ["", mine, "", "DEPARTMENT_TICKET"]);
    assert_eq!(seen[12..], ["", "", "", "DEPARTMENT_TICKET"]);

    let id = own["id"].as_str().unwrap();
    let hand = async |by: &Person, to| desk.done(by, "ticketTransfer", json!({ "id": id, "to": to })).await;
    hand(&desk.owner, json!({ "staffId": desk.manager.id() })).await;
    hand(&desk.manager, json!({ "departmentId": people.encode() })).await;
    assert_eq!(kinds(&desk, &desk.owner, id).await, NONE);
    assert_eq!(kinds(&desk, &desk.manager, id).await, [mine]);
    assert_eq!(kinds(&desk, &desk.member, id).await, [mine]);
    assert_eq!(kinds(&desk, &colleague, id).await, ["DEPARTMENT_TICKET"]);
    // Another assignee in the same department: its members are not notified again.
    hand(&desk.owner, json!({ "staffId": colleague.id() })).await;
    assert_eq!(kinds(&desk, &colleague, id).await, [mine, "DEPARTMENT_TICKET"]);
    assert_eq!(kinds(&desk, &desk.member, id).await, [mine]);
    desk.finish().await;
}

/// D-11: the assignee is notified of the client's messages and reopenings, not of what staff write; clients get no
/// notifications.
#[tokio::test]
async fn d_11_what_the_client_does() {
    let desk = Desk::open().await;
    let ticket = desk.ticket(&desk.admin, json!({})).await;
    let id = ticket["id"].as_str().unwrap().to_owned();
    // The client opened it, so the owner becomes the assignee.
    assert_eq!(kinds(&desk, &desk.owner, &id).await, ["TICKET_ASSIGNED"]);
    desk.post(&desk.admin, &id, "PUBLIC", "Segue a nota.").await;
    desk.post(&desk.member, &id, "PUBLIC", "Obrigado!").await;
    desk.post(&desk.member, &id, "INTERNAL", "Conferir").await;
    desk.set(&id, "FINISHED").await;
    desk.done(&desk.admin, "ticketReopen", json!({ "id": id, "reason": "Faltou uma." })).await;
    desk.set(&id, "FINISHED").await;
    desk.done(&desk.manager, "ticketReopen", json!({ "id": id })).await;
    let all = told(&desk, &desk.owner).await;
    let shown: Vec<_> = all
        .iter()
        .map(|one| {
            json!([one["kind"], one["message"]["body"], one["author"]["__typename"], one["author"]["name"]])
        })
        .collect();
    assert_eq!(
        shown,
        [
            json!(["TICKET_REOPENED", null, "PortalAccess", "ana"]),
            json!(["CLIENT_MESSAGE", "Segue a nota.", "PortalAccess", "ana"]),
            json!(["TICKET_ASSIGNED", null, "PortalAccess", "ana"]),
        ]
    );
    for person in [&desk.manager, &desk.member, &desk.admin] {
        assert_eq!(told(&desk, person).await, [json!(null); 0], "{}", person.email);
    }
    desk.finish().await;
}

/// D-11: one action notifies a person once, also when the call is repeated.
#[tokio::test]
async fn d_11_once_for_a_key() {
    let desk = Desk::open().await;
    let input = json!({ "assigneeId": desk.member.id(), "idempotencyKey": key() });
    let first = desk.ticket(&desk.owner, input.clone()).await;
    assert_eq!(desk.ticket(&desk.owner, input).await["id"], first["id"]);
    let id = first["id"].as_str().unwrap();
    let input = json!({ "id": id, "visibility": "PUBLIC", "body": "Oi", "idempotencyKey": key() });
    for _ in 0..2 {
        desk.done(&desk.admin, "ticketMessagePost", input.clone()).await;
    }
    assert_eq!(kinds(&desk, &desk.member, id).await, ["CLIENT_MESSAGE", "TICKET_ASSIGNED"]);
    desk.finish().await;
}

/// D-11: when the assignee left, the department is notified of the client's actions.
#[tokio::test]
async fn d_11_the_department_of_one_who_left() {
    let desk = Desk::open().await;
    let fiscal = desk.firm.department("Fiscal", &desk.member, &[&desk.member, &desk.manager]).await;
    let ticket = desk.ticket(&desk.owner, json!({ "departmentId": fiscal.encode() })).await;
    let id = ticket["id"].as_str().unwrap();
    sql(&desk, "UPDATE staff_members SET disabled_at = now() WHERE name = 'bruno'").await;
    desk.post(&desk.admin, id, "PUBLIC", "Alguém aí?").await;
    assert_eq!(kinds(&desk, &desk.manager, id).await, ["CLIENT_MESSAGE", "DEPARTMENT_TICKET"]);
    desk.finish().await;
}

/// D-11: without assignee and department the client's accountant is notified, else the owners.
#[tokio::test]
async fn d_11_never_to_nobody() {
    let desk = Desk::open().await;
    let colleague = desk.firm.staff("carla@aurora.example", StaffRole::Member).await;
    desk.portfolio(desk.client, &colleague).await;
    let ticket = desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let id = ticket["id"].as_str().unwrap();
    sql(&desk, "UPDATE staff_members SET disabled_at = now() WHERE name = 'bruno'").await;
    desk.post(&desk.admin, id, "PUBLIC", "Alguém aí?").await;
    assert_eq!(kinds(&desk, &colleague, id).await, ["CLIENT_MESSAGE"]);
    assert_eq!(kinds(&desk, &desk.owner, id).await, NONE);
    sql(&desk, "UPDATE staff_members SET disabled_at = now() WHERE name = 'carla'").await;
    desk.post(&desk.admin, id, "PUBLIC", "Oi?").await;
    assert_eq!(kinds(&desk, &desk.owner, id).await, ["CLIENT_MESSAGE"]);
    assert_eq!(kinds(&desk, &desk.manager, id).await, NONE);
    desk.finish().await;
}

/// D-11, D-08: a file that the client attaches without a message is notified once it is stored; one posted with a
/// message is covered by it; files of staff are not notified.
#[tokio::test]
async fn d_11_files_of_the_client() {
    let desk = Desk::open().await;
    let ticket = desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let id = ticket["id"].as_str().unwrap();
    let file = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
    desk.attach(&desk.admin, id, &file, "PUBLIC").await;
    assert_eq!(kinds(&desk, &desk.member, id).await, ["CLIENT_FILE", "TICKET_ASSIGNED"]);
    let one = told(&desk, &desk.member).await.remove(0);
    assert_eq!((&one["message"], &one["author"]["name"]), (&json!(null), &json!("ana")));
    let awaited = desk.send_file(&desk.admin, "b.pdf", PDF).await;
    desk.complete(&desk.admin, &awaited).await;
    desk.attach(&desk.admin, id, &awaited, "PUBLIC").await;
    desk.app.jobs_done().await;
    assert_eq!(kinds(&desk, &desk.member, id).await, ["CLIENT_FILE", "CLIENT_FILE", "TICKET_ASSIGNED"]);
    let with_message = desk.hand_in(&desk.admin, "c.pdf", PDF).await;
    let input = json!({ "id": id, "visibility": "PUBLIC", "body": "Segue.", "fileIds": [with_message] });
    desk.done(&desk.admin, "ticketMessagePost", input).await;
    let own = desk.hand_in(&desk.manager, "d.pdf", PDF).await;
    desk.attach(&desk.manager, id, &own, "PUBLIC").await;
    let told = kinds(&desk, &desk.member, id).await;
    assert_eq!(told, ["CLIENT_MESSAGE", "CLIENT_FILE", "CLIENT_FILE", "TICKET_ASSIGNED"]);
    desk.finish().await;
}

/// D-11, B-13: a staff member who writes as a user of the client is not notified of that message.
#[tokio::test]
async fn d_11_not_of_oneself_under_another_membership() {
    let desk = Desk::open().await;
    let membership = PortalMembership::new(AccessId::new(), desk.firm.id, desk.client, AccessRole::Admin);
    diesel::insert_into(portal_accesses::table)
        .values((
            portal_accesses::id.eq(membership.id),
            portal_accesses::firm_id.eq(membership.firm_id),
            portal_accesses::client_id.eq(membership.client_id),
            portal_accesses::account_id.eq(desk.member.account_id),
            portal_accesses::role.eq(membership.role),
            portal_accesses::status.eq(AccessStatus::Active),
            portal_accesses::created_at.eq(desk.app.store.now()),
        ))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let membership = Membership::Portal(membership);
    let until = desk.app.store.now() + chrono::TimeDelta::days(1);
    let token = session(&desk.app.store, desk.member.account_id, &membership, until).await;
    let other_membership = Person { membership, token, ..desk.member.clone() };
    let ticket = desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let id = ticket["id"].as_str().unwrap();
    desk.post(&other_membership, id, "PUBLIC", "Sou eu").await;
    assert_eq!(kinds(&desk, &desk.member, id).await, ["TICKET_ASSIGNED"]);
    desk.finish().await;
}

/// D-11, B-15: notifications about a ticket out of reach are hidden until it comes back.
#[tokio::test]
async fn b_15_out_of_reach_nothing_is_told() {
    let desk = Desk::open().await;
    desk.firm.set_member_reach(MemberReach::Own).await;
    let ticket = desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let id = ticket["id"].as_str().unwrap();
    let node = "query ($id: ID!) { node(id: $id) { id } notifications(first: 1) { unreadCount } }";
    let notification = told(&desk, &desk.member).await[0]["id"].clone();
    let look = async || {
        let found = desk.app.ask(&desk.member, node, json!({ "id": notification })).await;
        (found["node"]["id"].clone(), found["notifications"]["unreadCount"].clone())
    };
    assert_eq!(look().await, (notification.clone(), json!(1)));
    let to = |person: &Person| json!({ "id": id, "to": { "staffId": person.id() } });
    desk.done(&desk.owner, "ticketTransfer", to(&desk.manager)).await;
    assert_eq!(look().await, (json!(null), json!(0)));
    assert_eq!(told(&desk, &desk.member).await, [json!(null); 0]);
    desk.done(&desk.owner, "ticketTransfer", to(&desk.member)).await;
    assert_eq!(look().await, (notification.clone(), json!(2)));
    desk.finish().await;
}
