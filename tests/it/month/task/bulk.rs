//! Acts on many tasks at once.

use guichet_base::id::{Id, StaffId, TaskId, TicketId};
use serde_json::{Value, json};

use super::Work;
use crate::desk::ticket::desk::{each, key};
use crate::shared::notification::office::{by_mail, told};

/// The errors of each result of a payload, and the field of its task.
fn results(payload: &Value, field: &str) -> Vec<(Vec<Value>, Value)> {
    let all = payload["results"].as_array().unwrap();
    all.iter().map(|one| (each(&one["userErrors"], "code"), one["task"][field].clone())).collect()
}

const SELECTION: &str =
    "results { task { id version status legalDueOn targetOn assignee { id } } userErrors { code } }
    userErrors { field code }";

impl Work {
    /// Sends a mutation on many tasks; returns its payload.
    async fn many(&self, mutation: &str, mut input: Value) -> Value {
        if input.get("idempotencyKey").is_none() {
            input["idempotencyKey"] = json!(key());
        }
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!("mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {SELECTION} }} }}");
        self.desk.app.ask(&self.desk.manager, &query, json!({ "input": input })).await[mutation].clone()
    }
}

/// C-03: each task for itself: given, or refused for its own reason. Repeated with the same key, the answer is that of the
/// first call, and nothing happens.
#[tokio::test]
async fn c_03_assigned_together() {
    let work = Work::open().await;
    let desk = &work.desk;
    let (one, two, closed) =
        (work.entered(&desk.owner).await, work.entered(&desk.owner).await, work.entered(&desk.owner).await);
    work.set(&closed, "DONE").await;
    by_mail(desk, &desk.member, json!(["TASKS_ASSIGNED"])).await;
    let wrong = TicketId::new().encode();
    let ids = json!([one, closed, TaskId::new().encode(), two, wrong, one]);
    let input = json!({ "ids": ids, "assigneeId": desk.member.id(), "idempotencyKey": key() });
    let done = work.many("tasksAssign", input.clone()).await;
    let member = json!({ "id": desk.member.id() });
    let refused = |code: &str| vec![json!(code)];
    assert_eq!(
        results(&done, "assignee"),
        [
            (vec![], member.clone()),
            (refused("TASK_CLOSED"), json!({ "id": desk.owner.id() })),
            (refused("NOT_FOUND"), json!(null)),
            (vec![], member.clone()),
            (refused("NOT_FOUND"), json!(null)),
            (vec![], member),
        ]
    );
    // One act, one notification, one mail, whatever the number of tasks.
    let notified = told(desk, &desk.member).await;
    assert_eq!(each(&json!(notified), "kind"), ["TASKS_ASSIGNED"]);
    desk.app.jobs_done().await;
    let mails = desk.app.sink.mails();
    assert_eq!(mails.len(), 1);
    let text = mails[0].parsed().body_text(0).unwrap().into_owned();
    assert!(
        text.contains("2 tasks") && text.contains("Balancete") && text.contains("Padaria São João"),
        "{text}"
    );

    desk.done(&desk.owner, "taskAssign", json!({ "id": one, "assigneeId": desk.owner.id() })).await;
    let again = work.many("tasksAssign", input).await;
    assert_eq!(again["results"][0]["userErrors"], json!([]));
    assert_eq!(again["results"][0]["task"]["assignee"]["id"], desk.owner.id(), "as it is now");
    assert_eq!(told(desk, &desk.member).await.len(), 1);

    let nobody = json!({ "ids": [one], "assigneeId": StaffId::new().encode() });
    assert_eq!(work.many("tasksAssign", nobody).await["userErrors"][0]["code"], "NOT_FOUND");
    let none = json!({ "ids": [], "assigneeId": desk.owner.id() });
    assert_eq!(work.many("tasksAssign", none).await["userErrors"][0]["code"], "OUT_OF_RANGE");
    let many: Vec<String> = (0..201).map(|_| TaskId::new().encode()).collect();
    let many = json!({ "ids": many, "assigneeId": desk.owner.id() });
    assert_eq!(work.many("tasksAssign", many).await["userErrors"][0]["code"], "OUT_OF_RANGE");
    work.desk.finish().await;
}

/// C-03: the status of many: what lacks documents wants the confirmation, what has the status already is as wished.
#[tokio::test]
async fn c_03_status_together() {
    let work = Work::open().await;
    let desk = &work.desk;
    let (plain, of_type, done) =
        (work.entered(&desk.owner).await, work.of_march(&desk.owner).await, work.entered(&desk.owner).await);
    work.set(&done, "DONE").await;
    let ids = json!([plain, of_type, done]);
    let told = work.many("tasksStatusChange", json!({ "ids": ids, "status": "DONE" })).await;
    assert_eq!(
        results(&told, "status"),
        [(vec![], json!("DONE")), (vec![json!("DOCUMENTS_MISSING")], json!("TODO")), (vec![], json!("DONE"))]
    );
    assert_eq!(told["results"][2]["task"]["version"], 2, "nothing changed");
    let confirmed = json!({ "ids": ids, "status": "DONE", "confirmMissing": true });
    let told = work.many("tasksStatusChange", confirmed).await;
    assert!(results(&told, "status").iter().all(|(errors, status)| errors.is_empty() && status == "DONE"));
    let waiting = work.many("tasksStatusChange", json!({ "ids": ids, "status": "WAITING_CLIENT" })).await;
    assert!(results(&waiting, "status").iter().all(|(errors, _)| errors == &[json!("STATUS_NOT_SETTABLE")]));
    let canceled = work.many("tasksStatusChange", json!({ "ids": ids, "status": "CANCELED" })).await;
    assert!(results(&canceled, "status").iter().all(|(errors, _)| errors.is_empty()));
    assert_eq!(work.documents(&of_type).await[0], "INPUT Notas DROPPED 2026-04-15");
    work.desk.finish().await;
}

/// C-03: two hundred at once.
#[tokio::test]
async fn c_03_two_hundred() {
    let work = Work::open().await;
    let desk = &work.desk;
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.push(work.entered(&desk.owner).await);
    }
    let query = "mutation ($input: TasksAssignInput!) { tasksAssign(input: $input) {
        results { task { id } userErrors { code } } userErrors { code }
    } }";
    let input = json!({ "ids": ids, "assigneeId": desk.member.id(), "idempotencyKey": key() });
    let done = desk.app.ask(&desk.manager, query, json!({ "input": input })).await["tasksAssign"].clone();
    assert_eq!(done["userErrors"], json!([]));
    assert_eq!(done["results"].as_array().unwrap().len(), 200);
    let query = "query ($of: [ID!]) { taskCounts(filter: { assigneeIds: $of }) { totalCount } }";
    let counted = desk.app.ask(&desk.member, query, json!({ "of": [desk.member.id()] })).await;
    assert_eq!(counted["taskCounts"]["totalCount"], 200);
    work.desk.finish().await;
}

/// C-09: dates of many; those that nobody set follow, and the documents too.
#[tokio::test]
async fn c_09_dates_together() {
    let work = Work::open().await;
    let desk = &work.desk;
    let (plain, of_type, closed) =
        (work.entered(&desk.owner).await, work.of_march(&desk.owner).await, work.entered(&desk.owner).await);
    work.set(&closed, "DONE").await;
    let ids = json!([plain, of_type, closed]);
    let set = work.many("tasksDueDateSet", json!({ "ids": ids, "legalDueOn": "2026-06-30" })).await;
    assert_eq!(
        results(&set, "legalDueOn"),
        [
            (vec![], json!("2026-06-30")),
            (vec![], json!("2026-06-30")),
            (vec![json!("TASK_CLOSED")], json!(null))
        ]
    );
    assert_eq!(results(&set, "targetOn")[1].1, "2026-06-28");
    assert_eq!(
        work.documents(&of_type).await,
        ["INPUT Notas EXPECTED 2026-06-25", "OUTPUT Guia EXPECTED 2026-06-30"]
    );
    let back = work.many("tasksDueDateSet", json!({ "ids": [plain, of_type], "legalDueOn": null })).await;
    assert_eq!(results(&back, "legalDueOn"), [(vec![], json!(null)), (vec![], json!("2026-04-20"))]);
    assert_eq!(
        work.many("tasksDueDateSet", json!({ "ids": ids })).await["userErrors"][0]["code"],
        "REQUIRED"
    );
    work.desk.finish().await;
}
