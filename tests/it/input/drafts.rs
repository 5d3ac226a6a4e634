//! For each mutation with words or amounts of people an input that it takes, and somebody who may give it.

use guichet_base::id::Id;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, key, reais};
use crate::shared::file::hand::{PDF, declared};

/// A new input for this mutation, and who gives it.
pub async fn draft<'a>(desk: &'a Desk, mutation: &str) -> (&'a Person, Value) {
    let (owner, client) = (&desk.owner, desk.client.encode());
    let address = || format!("{}@aurora.example", key());
    let input = match mutation {
        "accountUpdate" => return (&desk.member, json!({})),
        "chargeCreate" => json!({ "clientId": client, "description": "Guia", "amount": reais(100) }),
        "clientCreate" => json!({ "name": "Mercado", "locale": "PT_BR" }),
        "clientUpdate" => {
            let id = desk.firm.client("Mercado", None).await;
            json!({ "id": id.encode(), "expectedVersion": 1 })
        }
        "departmentCreate" => json!({ "name": key(), "leadId": desk.manager.id() }),
        "fileUploadCreate" => json!({ "files": [declared("guia.pdf", PDF)] }),
        "firmUpdate" => {
            let query = "query V($id: ID!) { node(id: $id) { ... on Firm { version } } }";
            let seen = desk.app.ask(owner, query, json!({ "id": desk.firm.id.encode() })).await;
            json!({ "expectedVersion": seen["node"]["version"] })
        }
        "invitationAccept" => {
            let staff = json!({ "name": "Nina", "email": address(), "role": "MEMBER" });
            let made = desk.done(owner, "staffCreate", staff).await;
            let secret = &made["invitation"]["secret"];
            json!({ "secret": secret, "password": "a long enough password", "name": "Nina", "transport": "BEARER" })
        }
        "portalAccessCreate" => json!({ "clientId": client, "email": address(), "name": "Nina" }),
        "savedViewCreate" => json!({ "list": "TASKS", "name": key(), "filter": {} }),
        "savedViewUpdate" => {
            let view = json!({ "list": "TASKS", "name": key(), "filter": {} });
            let made = desk.done(owner, "savedViewCreate", view).await;
            json!({ "id": made["savedView"]["id"], "expectedVersion": 1 })
        }
        "serviceItemCreate" => json!({ "name": key(), "price": reais(100) }),
        "serviceItemUpdate" => {
            let id = desk.firm.service(&key(), 100).await;
            json!({ "id": id.encode(), "expectedVersion": 1 })
        }
        "staffCreate" => json!({ "name": "Nina", "email": address(), "role": "MEMBER" }),
        "taskCreate" => json!({ "clientId": client, "title": "Guia" }),
        "taskAssign" => json!({ "id": task(desk).await, "assigneeId": desk.manager.id() }),
        "taskCommentPost" => json!({ "id": task(desk).await, "body": "Guia" }),
        "taskEdit" => json!({ "id": task(desk).await, "expectedVersion": 1 }),
        "taskStatusChange" => json!({ "id": task(desk).await, "status": "DONE" }),
        "tasksAssign" => json!({ "ids": [task(desk).await], "assigneeId": desk.manager.id() }),
        "tasksStatusChange" => json!({ "ids": [task(desk).await], "status": "DONE" }),
        "ticketCreate" => json!({ "clientId": client, "subject": "Guia" }),
        "ticketEdit" => {
            let ticket = desk.ticket(owner, json!({})).await;
            json!({ "id": ticket["id"], "expectedVersion": ticket["version"] })
        }
        "ticketMessagePost" => {
            json!({ "id": desk.opened(owner).await, "visibility": "PUBLIC", "body": "Guia" })
        }
        "ticketReopen" => json!({ "id": desk.ticket_in("FINISHED").await }),
        "ticketStatusChange" => {
            json!({ "id": desk.opened(owner).await, "status": "REJECTED", "reason": "Sem documentos" })
        }
        "ticketTransfer" => json!({ "id": desk.opened(owner).await, "to": { "staffId": desk.manager.id() } }),
        other => panic!("{other} takes words or amounts: say here which input it takes"),
    };
    (owner, input)
}

/// A task of the owner.
async fn task(desk: &Desk) -> Value {
    let input = json!({ "clientId": desk.client.encode(), "title": "Guia" });
    desk.done(&desk.owner, "taskCreate", input).await["task"]["id"].clone()
}

/// Puts a value at this path of an input.
pub fn put(input: &mut Value, path: &[&str], value: Value) {
    let mut at = input;
    for step in path {
        at = match step.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => &mut at[*step],
        };
    }
    *at = value;
}
