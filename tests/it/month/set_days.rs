//! Dates that a person set stay when rules change (C-09, C-11); what people entered follows its kind of work.

use diesel_async::SimpleAsyncConnection;
use guichet_base::id::Id;
use serde_json::{Value, json};

use super::generation::Month;
use super::task::Work;
use crate::desk::ticket::desk::{Desk, text};

async fn moves(desk: &Desk) -> Value {
    let query = "{ dueDateMoves {
        counts { tasks documents } nextAfterId
        moves { task { id } documentId newLegalDueOn newTargetOn newDueOn reason }
    } }";
    desk.app.ask(&desk.manager, query, json!({})).await["dueDateMoves"].clone()
}

async fn counts(desk: &Desk) -> (i64, i64) {
    let counts = moves(desk).await["counts"].clone();
    (counts["tasks"].as_i64().unwrap(), counts["documents"].as_i64().unwrap())
}

async fn obligation(desk: &Desk) -> Value {
    let query = "{ obligations(first: 1) { nodes { id } } }";
    desk.app.ask(&desk.owner, query, json!({})).await["obligations"]["nodes"][0]["id"].clone()
}

/// An authority extends March 2026.
async fn extend(desk: &Desk, due_on: &str) {
    let extension = json!({
        "obligationId": obligation(desk).await, "period": "2026-03", "dueOn": due_on,
        "publishedOn": "2026-01-02", "source": "Portaria 7"
    });
    desk.done(&desk.owner, "dueDateExtensionCreate", extension).await;
}

async fn assert_sql(desk: &Desk, statement: &str) {
    desk.app.store.conn().await.unwrap().batch_execute(statement).await.unwrap();
}

/// How documents were found says the day that they have.
const AGREE: &str = "SELECT 1 / (count(*) = 0)::int FROM documents
    WHERE due_facts IS NULL OR (due_facts->>'date')::date IS DISTINCT FROM legal_due_on";

/// C-11: a task that somebody entered for a kind of work and a period follows a moved rule, with its documents; one without
/// has nothing to follow.
#[tokio::test]
async fn c_11_what_people_entered_follows() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.of_march(&desk.member).await;
    work.entered(&desk.member).await;
    assert_eq!(counts(desk).await, (0, 0));
    extend(desk, "2026-05-06").await;
    let seen = moves(desk).await;
    assert_eq!(seen["counts"], json!({ "tasks": 1, "documents": 2 }), "{seen}");
    let of_task = seen["moves"].as_array().unwrap().iter().find(|one| one["documentId"].is_null()).unwrap();
    assert_eq!(
        (&of_task["task"]["id"], &of_task["newLegalDueOn"], &of_task["reason"]),
        (&json!(id), &json!("2026-05-06"), &json!("EXTENSION"))
    );
    let applied = desk.done(&desk.manager, "dueDateMovesApply", json!({ "taskIds": [id] })).await;
    assert_eq!(applied["movedCount"], 3);
    assert_eq!(
        work.documents(&id).await,
        ["INPUT Notas EXPECTED 2026-05-01", "OUTPUT Guia EXPECTED 2026-05-06"]
    );
    assert_eq!(counts(desk).await, (0, 0));
    assert_sql(desk, AGREE).await;
    work.desk.finish().await;
}

/// C-11: the list goes on after recurring tasks with what people entered.
#[tokio::test]
async fn c_11_the_list_goes_on() {
    let work = Work::open().await;
    let desk = &work.desk;
    for _ in 0..3 {
        work.of_march(&desk.member).await;
    }
    extend(desk, "2026-05-06").await;
    let query = "query ($after: ID) { dueDateMoves(first: 1, afterId: $after) { nextAfterId moves { task { id } } } }";
    let page = desk.app.ask(&desk.manager, query, json!({})).await["dueDateMoves"].clone();
    assert_eq!(page["moves"].as_array().unwrap().len(), 9);
    let after = json!({ "after": page["nextAfterId"] });
    assert!(text(&after["after"]).starts_with("task_"));
    let page = desk.app.ask(&desk.manager, query, after).await["dueDateMoves"].clone();
    assert_eq!((&page["moves"], &page["nextAfterId"]), (&json!([]), &Value::Null));
    work.desk.finish().await;
}

/// C-09, C-11: the date of the law that a person set stays, by hand or generated, whatever rules and authorities say; so do
/// the documents that follow it. The firm's own date follows it, when its rule changes.
#[tokio::test]
async fn c_11_a_day_that_a_person_set_stays() {
    let work = Work::open().await;
    let desk = &work.desk;
    let entered = json!({ "taskTypeId": work.task_type, "period": "2026-03", "legalDueOn": "2026-05-10" });
    let entered = text(&work.task(&desk.member, entered).await["id"]);
    let input = json!({
        "clientId": desk.client.encode(), "taskTypeId": work.task_type, "firstPeriod": "2026-02", "lastPeriod": "2026-02"
    });
    desk.done(&desk.owner, "recurringTaskCreate", input).await;
    desk.app.jobs_done().await;
    let query = "{ tasks(first: 10, filter: { origins: [RECURRING] }) { nodes { id version } } }";
    let generated = desk.app.ask(&desk.member, query, json!({})).await["tasks"]["nodes"][0].clone();
    let edit =
        json!({ "id": generated["id"], "expectedVersion": generated["version"], "legalDueOn": "2026-05-20" });
    desk.done(&desk.member, "taskEdit", edit).await;
    let generated = text(&generated["id"]);
    let as_set = [
        (entered.clone(), ["INPUT Notas EXPECTED 2026-05-05", "OUTPUT Guia EXPECTED 2026-05-10"]),
        (generated.clone(), ["INPUT Notas EXPECTED 2026-05-15", "OUTPUT Guia EXPECTED 2026-05-20"]),
    ];
    for (id, expected) in &as_set {
        assert_eq!(work.documents(id).await, expected);
    }
    assert_sql(desk, AGREE).await;
    assert_sql(desk, "SELECT 1 / (count(*) = 4)::int FROM documents WHERE due_facts->>'source' = 'bruno'")
        .await;

    extend(desk, "2026-06-30").await;
    let version = json!({
        "obligationId": obligation(desk).await,
        "version": {
            "validFrom": "2020-01",
            "due": { "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 25 }], "shift": "KEEP" },
            "source": "Lei 9", "status": "CONFIRMED"
        }
    });
    desk.done(&desk.owner, "ruleVersionCreate", version).await;
    assert_eq!(counts(desk).await, (0, 0));

    let target = json!({ "at": { "rule": "self" }, "go": [{ "days": -3 }], "shift": "KEEP" });
    let update = json!({ "id": work.task_type, "expectedVersion": 1, "targetRule": target });
    desk.done(&desk.owner, "taskTypeUpdate", update).await;
    let seen = moves(desk).await;
    assert_eq!(seen["counts"], json!({ "tasks": 2, "documents": 0 }), "{seen}");
    let ids = json!({ "taskIds": [entered, generated] });
    assert_eq!(desk.done(&desk.manager, "dueDateMovesApply", ids).await["movedCount"], 2);
    assert_eq!(counts(desk).await, (0, 0));
    for (id, expected) in &as_set {
        let task = work.see(&desk.member, id).await;
        assert_eq!(task["isLegalDueSet"], true);
        assert_eq!(work.documents(id).await, expected);
    }
    let task = work.see(&desk.member, &generated).await;
    assert_eq!((&task["legalDueOn"], &task["targetOn"]), (&json!("2026-05-20"), &json!("2026-05-17")));

    // Who removes it lets it follow again, with its documents.
    let edit = json!({ "id": generated, "expectedVersion": task["version"], "legalDueOn": null });
    desk.done(&desk.member, "taskEdit", edit).await;
    assert_eq!(
        work.documents(&generated).await,
        ["INPUT Notas EXPECTED 2026-03-20", "OUTPUT Guia EXPECTED 2026-03-25"]
    );
    assert_sql(desk, AGREE).await;
    assert_eq!(counts(desk).await, (0, 0));
    work.desk.finish().await;
}

/// C-09: a day to hand in that a person set stays, for the documents of the task too.
#[tokio::test]
async fn c_11_a_day_to_hand_in_stays() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.of_march(&desk.member).await;
    let edit = json!({ "id": id, "expectedVersion": 1, "handInBy": "2026-04-02" });
    desk.done(&desk.member, "taskEdit", edit).await;
    assert_eq!(counts(desk).await, (0, 0));
    extend(desk, "2026-05-06").await;
    desk.done(&desk.manager, "dueDateMovesApply", json!({ "taskIds": [id] })).await;
    assert_eq!(
        work.documents(&id).await,
        ["INPUT Notas EXPECTED 2026-04-02", "OUTPUT Guia EXPECTED 2026-05-06"]
    );
    work.desk.finish().await;
}

/// C-09: a document with an obligation of its own keeps its date, also when that is the day of the task.
#[tokio::test]
async fn c_09_documents_of_another_obligation_stay() {
    let work = Work::open().await;
    let desk = &work.desk;
    let create = json!({
        "code": "OWN-2", "name": "Outra", "category": "TAX", "periodKind": "MONTH", "jurisdiction": "ANY",
        "rules": [{
            "due": { "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 20 }], "shift": "KEEP" },
            "source": "Ata 2", "status": "CONFIRMED"
        }]
    });
    let other = desk.done(&desk.owner, "obligationCreate", create).await["obligation"]["id"].clone();
    let update = json!({
        "id": work.task_type, "expectedVersion": 1,
        "documents": [
            { "name": "Guia", "direction": "OUTPUT", "category": "TAX", "secondFile": "REPLACE" },
            { "name": "Recibo", "direction": "OUTPUT", "category": "TAX", "secondFile": "REPLACE", "obligationId": other }
        ]
    });
    desk.done(&desk.owner, "taskTypeUpdate", update).await;
    let id = work.of_march(&desk.member).await;
    let edit = json!({ "id": id, "expectedVersion": 1, "legalDueOn": "2026-05-04" });
    desk.done(&desk.member, "taskEdit", edit).await;
    let mut documents = work.documents(&id).await;
    documents.sort();
    assert_eq!(documents, ["OUTPUT Guia EXPECTED 2026-05-04", "OUTPUT Recibo EXPECTED 2026-04-20"]);
    assert_sql(desk, AGREE).await;
    assert_eq!(counts(desk).await, (0, 0));
    work.desk.finish().await;
}

/// C-09: a document with a rule of its own for handing in follows the day that a person set for the law by that rule.
#[tokio::test]
async fn c_09_documents_with_a_rule_for_handing_in() {
    let work = Work::open().await;
    let desk = &work.desk;
    let early = json!({ "at": { "rule": "self" }, "go": [{ "days": -9 }], "shift": "KEEP" });
    let update = json!({
        "id": work.task_type, "expectedVersion": 1,
        "documents": [
            { "name": "Extrato", "direction": "INPUT", "category": "TAX", "secondFile": "ADD", "handInRule": early },
            { "name": "Notas", "direction": "INPUT", "category": "TAX", "secondFile": "ADD" }
        ]
    });
    desk.done(&desk.owner, "taskTypeUpdate", update).await;
    let id = work.of_march(&desk.member).await;
    let documents = async || {
        let mut documents = work.documents(&id).await;
        documents.sort();
        documents
    };
    assert_eq!(documents().await, ["INPUT Extrato EXPECTED 2026-04-11", "INPUT Notas EXPECTED 2026-04-15"]);
    let edit = json!({ "id": id, "expectedVersion": 1, "legalDueOn": "2026-05-20" });
    desk.done(&desk.member, "taskEdit", edit).await;
    assert_eq!(documents().await, ["INPUT Extrato EXPECTED 2026-05-11", "INPUT Notas EXPECTED 2026-05-15"]);
    let edit = json!({ "id": id, "expectedVersion": 2, "handInBy": "2026-05-02" });
    desk.done(&desk.member, "taskEdit", edit).await;
    assert_eq!(documents().await, ["INPUT Extrato EXPECTED 2026-05-11", "INPUT Notas EXPECTED 2026-05-02"]);
    assert_sql(desk, AGREE).await;
    assert_eq!(counts(desk).await, (0, 0));
    work.desk.finish().await;
}

/// C-09: who removes a date lets what the firm wrote for the client hold again.
#[tokio::test]
async fn c_09_an_override_holds_again() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.app.hold("generate_tasks").await;
    let period = (desk.app.store.now().date_naive() - chrono::Months::new(2)).format("%Y-%m").to_string();
    let id = month.recurs(&period).await;
    let agreed = json!({
        "id": id, "fromPeriod": period, "toPeriod": period, "due": { "dates": { (period.clone()): "2031-03-04" } },
        "reason": "Combinado"
    });
    desk.done(&desk.owner, "recurringTaskOverrideSet", agreed).await;
    desk.app.release("generate_tasks").await;
    desk.app.jobs_done().await;
    let of_period = async || {
        let tasks = month.tasks().await;
        tasks.as_array().unwrap().iter().find(|task| task["period"] == period).unwrap().clone()
    };
    let task = of_period().await;
    assert_eq!(task["legalDueOn"], "2031-03-04");
    for day in [json!("2031-05-06"), Value::Null] {
        let version = of_period().await["version"].clone();
        let edit = json!({ "id": task["id"], "expectedVersion": version, "legalDueOn": day });
        desk.done(&desk.owner, "taskEdit", edit).await;
    }
    assert_eq!(of_period().await["legalDueOn"], "2031-03-04");
    month.desk.finish().await;
}
