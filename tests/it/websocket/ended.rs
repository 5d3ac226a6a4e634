//! Sessions that end, and rights that change, while a websocket is open.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{AccessId, Id};
use guichet_engine::actor::{AccessRole, MemberReach, StaffRole};
use guichet_engine::tables::{portal_accesses, staff_members};
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_tests::app::TestApp;
use guichet_tests::websocket::Websocket;
use guichet_tests::world::{Firm, session};
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::people::sign_in::door::VIEWER;

const GRID: &str = "subscription { ticketsChanged { reload } }";

/// B-13, F-01: a websocket belongs to the membership that opened it. If the session has selected another one, the next
/// operation closes it with 4205.
#[tokio::test]
async fn with_another_membership() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Estrela", None).await;
    let member = firm.staff("marta@aurora.example", StaffRole::Member).await;
    let access = AccessId::new();
    diesel::insert_into(portal_accesses::table)
        .values((
            portal_accesses::id.eq(access),
            portal_accesses::firm_id.eq(firm.id),
            portal_accesses::client_id.eq(client),
            portal_accesses::account_id.eq(member.account_id),
            portal_accesses::role.eq(AccessRole::Admin),
            portal_accesses::status.eq(AccessStatus::Active),
            portal_accesses::created_at.eq(app.store.now()),
        ))
        .execute(&mut app.store.conn().await.unwrap())
        .await
        .unwrap();
    let mut socket = Websocket::bearer(&app.url, &member.token).await;
    socket.subscribe("1", GRID, json!({})).await;
    assert_eq!(socket.hear().await["payload"]["data"]["ticketsChanged"]["reload"], true);

    let choose =
        "mutation ($id: ID!) { membershipSelect(input: { membershipId: $id }) { userErrors { code } } }";
    let chosen = app.ask(&member, choose, json!({ "id": access.encode() })).await;
    assert_eq!(chosen["membershipSelect"]["userErrors"], json!([]));
    let begun = Instant::now();
    socket.subscribe("2", GRID, json!({})).await;
    let (closed, reason) = socket.closed().await;
    assert_eq!(closed, 4205, "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());

    // Connected again, it has the new one.
    let mut again = Websocket::bearer(&app.url, &member.token).await;
    let seen = again.ask("{ viewer { membership { membershipId } } }", json!({})).await;
    assert_eq!(seen["viewer"]["membership"]["membershipId"], access.encode());
    app.finish().await;
}

/// B-11, B-15, F-01: a client that signed out, whose session ended or whose rights changed is disconnected within
/// fifteen seconds, on every websocket; a new operation is refused at once. Others stay connected.
#[tokio::test]
async fn within_fifteen_seconds() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let other = Firm::new(&app.store, "brisa.example").await;
    let narrowed = Firm::new(&app.store, "cais.example").await;
    let client = firm.client("Padaria Estrela", None).await;

    let promoted = firm.staff("promoted@aurora.example", StaffRole::Member).await;
    let gone = firm.staff("gone@aurora.example", StaffRole::Member).await;
    let member = narrowed.staff("member@cais.example", StaffRole::Member).await;
    let disabled = firm.admin(client, "ana@padaria.example").await;
    let until = app.store.now() + TimeDelta::minutes(1);
    let short = session(&app.store, firm.owner.account_id, &firm.owner.membership, until).await;

    let open = |token| Websocket::bearer(&app.url, token);
    let mut stays = open(&other.owner.token).await;
    let mut leave = [
        (4403, "signed out", open(&firm.owner.token).await),
        (4403, "signed out on another websocket", open(&firm.owner.token).await),
        (4403, "expired", open(&short).await),
        (4205, "promoted", open(&promoted.token).await),
        (4205, "left the firm", open(&gone.token).await),
        (4205, "sees less", open(&member.token).await),
        (4205, "disabled", open(&disabled.token).await),
    ];

    let begun = Instant::now();
    app.ask(&firm.owner, "mutation { signOut { userErrors { code } } }", json!({})).await;
    app.pass(TimeDelta::minutes(2));
    let mut conn = app.store.conn().await.unwrap();
    diesel::update(staff_members::table.find(promoted.staff_id()))
        .set(staff_members::role.eq(StaffRole::Manager))
        .execute(&mut conn)
        .await
        .unwrap();
    diesel::update(staff_members::table.find(gone.staff_id()))
        .set(staff_members::disabled_at.eq(app.store.now()))
        .execute(&mut conn)
        .await
        .unwrap();
    narrowed.set_member_reach(MemberReach::Own).await;
    diesel::update(portal_accesses::table.filter(portal_accesses::account_id.eq(disabled.account_id)))
        .set(portal_accesses::status.eq(AccessStatus::Disabled))
        .execute(&mut conn)
        .await
        .unwrap();
    drop(conn);

    let (_, _, socket) = &mut leave[0];
    socket.subscribe("1", VIEWER, json!({})).await;
    let refused = socket.hear().await;
    assert_eq!(refused["type"], "error", "{refused}");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");

    for (code, why, socket) in &mut leave {
        let (closed, reason) = socket.closed().await;
        assert_eq!(closed, *code, "{why}: {reason}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let seen = stays.ask(VIEWER, json!({})).await;
    assert_eq!(seen["viewer"]["account"]["email"], other.owner.email);

    // A client whose rights changed can connect again, with the new rights.
    let mut again = open(&promoted.token).await;
    let seen = again.ask("{ viewer { membership { staffRole } } }", json!({})).await;
    assert_eq!(seen["viewer"]["membership"]["staffRole"], "MANAGER");
    app.finish().await;
}
