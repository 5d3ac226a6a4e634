//! A ticket also shows other records; when they change, screens that show the ticket get a message.

use guichet_base::id::Id;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::Person;
use serde_json::{Value, json};
use tokio::join;

use crate::desk::ticket::desk::{Desk, reais, text};
use crate::desk::ticket::idempotency::Held;

/// Opens a list of tickets with these fields.
async fn grid(side: &LiveSide, person: &Person, shown: &str) -> Messages {
    let document = format!("subscription {{ ticketsChanged {{ reload changed {{ {shown} }} removed }} }}");
    let mut messages = side.follow(Some(&person.token), &document, json!({})).await;
    assert_eq!(messages.told().await["reload"], true);
    messages
}

fn one(ticket: Value) -> Value {
    json!({ "reload": false, "changed": [ticket], "removed": [] })
}

/// D-10, F-01: a charge that is paid or canceled changes on the ticket that created it and on the one that collects it,
/// for staff and for the client.
#[tokio::test]
async fn d_10_a_charge_is_settled_on_its_tickets() {
    let desk = Desk::open().await;
    let made_it = text(&desk.ticket(&desk.member, json!({ "price": reais(700) })).await["id"]);
    desk.set(&made_it, "FINISHED").await;
    let charge = desk.look(&desk.owner, &made_it, "charges { id version }").await["charges"][0].clone();
    let late = json!({
        "clientId": desk.client.encode(), "description": "Balcão", "amount": reais(100), "dueOn": "2026-03-01",
    });
    let late = desk.done(&desk.manager, "chargeCreate", late).await["charge"].clone();
    let collecting = json!({ "collectChargeIds": [late["id"]] });
    let collecting = text(&desk.ticket(&desk.manager, collecting).await["id"]);
    let side = LiveSide::start(&desk.app.store);
    let shown = "id charges { status } collectedCharges { status }";
    let mut staff = grid(&side, &desk.member, shown).await;
    let mut client = grid(&side, &desk.admin, shown).await;
    let settle = |charge: &Value| json!({ "id": charge["id"], "expectedVersion": charge["version"] });

    desk.done(&desk.manager, "chargeMarkPaid", settle(&charge)).await;
    let paid = one(json!({ "id": made_it, "charges": [{ "status": "PAID" }], "collectedCharges": [] }));
    assert_eq!((staff.told().await, client.told().await), (paid.clone(), paid));
    desk.done(&desk.manager, "chargeCancel", settle(&late)).await;
    let canceled =
        one(json!({ "id": collecting, "charges": [], "collectedCharges": [{ "status": "CANCELED" }] }));
    assert_eq!((staff.told().await, client.told().await), (canceled.clone(), canceled));
    drop((staff, client, side));
    desk.finish().await;
}

/// D-12, F-01: a read mark reaches all screens of the person, and no screen of others.
#[tokio::test]
async fn d_12_read_marks_reach_the_other_screens() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    desk.post(&desk.admin, &id, "PUBLIC", "Bom dia").await;
    let side = LiveSide::start(&desk.app.store);
    let mut own = grid(&side, &desk.member, "id unreadCount").await;
    let mut others =
        [grid(&side, &desk.owner, "id unreadCount").await, grid(&side, &desk.admin, "id unreadCount").await];
    desk.done(&desk.member, "ticketMarkRead", json!({ "id": id })).await;
    assert_eq!(own.told().await, one(json!({ "id": id, "unreadCount": 0 })));
    // A mark that does not move sends no message: the next message for all is about the next ticket.
    desk.done(&desk.member, "ticketMarkRead", json!({ "id": id })).await;
    let next = desk.opened(&desk.admin).await;
    let next = one(json!({ "id": next, "unreadCount": 0 }));
    assert_eq!(own.told().await, next);
    for messages in &mut others {
        assert_eq!(messages.told().await, next);
    }
    drop((own, others, side));
    desk.finish().await;
}

/// D-07, F-01: when a client gets its first user, screens that show its tickets reload, and staff can write to it.
#[tokio::test]
async fn d_07_the_first_access_is_told() {
    let desk = Desk::open().await;
    let lonely = desk.firm.client("Mercado", None).await;
    let id = text(&desk.ticket(&desk.owner, json!({ "clientId": lonely.encode() })).await["id"]);
    let side = LiveSide::start(&desk.app.store);
    let mut messages = grid(&side, &desk.member, "id").await;
    let may_write = async || {
        let can = desk.look(&desk.member, &id, "viewerCan { act reason }").await["viewerCan"].clone();
        let post = can.as_array().unwrap().iter().find(|ability| ability["act"] == "POST_MESSAGE").cloned();
        post.unwrap()["reason"] == Value::Null
    };
    assert!(!may_write().await);
    let give = "mutation ($input: PortalAccessCreateInput!) {
        portalAccessCreate(input: $input) { invitation { secret } userErrors { code } }
    }";
    let input = json!({
        "idempotencyKey": "one", "clientId": lonely.encode(), "email": "eva@mercado.example", "name": "Eva",
    });
    let given = desk.app.ask(&desk.owner, give, json!({ "input": input })).await["portalAccessCreate"].take();
    assert_eq!(given["userErrors"], json!([]));
    // An invitation also sends a message, because some accesses are active at once.
    assert_eq!(messages.told().await["reload"], true);
    let accept = "mutation ($input: InvitationAcceptInput!) {
        invitationAccept(input: $input) { userErrors { code } }
    }";
    let input = json!({
        "secret": given["invitation"]["secret"], "password": "correct horse battery", "transport": "BEARER",
    });
    let accepted = desk.app.send(None, accept, json!({ "input": input })).await.data();
    assert_eq!(accepted["invitationAccept"]["userErrors"], json!([]));
    assert_eq!(messages.told().await["reload"], true);
    assert!(may_write().await);
    drop((messages, side));
    desk.finish().await;
}

/// D-02, F-01: when the firm stops letting clients reopen tickets, a client's screen reloads and no longer offers it.
#[tokio::test]
async fn d_02_the_rules_of_the_firm_are_told() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    desk.set(&id, "FINISHED").await;
    let side = LiveSide::start(&desk.app.store);
    let shown = "viewerCan { act reason }";
    let may_reopen = async || {
        let can = desk.look(&desk.admin, &id, shown).await["viewerCan"].clone();
        let reopen = can.as_array().unwrap().iter().find(|ability| ability["act"] == "REOPEN").cloned();
        reopen.unwrap()["reason"] == Value::Null
    };
    let mut messages = grid(&side, &desk.admin, shown).await;
    assert!(may_reopen().await);
    desk.settle(json!({ "clientReopenDays": 0 })).await;
    assert_eq!(messages.told().await["reload"], true);
    assert!(!may_reopen().await);
    drop((messages, side));
    desk.finish().await;
}

/// F-01: a change of the client's accountant waits for actions on its tickets that are under way, because their events
/// go to the accountant that they read.
#[tokio::test]
async fn f_01_a_hand_over_waits_for_acts_under_way() {
    let desk = Desk::open().await;
    desk.opened(&desk.admin).await;
    let mut act = Held::rows(&desk, "SELECT FROM tickets", "UPDATE").await;
    let input = json!({ "id": desk.client.encode(), "expectedVersion": 1, "accountantId": desk.member.id() });
    let under_way = async {
        act.awaited().await;
        act.let_go().await;
    };
    let (done, ()) = join!(desk.done(&desk.owner, "clientUpdate", input), under_way);
    assert_eq!(done["client"]["version"], 2);
    desk.finish().await;
}
