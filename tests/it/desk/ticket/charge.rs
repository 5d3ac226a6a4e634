//! D-10: the charges that tickets create.

use futures_util::future::join_all;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{CHARGE, Desk, NONE, errors, reais, text};

/// The charges that a ticket created, each as (status, amount).
async fn made(desk: &Desk, ticket: &str) -> Vec<(String, i64)> {
    let seen = desk.look(&desk.member, ticket, &format!("charges {{ {CHARGE} }}")).await;
    let charge =
        |charge: &Value| (text(&charge["status"]), charge["amount"]["amountMinor"].as_i64().unwrap());
    seen["charges"].as_array().unwrap().iter().map(charge).collect()
}

fn told(charges: &[(&str, i64)]) -> Vec<(String, i64)> {
    charges.iter().map(|(status, amount)| ((*status).to_owned(), *amount)).collect()
}

async fn priced(desk: &Desk, price: i64) -> String {
    text(&desk.ticket(&desk.member, json!({ "price": reais(price) })).await["id"])
}

async fn reprice(desk: &Desk, ticket: &str, price: i64) {
    let version = desk.see(&desk.member, ticket).await["version"].clone();
    let input = json!({ "id": ticket, "expectedVersion": version, "price": reais(price) });
    desk.done(&desk.member, "ticketEdit", input).await;
}

/// The open charge of a ticket, marked as paid.
async fn pay(desk: &Desk, ticket: &str) {
    let seen = desk.look(&desk.manager, ticket, "charges { id status version }").await;
    let charges = seen["charges"].as_array().unwrap();
    let open = charges.iter().find(|charge| charge["status"] == "OPEN").unwrap();
    let input = json!({ "id": open["id"], "expectedVersion": open["version"] });
    let paid = desk.done(&desk.manager, "chargeMarkPaid", input).await["charge"].clone();
    assert_eq!((&paid["status"], &paid["paidAt"]), (&json!("PAID"), &desk.now()));
}

/// D-10: finishing a ticket with a price above zero creates a charge with a due date, once; other statuses and tickets
/// without a price create none.
#[tokio::test]
async fn d_10_finishing_charges() {
    let desk = Desk::open().await;
    let id = priced(&desk, 15_000).await;
    for status in ["IN_ANALYSIS", "WAITING", "CANCELED", "REJECTED"] {
        desk.set(&id, status).await;
        assert_eq!(made(&desk, &id).await, told(&[]), "{status}");
    }
    desk.set(&id, "FINISHED").await;
    desk.set(&id, "FINISHED").await;
    let seen = desk.look(&desk.admin, &id, &format!("charges {{ {CHARGE} }}")).await["charges"].clone();
    let expected = json!([{
        "id": seen[0]["id"], "description": "#1 Guia do mês", "status": "OPEN", "dueOn": "2026-03-12",
        "isOverdue": false, "paidAt": null, "version": 1, "amount": reais(15_000),
        "client": { "id": guichet_base::id::Id::encode(desk.client), "name": "Padaria São João" },
        "ticket": { "id": id }, "createdAt": seen[0]["createdAt"], "updatedAt": seen[0]["createdAt"],
    }]);
    assert_eq!(seen, expected);
    let free = priced(&desk, 0).await;
    desk.set(&free, "FINISHED").await;
    assert_eq!(made(&desk, &free).await, told(&[]));
    desk.finish().await;
}

/// D-10: leaving `FINISHED` in any way cancels an open charge; finishing again creates another.
#[tokio::test]
async fn d_10_leaving_finished_cancels() {
    let desk = Desk::open().await;
    let id = priced(&desk, 100).await;
    let mut expected = Vec::new();
    for way in ["OPEN", "REOPENED", "IN_ANALYSIS", "WAITING", "CANCELED", "REJECTED", "staff", "client"] {
        desk.set(&id, "FINISHED").await;
        expected.push(("OPEN", 100));
        assert_eq!(made(&desk, &id).await, told(&expected), "{way}");
        match way {
            "staff" => drop(desk.done(&desk.member, "ticketReopen", json!({ "id": id })).await),
            "client" => drop(desk.done(&desk.admin, "ticketReopen", json!({ "id": id })).await),
            status => drop(desk.set(&id, status).await),
        }
        expected.pop();
        expected.push(("CANCELED", 100));
        assert_eq!(made(&desk, &id).await, told(&expected), "{way}");
    }
    desk.finish().await;
}

/// D-10: a paid charge is kept. Finishing again charges only the part of the price above the sum of the paid charges.
#[tokio::test]
async fn d_10_paid_ones_stay() {
    let desk = Desk::open().await;
    let id = priced(&desk, 100).await;
    let mut expected = vec![("PAID", 100)];
    desk.set(&id, "FINISHED").await;
    pay(&desk, &id).await;
    // The new price; the amount that is charged for it; whether that is paid.
    for (price, added, pays) in
        [(100, None, false), (80, None, false), (150, Some(50), true), (149, None, false)]
    {
        desk.set(&id, "WAITING").await;
        assert_eq!(made(&desk, &id).await, told(&expected), "{price}");
        reprice(&desk, &id, price).await;
        desk.set(&id, "FINISHED").await;
        if let Some(amount) = added {
            expected.push(("OPEN", amount));
        }
        assert_eq!(made(&desk, &id).await, told(&expected), "{price}");
        if pays {
            pay(&desk, &id).await;
            expected.pop();
            expected.push(("PAID", 50));
        }
    }
    // An unpaid difference is canceled like any open charge.
    desk.set(&id, "OPEN").await;
    reprice(&desk, &id, 200).await;
    desk.set(&id, "FINISHED").await;
    desk.set(&id, "REJECTED").await;
    expected.push(("CANCELED", 50));
    assert_eq!(made(&desk, &id).await, told(&expected));
    desk.finish().await;
}

/// D-10: a ticket never has two open charges, even when twenty calls change its status at once: it has one exactly
/// while it is finished.
#[tokio::test]
async fn d_10_never_two_open() {
    let desk = Desk::open().await;
    let id = priced(&desk, 100).await;
    let people = [&desk.owner, &desk.manager, &desk.member];
    for round in 0..4 {
        let wishes = (0..20).map(|number| {
            let status = if (number + round) % 2 == 0 { "FINISHED" } else { "WAITING" };
            let input = json!({ "id": id, "status": status });
            desk.done(people[number % 3], "ticketStatusChange", input)
        });
        join_all(wishes).await;
        let finished = desk.see(&desk.member, &id).await["status"] == "FINISHED";
        let open = made(&desk, &id).await.into_iter().filter(|(status, _)| status == "OPEN").count();
        assert_eq!(open, usize::from(finished), "round {round}");
    }
    desk.finish().await;
}

/// D-10: paying and leaving `FINISHED` at once: either the charge is paid and kept, or it is canceled and the payment
/// refused; never both.
#[tokio::test]
async fn d_10_paying_while_it_is_reopened() {
    let desk = Desk::open().await;
    for round in 0..6 {
        let id = priced(&desk, 100).await;
        desk.set(&id, "FINISHED").await;
        let charge = desk.look(&desk.manager, &id, "charges { id }").await["charges"][0]["id"].clone();
        let payment =
            desk.act(&desk.manager, "chargeMarkPaid", json!({ "id": charge, "expectedVersion": 1 }));
        let wish = json!({ "id": id, "status": "WAITING" });
        let reopening = desk.done(&desk.member, "ticketStatusChange", wish);
        let (payment, _) = if round % 2 == 0 {
            futures_util::join!(payment, reopening)
        } else {
            let (reopened, paid) = futures_util::join!(reopening, payment);
            (paid, reopened)
        };
        let expected = match errors(&payment).as_slice() {
            [] => ("PAID".to_owned(), 100),
            [code] => {
                assert_eq!(code, "CHARGE_CANCELED");
                ("CANCELED".to_owned(), 100)
            }
            more => panic!("{more:?}"),
        };
        assert_eq!(made(&desk, &id).await, [expected]);
    }
    desk.finish().await;
}

/// D-10: a client sees the charges of its own tickets only, also when a member, who has no right over payments (B-15),
/// finished the ticket.
#[tokio::test]
async fn d_10_a_client_sees_what_it_owes() {
    let desk = Desk::open().await;
    let other = desk.firm.client("Mercado", None).await;
    let stranger = desk.firm.admin(other, "eva@mercado.example").await;
    let id = priced(&desk, 15_000).await;
    desk.done(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "FINISHED" })).await;
    let query = format!(
        "{{ charges(first: 10) {{ totalCount nodes {{ {CHARGE} viewerCan {{ act allowed reason }} }} }} }}"
    );
    let owes = async |by: &Person| desk.app.ask(by, &query, json!({})).await["charges"].clone();
    let seen = owes(&desk.admin).await;
    assert_eq!((&seen["totalCount"], &seen["nodes"][0]["amount"]), (&json!(1), &reais(15_000)));
    for ability in seen["nodes"][0]["viewerCan"].as_array().unwrap() {
        assert_eq!((&ability["allowed"], &ability["reason"]), (&json!(false), &json!("NOT_ALLOWED")));
    }
    assert_eq!(owes(&stranger).await, json!({ "totalCount": 0, "nodes": [] }));
    let one = "query One($id: ID!) { charge(id: $id) { id } node(id: $id) { id } }";
    let charge = seen["nodes"][0]["id"].clone();
    let found = desk.app.ask(&desk.admin, one, json!({ "id": charge })).await;
    assert_eq!(found, json!({ "charge": { "id": charge }, "node": { "id": charge } }));
    let hidden = desk.app.ask(&stranger, one, json!({ "id": charge })).await;
    assert_eq!(hidden, json!({ "charge": null, "node": null }));
    let input = json!({ "id": charge, "expectedVersion": 1 });
    for act in ["chargeMarkPaid", "chargeCancel"] {
        for by in [&desk.admin, &desk.member] {
            assert_eq!(desk.refused(by, act, input.clone()).await, ["NOT_ALLOWED"]);
        }
        assert_eq!(desk.refused(&stranger, act, input.clone()).await, ["id:NOT_FOUND"]);
    }
    assert_eq!(desk.refused(&desk.manager, "chargeCancel", input).await, NONE);
    desk.finish().await;
}
