//! For each mutation with words or amounts of people an input that it takes, and somebody who may give it.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{Days, NaiveDate};
use guichet_base::id::Id;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, key, reais};
use crate::month::document::papers::{document, work};
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
        "documentContest" => {
            let made = work(desk, owner, &client, &key()).await;
            let id = document(desk, owner, &made.task, "Folha").await;
            hand_in(desk, &id).await;
            return (&desk.admin, json!({ "id": id, "expectedVersion": 2, "comment": "Falta uma hora" }));
        }
        "documentHandIn" => {
            let made = work(desk, owner, &client, &key()).await;
            let id = document(desk, owner, &made.task, "Extrato").await;
            let file = desk.hand_in(owner, "extrato.pdf", PDF).await;
            json!({ "items": [{ "documentId": id, "fileId": file }] })
        }
        "documentReject" => {
            let made = work(desk, owner, &client, &key()).await;
            let id = document(desk, owner, &made.task, "Extrato").await;
            hand_in(desk, &id).await;
            json!({ "id": id, "expectedVersion": 2, "reason": "Falta a segunda página" })
        }
        "documentUnpublish" => {
            let made = work(desk, owner, &client, &key()).await;
            let id = document(desk, owner, &made.task, "Folha").await;
            hand_in(desk, &id).await;
            json!({ "id": id, "expectedVersion": 2, "reason": "De outro cliente" })
        }
        "dueDateExtensionCreate" => json!({
            "obligationId": work(desk, owner, &client, &key()).await.obligation, "period": "2026-02",
            "dueOn": "2026-03-25", "publishedOn": "2026-03-01", "source": "Portaria 1"
        }),
        "fileUploadCreate" => json!({ "files": [declared("guia.pdf", PDF)] }),
        "firmHolidaysImport" => {
            let day = HOLIDAYS.fetch_add(1, Ordering::Relaxed);
            let date = NaiveDate::default() + Days::new(20_000 + day);
            let line = format!("3550308,{date},Ponte");
            json!({ "country": "BR", "lines": [line], "bank": true, "source": "Lei 1" })
        }
        "firmUpdate" => {
            let query = "query V($id: ID!) { node(id: $id) { ... on Firm { version } } }";
            let seen = desk.app.ask(owner, query, json!({ "id": desk.firm.id.encode() })).await;
            json!({ "expectedVersion": seen["node"]["version"] })
        }
        "firmHolidayCreate" => {
            // Each day once.
            let day = HOLIDAYS.fetch_add(1, Ordering::Relaxed);
            let date = NaiveDate::default() + Days::new(20_000 + day);
            json!({ "country": "BR", "date": date, "office": true, "name": "Ponte", "source": "Ata 1" })
        }
        "folderCreate" => json!({ "clientId": client, "name": key() }),
        "folderRename" => {
            let made = desk.done(owner, "folderCreate", json!({ "clientId": client, "name": key() })).await;
            json!({ "id": made["folder"]["id"], "expectedVersion": 1 })
        }
        "invitationAccept" => {
            let staff = json!({ "name": "Nina", "email": address(), "role": "MEMBER" });
            let made = desk.done(owner, "staffCreate", staff).await;
            let secret = &made["invitation"]["secret"];
            json!({ "secret": secret, "password": "a long enough password", "name": "Nina", "transport": "BEARER" })
        }
        "obligationCreate" => json!({
            "code": format!("OWN-{}", key().to_uppercase()), "name": "Guia", "category": "TAX",
            "periodKind": "MONTH", "jurisdiction": "ANY", "rules": [version()]
        }),
        "obligationUpdate" => json!({ "id": obligation(desk).await, "expectedVersion": 1 }),
        "portalAccessCreate" => json!({ "clientId": client, "email": address(), "name": "Nina" }),
        "recurringTaskOverrideSet" => json!({
            "id": work(desk, owner, &client, &key()).await.recurring, "fromPeriod": "2026-02",
            "due": { "dates": { "2026-02": "2026-03-19" } }, "reason": "Combinado"
        }),
        "recurringTaskPause" => json!({
            "id": work(desk, owner, &client, &key()).await.recurring, "expectedVersion": 1,
            "fromPeriod": "2026-02"
        }),
        "ruleVersionCreate" => {
            let mut version = version();
            version["validFrom"] = json!("2030-01");
            version["validTo"] = Value::Null;
            json!({ "obligationId": obligation(desk).await, "version": version })
        }
        "ruleVersionUpdate" => {
            let query = "query V($id: ID!) { node(id: $id) { ... on Obligation { rules { versionId } } } }";
            let seen = desk.app.ask(owner, query, json!({ "id": obligation(desk).await })).await;
            let id = seen["node"]["rules"][0]["versionId"].clone();
            json!({ "versionId": id, "expectedVersion": 1, "version": version() })
        }
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
        "taskCreate" => json!({
            "clientId": client, "title": "Guia",
            "documents": [{ "name": "Ata", "direction": "INPUT", "category": "OTHER" }]
        }),
        "taskAssign" => json!({ "id": task(desk).await, "assigneeId": desk.manager.id() }),
        "taskCommentPost" => json!({ "id": task(desk).await, "body": "Guia" }),
        "taskEdit" => json!({ "id": task(desk).await, "expectedVersion": 1 }),
        "taskStatusChange" => json!({ "id": task(desk).await, "status": "DONE" }),
        "taskTypeCreate" => json!({
            "name": key(), "category": "TAX", "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 }, "documents": [paper()]
        }),
        "taskTypeUpdate" => {
            let made = work(desk, owner, &client, &key()).await.task_type;
            json!({ "id": made, "expectedVersion": 1, "documents": [paper()] })
        }
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

/// Counts the days off that were made.
static HOLIDAYS: AtomicU64 = AtomicU64::new(0);

/// A document of a kind of work.
fn paper() -> Value {
    json!({ "name": "Extrato", "direction": "INPUT", "category": "TAX", "secondFile": "ADD" })
}

/// A rule that ends, so that another one can follow.
fn version() -> Value {
    json!({
        "due": { "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 20 }], "shift": "KEEP" },
        "source": "Ata 1", "status": "CONFIRMED", "validTo": "2029-12"
    })
}

/// An obligation whose rule ends.
async fn obligation(desk: &Desk) -> Value {
    let create = json!({
        "code": format!("OWN-{}", key().to_uppercase()), "name": "Guia", "category": "TAX", "periodKind": "MONTH",
        "jurisdiction": "ANY", "rules": [version()]
    });
    desk.done(&desk.owner, "obligationCreate", create).await["obligation"]["id"].clone()
}

/// Files a small document.
async fn hand_in(desk: &Desk, id: &str) {
    let file = desk.hand_in(&desk.owner, "guia.pdf", PDF).await;
    let items = json!({ "items": [{ "documentId": id, "fileId": file }] });
    desk.done(&desk.owner, "documentHandIn", items).await;
    desk.app.jobs_done().await;
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
