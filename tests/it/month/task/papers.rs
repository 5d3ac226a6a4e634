//! The documents of one task: those of its kind of work, those that it does not need, and those of its own.

use chrono::TimeDelta;
use guichet_base::id::Id;
use serde_json::{Value, json};

use super::Work;
use crate::desk::ticket::desk::{each, text};

const DOCUMENTS: &str = "documents { id name direction category state dueOn isRequired version answer { kind } } hasMissingDocuments";

async fn documents(work: &Work, task: &Value) -> Value {
    let query = format!("query T($id: ID!) {{ task(id: $id) {{ {DOCUMENTS} }} }}");
    work.desk.app.ask(&work.desk.member, &query, json!({ "id": task })).await["task"].clone()
}

/// C-02: a task that is entered without a kind of work has the documents that were written for it, due as it is unless a day was
/// given; the client sees them, and they follow the task.
#[tokio::test]
async fn c_02_documents_of_its_own() {
    let work = Work::open().await;
    let desk = &work.desk;
    let due = |days: i64| (desk.app.store.now().date_naive() + TimeDelta::days(days)).to_string();
    let input = json!({
        "title": "Balanço", "legalDueOn": due(30), "handInBy": due(10),
        "documents": [
            { "name": "Contrato", "direction": "INPUT", "category": "CORPORATE" },
            { "name": "Extrato", "direction": "INPUT", "category": "ACCOUNTING", "dueOn": due(5), "isRequired": false },
            { "name": "Parecer", "direction": "OUTPUT", "category": "CORPORATE", "wantsApproval": true }
        ]
    });
    let task = work.task(&desk.member, input).await["id"].clone();
    let seen = documents(&work, &task).await;
    assert_eq!(each(&seen["documents"], "name"), ["Contrato", "Extrato", "Parecer"]);
    assert_eq!(each(&seen["documents"], "dueOn"), [due(10), due(5), due(30)]);
    assert_eq!(each(&seen["documents"], "isRequired"), [true, false, true]);
    assert_eq!(seen["hasMissingDocuments"], true);
    let query = "{ documents(first: 9) { nodes { name mark } } }";
    let of_client = desk.app.ask(&desk.admin, query, json!({})).await["documents"]["nodes"].clone();
    assert_eq!(each(&of_client, "mark"), ["TO_HAND_IN", "TO_HAND_IN", "AWAITING_FIRM"]);
    let query = "{ documents(first: 9, filter: { search: \"parecer\" }) { totalCount } }";
    assert_eq!(desk.app.ask(&desk.admin, query, json!({})).await["documents"]["totalCount"], 1);
    let later = json!({ "id": task, "expectedVersion": 1, "legalDueOn": due(40), "handInBy": due(12) });
    desk.done(&desk.member, "taskEdit", later).await;
    assert_eq!(each(&documents(&work, &task).await["documents"], "dueOn"), [due(12), due(5), due(40)]);
    let many = vec![json!({ "name": "x", "direction": "INPUT", "category": "TAX" }); 31];
    let refused = |documents: Value| json!({ "clientId": desk.client.encode(), "title": "Balanço", "documents": documents });
    assert_eq!(
        desk.refused(&desk.member, "taskCreate", refused(json!(many))).await,
        ["documents:OUT_OF_RANGE"]
    );
    let nameless = refused(json!([{ "name": " ", "direction": "INPUT", "category": "TAX" }]));
    assert_eq!(desk.refused(&desk.member, "taskCreate", nameless).await, ["documents.0.name:REQUIRED"]);
    work.desk.finish().await;
}

/// C-02, A-11: single documents of the kind of work are left out of a task that is entered.
#[tokio::test]
async fn a_11_without_some() {
    let work = Work::open().await;
    let desk = &work.desk;
    let query = "query T($id: ID!) { node(id: $id) { ... on TaskType { documents { id name } } } }";
    let defined = desk.app.ask(&desk.owner, query, json!({ "id": work.task_type })).await;
    let notes = defined["node"]["documents"][0].clone();
    assert_eq!(notes["name"], "Notas");
    let input = json!({
        "taskTypeId": work.task_type, "period": "2026-03", "unexpectedDocumentIds": [notes["id"]],
        "documents": [{ "name": "Recibo", "direction": "INPUT", "category": "TAX" }]
    });
    let task = work.task(&desk.member, input).await["id"].clone();
    assert_eq!(each(&documents(&work, &task).await["documents"], "name"), ["Recibo", "Guia"]);
    let strange = json!({
        "clientId": desk.client.encode(), "title": "Sem tipo", "unexpectedDocumentIds": [notes["id"]]
    });
    assert_eq!(
        desk.refused(&desk.member, "taskCreate", strange).await,
        ["unexpectedDocumentIds.0:NOT_FOUND"]
    );
    work.desk.finish().await;
}

/// staff say of one document of an open task that it is not needed: the client sees it no more and nothing is missing,
/// whatever happens to the task, until it is expected again; what is there is not dropped.
#[tokio::test]
async fn a_11_one_is_dropped() {
    let work = Work::open().await;
    let desk = &work.desk;
    let task = json!(work.of_march(&desk.member).await);
    let seen = documents(&work, &task).await;
    let find = |seen: &Value, name: &str| {
        seen["documents"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
    };
    let notes = find(&seen, "Notas");
    let drop = |version: i64, is_dropped: bool| json!({ "id": notes["id"], "expectedVersion": version, "isDropped": is_dropped });
    assert_eq!(desk.refused(&desk.admin, "documentDrop", drop(1, true)).await, ["NOT_ALLOWED"]);
    assert_eq!(desk.refused(&desk.member, "documentDrop", drop(7, true)).await, ["CONFLICT"]);
    let guide = find(&seen, "Guia");
    for document in [&notes, &guide] {
        let input = json!({ "id": document["id"], "expectedVersion": 1 });
        desk.done(&desk.member, "documentDrop", input).await;
    }
    let of_client = async || {
        let query = "{ documents(first: 9) { nodes { name } } }";
        each(&desk.app.ask(&desk.admin, query, json!({})).await["documents"]["nodes"], "name")
    };
    let states = async || {
        let seen = documents(&work, &task).await;
        (each(&seen["documents"], "state"), seen["hasMissingDocuments"].clone())
    };
    let gone = (vec![json!("DROPPED"), json!("DROPPED")], json!(false));
    assert_eq!((states().await, of_client().await), (gone.clone(), vec![]));
    // Neither another assignee nor a cancelation that is taken back changes that.
    let assign = json!({ "id": task, "assigneeId": desk.manager.id() });
    desk.done(&desk.owner, "taskAssign", assign).await;
    work.set(&text(&task), "CANCELED").await;
    assert_eq!(desk.refused(&desk.member, "documentDrop", drop(2, false)).await, ["TASK_CLOSED"]);
    work.set(&text(&task), "TODO").await;
    assert_eq!((states().await, of_client().await), (gone, vec![]));
    let version = find(&documents(&work, &task).await, "Notas")["version"].as_i64().unwrap();
    desk.done(&desk.member, "documentDrop", drop(version, false)).await;
    assert_eq!(of_client().await, ["Notas"]);
    assert_eq!(states().await.1, true);
    assert_eq!(find(&documents(&work, &task).await, "Notas")["answer"], Value::Null);
    let file = desk.hand_in(&desk.admin, "notas.pdf", crate::shared::file::hand::PDF).await;
    let items = json!({ "items": [{ "documentId": notes["id"], "fileId": file }] });
    desk.done(&desk.admin, "documentHandIn", items).await;
    desk.app.jobs_done().await;
    let version = find(&documents(&work, &task).await, "Notas")["version"].as_i64().unwrap();
    assert_eq!(desk.refused(&desk.member, "documentDrop", drop(version, true)).await, ["DOCUMENT_FILED"]);
    work.desk.finish().await;
}
