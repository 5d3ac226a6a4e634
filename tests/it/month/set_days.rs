//! Dates that a person set stay when rules change (C-09, C-11); what people entered follows its kind of work.

use guichet_base::id::Id;
use serde_json::{Value, json};

use super::office::{Month, day};
use super::task::Work;
use crate::desk::ticket::desk::{Desk, each, text};

impl Work {
    /// Generates the task of a period that is over; returns the id of the recurring task.
    async fn recurs_in(&self, period: &str) -> String {
        let input = json!({
            "clientId": self.desk.client.encode(), "taskTypeId": self.task_type, "firstPeriod": period,
            "lastPeriod": period
        });
        let made = self.desk.done(&self.desk.owner, "recurringTaskCreate", input).await;
        self.desk.app.jobs_done().await;
        text(&made["recurringTask"]["id"])
    }
}

/// How many tasks and documents would move.
async fn counts(desk: &Desk) -> (i64, i64) {
    let counts = desk.moves().await["counts"].clone();
    (counts["tasks"].as_i64().unwrap(), counts["documents"].as_i64().unwrap())
}

/// How documents were found says the day that they have.
async fn agree(desk: &Desk) {
    let other = "SELECT count(*) FROM documents
        WHERE due_facts IS NULL OR (due_facts->>'date')::date IS DISTINCT FROM legal_due_on";
    assert_eq!(desk.counted(other).await, 0);
}

/// C-11: a task that somebody entered for a kind of work and a period follows a moved rule, with its documents; one without
/// has nothing to follow.
#[tokio::test]
async fn c_11_what_people_entered_follows() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.of_march(&desk.member).await;
    work.entered(&desk.member).await;
    assert_eq!(counts(desk).await, (0, 0));
    desk.extend("2026-03", "2026-05-06").await;
    let seen = desk.moves().await;
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
    agree(desk).await;
    work.desk.finish().await;
}

/// C-11: the list goes on after recurring tasks with what people entered.
#[tokio::test]
async fn c_11_the_list_goes_on() {
    let work = Work::open().await;
    let desk = &work.desk;
    let recurring = work.recurs_in("2026-02").await;
    for _ in 0..3 {
        work.of_march(&desk.member).await;
    }
    for period in ["2026-02", "2026-03"] {
        desk.extend(period, "2026-05-06").await;
    }
    let query = "query ($after: ID) { dueDateMoves(first: 1, afterId: $after) {
        nextAfterId moves { task { origin } }
    } }";
    let page = async |after: Value| {
        desk.app.ask(&desk.manager, query, json!({ "after": after })).await["dueDateMoves"].clone()
    };
    let tasks = |page: &Value| each(&page["moves"], "task");
    let first = page(Value::Null).await;
    // A task and its two documents.
    assert_eq!(tasks(&first), vec![json!({ "origin": "RECURRING" }); 3]);
    assert_eq!(first["nextAfterId"], recurring);
    let second = page(first["nextAfterId"].clone()).await;
    assert_eq!(tasks(&second), vec![json!({ "origin": "HAND" }); 9]);
    assert!(text(&second["nextAfterId"]).starts_with("task_"));
    let last = page(second["nextAfterId"].clone()).await;
    assert_eq!((&last["moves"], &last["nextAfterId"]), (&json!([]), &Value::Null));
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
    work.recurs_in("2026-02").await;
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
    agree(desk).await;
    let by_bruno = "SELECT count(*) FROM documents WHERE due_facts->>'source' = 'bruno'";
    assert_eq!(desk.counted(by_bruno).await, 4);

    desk.extend("2026-03", "2026-06-30").await;
    desk.rule_from("2020-01", day(25)).await;
    assert_eq!(counts(desk).await, (0, 0));

    let target = json!({ "at": { "rule": "self" }, "go": [{ "days": -3 }], "shift": "KEEP" });
    let update = json!({ "id": work.task_type, "expectedVersion": 1, "targetRule": target });
    desk.done(&desk.owner, "taskTypeUpdate", update).await;
    let seen = desk.moves().await;
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
    agree(desk).await;
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
    desk.extend("2026-03", "2026-05-06").await;
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
    let other = desk.own_obligation("OWN-2").await;
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
    agree(desk).await;
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
    agree(desk).await;
    assert_eq!(counts(desk).await, (0, 0));
    work.desk.finish().await;
}

/// C-09: who removes a date lets what the firm wrote for the client hold again.
#[tokio::test]
async fn c_09_an_override_holds_again() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.app.hold("generate_tasks").await;
    let period = month.name(-2);
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
