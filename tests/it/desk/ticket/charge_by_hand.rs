//! D-10: charges created by hand, when they are overdue, and tickets that collect them.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{ChargeId, Id, TicketId};
use guichet_engine::tables::events;
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};

use super::desk::{CHARGE, Desk, each, errors, reais, text};
use super::idempotency::Held;

/// Creates a charge of the client.
async fn charge(desk: &Desk, input: Value) -> Value {
    let mut whole =
        json!({ "clientId": desk.client.encode(), "description": "Balcão", "amount": reais(100) });
    whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
    desk.done(&desk.manager, "chargeCreate", whole).await["charge"].clone()
}

async fn seen(desk: &Desk, by: &Person, id: &Value) -> Value {
    let query = format!("query C($id: ID!) {{ charge(id: $id) {{ {CHARGE} }} }}");
    desk.app.ask(by, &query, json!({ "id": id })).await["charge"].clone()
}

/// D-10: owners and managers create charges by hand. The default due date is the firm's number of days from today (ten
/// here). The client sees them.
#[tokio::test]
async fn d_10_by_hand() {
    let desk = Desk::open().await;
    for by in [&desk.owner, &desk.manager] {
        let input = json!({
            "clientId": desk.client.encode(), "description": " Certidão ", "amount": reais(4_200), "dueOn": "2026-04-30",
        });
        let made = desk.done(by, "chargeCreate", input).await["charge"].clone();
        let expected = json!({
            "id": made["id"], "description": "Certidão", "status": "OPEN", "dueOn": "2026-04-30",
            "isOverdue": false, "paidAt": null, "version": 1, "amount": reais(4_200),
            "client": { "id": desk.client.encode(), "name": "Padaria São João" }, "ticket": null,
            "createdAt": made["createdAt"], "updatedAt": made["createdAt"],
        });
        assert_eq!(made, expected);
        assert_eq!(seen(&desk, &desk.admin, &made["id"]).await, expected);
    }
    assert_eq!(charge(&desk, json!({})).await["dueOn"], "2026-03-12");
    // A due date in the past is allowed.
    assert_eq!(charge(&desk, json!({ "dueOn": "2026-03-01" })).await["isOverdue"], true);
    for by in [&desk.member, &desk.admin] {
        let input =
            json!({ "clientId": desk.client.encode(), "description": "Certidão", "amount": reais(1) });
        assert_eq!(desk.refused(by, "chargeCreate", input).await, ["NOT_ALLOWED"]);
    }
    desk.finish().await;
}

/// D-10: refused input creates no charge.
#[tokio::test]
async fn d_10_refusals_by_hand() {
    let desk = Desk::open().await;
    let euros = json!({ "amountMinor": 1, "currency": "EUR" });
    let cases = [
        (json!({ "amount": reais(0) }), "amount:OUT_OF_RANGE"),
        (json!({ "amount": reais(-1) }), "amount:OUT_OF_RANGE"),
        (json!({ "amount": reais(1_000_000_000_001) }), "amount:OUT_OF_RANGE"),
        (json!({ "amount": euros }), "amount:WRONG_CURRENCY"),
        (json!({ "description": " " }), "description:REQUIRED"),
        (json!({ "description": "x".repeat(201) }), "description:TOO_LONG"),
        (json!({ "clientId": "client_0" }), "clientId:NOT_FOUND"),
    ];
    for (wrong, refused) in cases {
        let mut input = json!({ "clientId": desk.client.encode(), "description": "x", "amount": reais(1) });
        input.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let payload = desk.act(&desk.manager, "chargeCreate", input).await;
        assert_eq!((errors(&payload), &payload["charge"]), (vec![refused.to_owned()], &Value::Null));
    }
    for day in ["2026-02-29", "30/04/2026", "2026-4-3", "", "x", "2026-04-30T00:00:00Z"] {
        let input =
            json!({ "clientId": desk.client.encode(), "description": "x", "amount": reais(1), "dueOn": day });
        let answer = desk.send(&desk.manager, "chargeCreate", input).await;
        assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"), "{day}");
    }
    let all = desk.app.ask(&desk.owner, "{ charges(first: 1) { totalCount } }", json!({})).await;
    assert_eq!(all["charges"]["totalCount"], 0);
    desk.finish().await;
}

/// D-10: an open charge is paid or canceled once, and then stays so. With another version than the current one, an open
/// charge is refused with `CONFLICT`.
#[tokio::test]
async fn d_10_the_life_of_a_charge() {
    let desk = Desk::open().await;
    let ends = [("chargeMarkPaid", "PAID", "CHARGE_PAID"), ("chargeCancel", "CANCELED", "CHARGE_CANCELED")];
    for (act, status, refusal) in ends {
        let id = charge(&desk, json!({})).await["id"].clone();
        let input = |version: i32| json!({ "id": id, "expectedVersion": version });
        desk.app.pass(TimeDelta::minutes(5));
        let stale = desk.act(&desk.owner, act, input(2)).await;
        assert_eq!(
            (errors(&stale), &stale["charge"]["status"]),
            (vec!["CONFLICT".to_owned()], &json!("OPEN"))
        );
        let ended = desk.done(&desk.owner, act, input(1)).await["charge"].clone();
        assert_eq!((&ended["status"], &ended["version"]), (&json!(status), &json!(2)));
        let paid_at = if status == "PAID" { desk.now() } else { Value::Null };
        assert_eq!(ended["paidAt"], paid_at);
        desk.app.pass(TimeDelta::minutes(5));
        for again in ["chargeMarkPaid", "chargeCancel"] {
            for version in [1, 2, 3] {
                let payload = desk.act(&desk.manager, again, input(version)).await;
                assert_eq!((errors(&payload), &payload["charge"]), (vec![refusal.to_owned()], &ended));
            }
        }
    }
    desk.finish().await;
}

/// D-10: a charge is overdue after its due date in the firm's time zone (São Paulo, three hours behind Greenwich). Paid
/// and canceled ones are never overdue.
#[tokio::test]
async fn d_10_overdue_where_the_firm_is() {
    let desk = Desk::open().await;
    let made = charge(&desk, json!({ "dueOn": "2026-03-02" })).await;
    let paid = charge(&desk, json!({ "dueOn": "2026-03-02" })).await;
    desk.done(&desk.manager, "chargeMarkPaid", json!({ "id": paid["id"], "expectedVersion": 1 })).await;
    let overdue = async |id: &Value| {
        let [staff, client] = [seen(&desk, &desk.member, id).await, seen(&desk, &desk.admin, id).await];
        assert_eq!(staff, client);
        staff["isOverdue"].clone()
    };
    // Noon in Greenwich; then one second before midnight in São Paulo, when it is past midnight in Greenwich.
    assert_eq!(overdue(&made["id"]).await, false);
    desk.app.pass(TimeDelta::hours(15) - TimeDelta::seconds(1));
    assert_eq!(desk.now(), "2026-03-03T02:59:59+00:00");
    assert_eq!(overdue(&made["id"]).await, false);
    // For the firm, it is still the second of March.
    assert_eq!(charge(&desk, json!({})).await["dueOn"], "2026-03-12");
    let id = text(&desk.ticket(&desk.member, json!({ "price": reais(1) })).await["id"]);
    desk.set(&id, "FINISHED").await;
    assert_eq!(desk.look(&desk.member, &id, "charges { dueOn }").await["charges"][0]["dueOn"], "2026-03-12");
    desk.app.pass(TimeDelta::seconds(1));
    assert_eq!(overdue(&made["id"]).await, true);
    assert_eq!(overdue(&paid["id"]).await, false);
    assert_eq!(charge(&desk, json!({})).await["dueOn"], "2026-03-13");
    desk.finish().await;
}

/// D-10: the list of charges: the earliest due first, filtered by status, client, ticket and due date, in
/// pages.
#[tokio::test]
async fn d_10_the_list() {
    let desk = Desk::open().await;
    let market = desk.firm.client("Mercado", None).await.encode();
    let eva = desk.firm.admin(Id::decode(&market).unwrap(), "eva@mercado.example").await;
    let ticket = text(&desk.ticket(&desk.member, json!({ "price": reais(7), "subject": "e" })).await["id"]);
    desk.set(&ticket, "FINISHED").await;
    charge(&desk, json!({ "description": "c", "dueOn": "2026-03-05" })).await;
    charge(&desk, json!({ "description": "a", "dueOn": "2026-03-01" })).await;
    let paid = charge(&desk, json!({ "description": "d", "dueOn": "2026-03-05" })).await;
    desk.done(&desk.manager, "chargeMarkPaid", json!({ "id": paid["id"], "expectedVersion": 1 })).await;
    charge(&desk, json!({ "description": "b", "dueOn": "2026-03-02", "clientId": market })).await;
    let query = "query L($filter: ChargeFilter, $first: Int, $after: String, $last: Int, $before: String) {
        charges(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
            totalCount nodes { description } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let ask =
        async |by: &Person, variables: Value| desk.app.ask(by, query, variables).await["charges"].clone();
    let found = async |by: &Person, filter: Value| {
        let list = ask(by, json!({ "filter": filter, "first": 100 })).await;
        let told: Vec<String> = each(&list["nodes"], "description").iter().map(text).collect();
        assert_eq!(list["totalCount"], told.len());
        told.join(" ")
    };
    let own = desk.client.encode();
    let cases = [
        (json!(null), "a b c d #1 e", "a c d #1 e"),
        (json!({ "status": ["OPEN"] }), "a b c #1 e", "a c #1 e"),
        (json!({ "status": ["PAID", "CANCELED"] }), "d", "d"),
        (json!({ "status": [] }), "", ""),
        (json!({ "clientIds": [market] }), "b", ""),
        (json!({ "clientIds": [own] }), "a c d #1 e", "a c d #1 e"),
        (json!({ "ticketIds": [ticket] }), "#1 e", "#1 e"),
        (json!({ "ticketIds": ["ticket_0"] }), "", ""),
        (json!({ "dueFrom": "2026-03-02", "dueTo": "2026-03-05" }), "b c d", "c d"),
        (json!({ "dueTo": "2026-03-01" }), "a", "a"),
        (json!({ "dueFrom": "2026-03-12", "status": ["OPEN"], "clientIds": [own] }), "#1 e", "#1 e"),
    ];
    for (filter, staff, client) in cases {
        assert_eq!(found(&desk.member, filter.clone()).await, staff, "{filter}");
        assert_eq!(found(&desk.admin, filter.clone()).await, client, "{filter}");
    }
    assert_eq!(found(&eva, json!(null)).await, "b");
    let (mut forward, mut backward, mut at) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let page = ask(&desk.owner, json!({ "first": 2, "after": at })).await;
        forward.extend(each(&page["nodes"], "description"));
        at = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    at = Value::Null;
    loop {
        let page = ask(&desk.owner, json!({ "last": 2, "before": at })).await;
        backward.splice(0..0, each(&page["nodes"], "description"));
        at = page["pageInfo"]["startCursor"].clone();
        if page["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
    }
    assert_eq!(
        (forward, &backward),
        (backward.clone(), &["a", "b", "c", "d", "#1 e"].map(Value::from).to_vec())
    );
    desk.finish().await;
}

/// D-10: a ticket can collect overdue charges of its client only; both sides see which.
#[tokio::test]
async fn d_10_collecting() {
    let desk = Desk::open().await;
    let market = desk.firm.client("Mercado", None).await.encode();
    let neighbour = Firm::new(&desk.app.store, "boreal.example").await;
    let theirs = neighbour.client("Vizinho", None).await.encode();
    let overdue = json!({ "dueOn": "2026-03-01" });
    let late = charge(&desk, overdue.clone()).await["id"].clone();
    let later = charge(&desk, json!({ "dueOn": "2026-02-01" })).await["id"].clone();
    let due_today = charge(&desk, json!({ "dueOn": "2026-03-02" })).await["id"].clone();
    let paid = charge(&desk, overdue.clone()).await["id"].clone();
    desk.done(&desk.manager, "chargeMarkPaid", json!({ "id": paid, "expectedVersion": 1 })).await;
    let of_market = charge(&desk, json!({ "dueOn": "2026-03-01", "clientId": market })).await["id"].clone();
    let input = json!({ "clientId": theirs, "description": "x", "amount": reais(1), "dueOn": "2026-03-01" });
    let of_neighbour = desk.done(&neighbour.owner, "chargeCreate", input).await["charge"]["id"].clone();
    let collect = |ids: &[&Value]| json!({ "clientId": desk.client.encode(), "subject": "Cobrança", "collectChargeIds": ids });
    let (never, nonsense) = (json!("charge_00000000000000000000000000000000"), json!("nonsense"));
    let cases = [
        (vec![&due_today], "CHARGE_NOT_OVERDUE"),
        (vec![&late, &paid], "CHARGE_NOT_OVERDUE"),
        (vec![&of_market], "NOT_FOUND"),
        (vec![&late, &of_neighbour], "NOT_FOUND"),
        (vec![&never], "NOT_FOUND"),
        (vec![&nonsense], "NOT_FOUND"),
    ];
    for (ids, code) in cases {
        let refused = desk.refused(&desk.member, "ticketCreate", collect(&ids)).await;
        assert_eq!(refused, [format!("collectChargeIds.{}:{code}", ids.len() - 1)], "{ids:?}");
    }
    // A client cannot open a ticket that collects charges.
    let own = desk.refused(&desk.admin, "ticketCreate", collect(&[&late])).await;
    assert_eq!(own, ["collectChargeIds:NOT_ALLOWED"]);
    let made =
        desk.done(&desk.member, "ticketCreate", collect(&[&late, &later, &late])).await["ticket"].clone();
    assert_eq!(made["number"], 1, "what was refused took no number");
    for by in [&desk.member, &desk.admin] {
        let ticket =
            desk.look(by, &text(&made["id"]), "collectedCharges { id isOverdue } charges { id }").await;
        assert_eq!(
            each(&ticket["collectedCharges"], "id"),
            [later.clone(), late.clone()],
            "the earliest due first"
        );
        assert_eq!(ticket["charges"], json!([]));
    }
    desk.finish().await;
}

fn collecting(desk: &Desk, charge: &Value) -> Value {
    json!({ "clientId": desk.client.encode(), "subject": "Cobrança", "collectChargeIds": [charge] })
}

/// D-10: a charge that is paid while a ticket is being opened to collect it is no longer overdue: the ticket is
/// refused.
#[tokio::test]
async fn d_10_collecting_what_is_being_paid() {
    let desk = Desk::open().await;
    let late = charge(&desk, json!({ "dueOn": "2026-03-01" })).await["id"].clone();
    let id = ChargeId::decode(late.as_str().unwrap()).unwrap().uuid();
    let paying = format!("UPDATE charges SET status = 'PAID', paid_at = now() WHERE id = '{id}'");
    let mut held = Held::begin(&desk.app.store, &paying).await;
    let paid = async {
        held.awaited().await;
        held.let_go().await;
    };
    let (refused, ()) =
        futures_util::join!(desk.refused(&desk.member, "ticketCreate", collecting(&desk, &late)), paid);
    assert_eq!(refused, ["collectChargeIds.0:CHARGE_NOT_OVERDUE"]);
    desk.finish().await;
}

/// D-10: a payment that waits for the opening of a ticket that collects the charge also writes an event about that
/// ticket.
#[tokio::test]
async fn d_10_paying_what_is_being_collected() {
    let desk = Desk::open().await;
    let late = charge(&desk, json!({ "dueOn": "2026-03-01" })).await["id"].clone();
    // The last lock that an action takes before it commits.
    let mut held = Held::rows(&desk, "SELECT 1 FROM firm_feed", "UPDATE").await;
    let opening = desk.done(&desk.member, "ticketCreate", collecting(&desk, &late));
    let paying = async {
        held.awaited().await;
        let payment = desk.done(&desk.manager, "chargeMarkPaid", json!({ "id": late, "expectedVersion": 1 }));
        let both_wait = async {
            held.awaited_by(2).await;
            held.let_go().await;
        };
        futures_util::join!(payment, both_wait).0
    };
    let (made, paid) = futures_util::join!(opening, paying);
    assert_eq!(paid["charge"]["status"], "PAID");
    let ticket = TicketId::decode(made["ticket"]["id"].as_str().unwrap()).unwrap();
    let told: i64 = events::table
        .filter(events::subject_id.eq(ticket.uuid()))
        .count()
        .get_result(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(told, 2, "that it was opened, and that what it shows was paid");
    desk.finish().await;
}
