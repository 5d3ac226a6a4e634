//! B-14: what a viewer may not see does not exist: the answer is the same as for an id that never existed.

use guichet_base::id::Id;
use guichet_tests::wait::DEADLINE;
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::desk::{Desk, reais, text};
use super::idempotency::Held;

/// The ids of one thing of each kind around a ticket.
struct Things {
    ticket: String,
    message: String,
    note: String,
    change: String,
    transfer: String,
    charge: String,
    delivery: String,
    client: String,
    service: String,
    department: String,
    staff: String,
}

impl Things {
    /// The things of a client of a firm, created by its owner.
    async fn new(desk: &Desk, firm: &Firm, name: &str) -> Self {
        let by = &firm.owner;
        let client = firm.client(name, Some("contato@outro.example")).await;
        let email = format!("{}@outro.example", name.to_lowercase());
        firm.admin(client, &email).await;
        let service = firm.service(name, 7).await.encode();
        let colleague =
            firm.staff(&format!("colega-{email}"), guichet_engine::actor::StaffRole::Member).await;
        let department = firm.department(name, &colleague, &[]).await.encode();
        let input = json!({ "clientId": client.encode(), "subject": name, "price": reais(5) });
        let ticket = text(&desk.done(by, "ticketCreate", input).await["ticket"]["id"]);
        let message = desk.post(by, &ticket, "PUBLIC", "Bom dia").await;
        let note = desk.post(by, &ticket, "INTERNAL", "Nota").await;
        let to = json!({ "id": ticket, "to": { "departmentId": department } });
        let transfer = text(&desk.done(by, "ticketTransfer", to).await["transfer"]["id"]);
        let waiting = json!({ "id": ticket, "status": "WAITING" });
        let changed = desk.done(by, "ticketStatusChange", waiting).await;
        let delivery = text(&changed["mail"]["deliveries"][0]["id"]);
        let change = text(&desk.look(by, &ticket, "history { id }").await["history"][0]["id"]);
        let input = json!({
            "clientId": client.encode(), "description": name, "amount": reais(5), "dueOn": "2026-01-01",
        });
        let charge = text(&desk.done(by, "chargeCreate", input).await["charge"]["id"]);
        let (client, staff) = (client.encode(), colleague.id());
        Self { ticket, message, note, change, transfer, charge, delivery, client, service, department, staff }
    }

    fn all(&self) -> [&String; 11] {
        [
            &self.ticket,
            &self.message,
            &self.note,
            &self.change,
            &self.transfer,
            &self.charge,
            &self.delivery,
            &self.client,
            &self.service,
            &self.department,
            &self.staff,
        ]
    }
}

/// An id of the same kind that never existed.
fn never(id: &str) -> String {
    format!("{}_{}", id.split('_').next().unwrap(), "0".repeat(32))
}

const BY_ID: [&str; 6] = [
    "query Q($id: ID!) { node(id: $id) { id __typename } }",
    "query Q($id: ID!) { nodes(ids: [$id, $id]) { id __typename } }",
    "query Q($id: ID!) { ticket(id: $id) { id subject } }",
    "query Q($id: ID!) { charge(id: $id) { id description } }",
    "query Q($id: ID!) { client(id: $id) { id name } }",
    "query Q($id: ID!) { emailDeliveries(filter: { ticketIds: [$id], clientIds: [$id] }, first: 9) { totalCount }
        charges(filter: { clientIds: [$id] }, first: 9) { totalCount nodes { id } }
        byTicket: charges(filter: { ticketIds: [$id] }, first: 9) { totalCount nodes { id } }
        tickets(filter: { clientIds: [$id] }, first: 9) { totalCount nodes { id } } }",
];

/// Every field of a mutation that takes an id, with the id in it; `own` is a ticket of the viewer.
fn acts(own: &str, id: &Value) -> Vec<(&'static str, Value)> {
    let new = |field: &str, value: Value| json!({ "clientId": null, "subject": "Guia", field: value });
    vec![
        ("ticketEdit", json!({ "id": id, "expectedVersion": 1, "subject": "Meu" })),
        ("ticketStatusChange", json!({ "id": id, "status": "FINISHED" })),
        ("ticketStatusChange", json!({ "id": id, "status": "REJECTED", "expectedVersion": 9 })),
        ("ticketReopen", json!({ "id": id })),
        ("ticketTransfer", json!({ "id": id, "to": { "staffId": id } })),
        ("ticketTransfer", json!({ "id": own, "to": { "staffId": id } })),
        ("ticketTransfer", json!({ "id": own, "to": { "departmentId": id } })),
        ("ticketMessagePost", json!({ "id": id, "visibility": "PUBLIC", "body": "Oi" })),
        ("ticketMessagePost", json!({ "id": id, "visibility": "INTERNAL", "body": "Oi" })),
        ("ticketMarkRead", json!({ "id": id })),
        ("ticketMarkRead", json!({ "id": own, "upToMessageId": id })),
        ("ticketEdit", json!({ "id": own, "expectedVersion": 1, "serviceItemId": id })),
        ("ticketEdit", json!({ "id": own, "expectedVersion": 1, "accountantId": id })),
        ("ticketCreate", new("clientId", id.clone())),
        ("ticketCreate", new("serviceItemId", id.clone())),
        ("ticketCreate", new("accountantId", id.clone())),
        ("ticketCreate", new("assigneeId", id.clone())),
        ("ticketCreate", new("departmentId", id.clone())),
        ("ticketCreate", new("collectChargeIds", json!([id]))),
        ("chargeCreate", json!({ "clientId": id, "description": "x", "amount": reais(1) })),
        ("chargeMarkPaid", json!({ "id": id, "expectedVersion": 1 })),
        ("chargeCancel", json!({ "id": id, "expectedVersion": 1 })),
        ("emailDeliveryRetry", json!({ "id": id })),
    ]
}

/// Sends each query and mutation that takes an id twice, as somebody who cannot see the thing: with its id, and with
/// one that never existed. The answers must be identical byte for byte.
async fn not_there(desk: &Desk, by: &Person, own: &str, things: &[&String]) {
    for id in things {
        for query in BY_ID {
            let ask = async |id: &str| desk.app.send(Some(by), query, json!({ "id": id })).await;
            let (hidden, nowhere) = (ask(id).await, ask(&never(id)).await);
            assert_eq!(hidden.body, nowhere.body, "{query} {id} as {}", by.email);
            let told = hidden.body.to_string();
            assert!(!told.contains(id.as_str()), "{told}");
        }
        for ((act, hidden), (_, nowhere)) in
            acts(own, &json!(id)).into_iter().zip(acts(own, &json!(never(id))))
        {
            // Also where the field takes ids of another kind.
            let input = hidden.to_string();
            let (hidden, nowhere) = (desk.send(by, act, hidden).await, desk.send(by, act, nowhere).await);
            assert_eq!(hidden.body, nowhere.body, "{act} {input} as {}", by.email);
            let payload = &hidden.body["data"][act];
            assert!(
                payload["userErrors"].as_array().is_some_and(|errors| !errors.is_empty()),
                "{act} {input}"
            );
        }
    }
}

/// All that an owner of a firm sees of these things.
async fn state(desk: &Desk, owner: &Person, things: &Things) -> Value {
    let query = "query S($ids: [ID!]!, $id: ID!) {
        nodes(ids: $ids) { id __typename }
        ticket(id: $id) { version updatedAt status subject unreadCount history { id } transfers { id }
            conversation(first: 50) { nodes { id } } charges { id } }
        tickets(first: 100) { totalCount } charges(first: 100) { totalCount nodes { version status } }
        emailDeliveries(first: 100) { totalCount } }";
    let ids: Vec<&String> = things.all().to_vec();
    desk.app.ask(owner, query, json!({ "ids": ids, "id": things.ticket })).await
}

/// B-14: another firm's things do not exist for staff, whatever their role, and for portal users.
#[tokio::test]
async fn b_14_other_firms() {
    let desk = Desk::open().await;
    let other = Firm::new(&desk.app.store, "boreal.example").await;
    let things = Things::new(&desk, &other, "Vizinho").await;
    desk.app.jobs_done().await;
    let before = state(&desk, &other.owner, &things).await;
    assert!(before["nodes"].as_array().unwrap().iter().all(Value::is_object), "{before}");
    let own = desk.opened(&desk.admin).await;
    for by in [&desk.owner, &desk.member, &desk.admin] {
        not_there(&desk, by, &own, &things.all()).await;
    }
    assert_eq!(state(&desk, &other.owner, &things).await, before);
    desk.finish().await;
}

/// B-14: no action waits for a locked row of another firm: the delay would reveal that the row exists.
#[tokio::test]
async fn b_14_no_act_waits_for_rows_of_other_firms() {
    let desk = Desk::open().await;
    let other = Firm::new(&desk.app.store, "boreal.example").await;
    let things = Things::new(&desk, &other, "Vizinho").await;
    desk.app.jobs_done().await;
    let own = desk.opened(&desk.admin).await;
    let all_rows = format!(
        "DO $$
         DECLARE name text;
         BEGIN
             FOR name IN SELECT table_name FROM information_schema.columns
                 WHERE table_schema = 'public' AND column_name = 'firm_id' AND table_name <> 'firms' LOOP
                 EXECUTE format('SELECT FROM %I WHERE firm_id = %L FOR UPDATE', name, '{}');
             END LOOP;
         END $$",
        other.id.uuid(),
    );
    let held = Held::begin(&desk.app.store, &all_rows).await;
    for (by, id) in [&desk.owner, &desk.admin].into_iter().flat_map(|by| things.all().map(|id| (by, id))) {
        for (act, input) in acts(&own, &json!(id)) {
            let told = input.to_string();
            let answer = timeout(DEADLINE, desk.send(by, act, input)).await;
            let answer = answer.unwrap_or_else(|_| panic!("{act} {told} waits as {}", by.email));
            assert_ne!(answer.body["data"][act]["userErrors"], json!([]), "{act} {told}");
        }
    }
    held.let_go().await;
    desk.finish().await;
}

/// B-14: a portal user sees nothing of another client of the firm; staff names and the price list are shared by all
/// clients.
#[tokio::test]
async fn b_14_other_clients() {
    let desk = Desk::open().await;
    let things = Things::new(&desk, &desk.firm, "Vizinho").await;
    desk.app.jobs_done().await;
    let before = state(&desk, &desk.owner, &things).await;
    let own = desk.opened(&desk.admin).await;
    let after = state(&desk, &desk.owner, &things).await;
    let hidden: Vec<&String> =
        things.all().into_iter().filter(|id| ![&things.service, &things.staff].contains(id)).collect();
    let rui = desk.collaborator("rui@padaria.example").await;
    for by in [&desk.admin, &rui] {
        not_there(&desk, by, &own, &hidden).await;
    }
    assert_ne!(before["tickets"], after["tickets"], "one more ticket is seen as one");
    assert_eq!(state(&desk, &desk.owner, &things).await, after);
    desk.finish().await;
}

/// B-14: on its own client's ticket, a portal user sees no notes, transfers, deliveries or departments, and no service
/// that is not offered.
#[tokio::test]
async fn b_14_the_firms_own_affairs() {
    let desk = Desk::open().await;
    let things = Things::new(&desk, &desk.firm, "Vizinho").await;
    let client = guichet_base::id::ClientId::decode(&things.client).unwrap();
    let eva = desk.firm.admin(client, "eva@outro.example").await;
    let seen = [&things.ticket, &things.message, &things.change, &things.charge, &things.client];
    for id in seen {
        let node = desk.app.ask(&eva, BY_ID[0], json!({ "id": id })).await["node"].clone();
        assert_eq!(node["id"], json!(id), "what is the client's own is there");
    }
    let retired = json!({ "id": things.service, "expectedVersion": 1, "active": false });
    desk.done(&desk.owner, "serviceItemUpdate", retired).await;
    let own = text(&desk.done(&eva, "ticketCreate", json!({ "subject": "Meu" })).await["ticket"]["id"]);
    let hidden = [&things.note, &things.transfer, &things.delivery, &things.department, &things.service];
    not_there(&desk, &eva, &own, &hidden).await;
    desk.finish().await;
}

/// B-14: an invalid id gets the same answer as one that does not exist.
#[tokio::test]
async fn b_14_what_is_no_id() {
    let desk = Desk::open().await;
    let own = desk.opened(&desk.admin).await;
    let upper = own.to_uppercase();
    for id in ["", "ticket", "ticket_", "1", "ticket_0", &upper, "ticket_%", "📎", &"x".repeat(5_000)] {
        for query in BY_ID {
            let never = desk.app.send(Some(&desk.member), query, json!({ "id": never("ticket_") })).await;
            let answer = desk.app.send(Some(&desk.member), query, json!({ "id": id })).await;
            assert_eq!(answer.body, never.body, "{query} {id}");
        }
        let edit = json!({ "id": id, "expectedVersion": 1 });
        assert_eq!(desk.refused(&desk.member, "ticketEdit", edit).await, ["id:NOT_FOUND"], "{id}");
    }
    desk.finish().await;
}
