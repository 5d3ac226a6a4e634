//! Entering, editing, assigning tasks, and their status.

use guichet_base::id::{ClientId, Id, StaffId, TaskTypeId};
use guichet_tests::world::Firm;
use serde_json::{Value, json};

use super::Work;
use crate::desk::ticket::desk::{each, key, text};

/// C-02: entered by hand, for oneself by default or for a colleague; never for nobody.
#[tokio::test]
async fn c_02_entered_by_hand() {
    let work = Work::open().await;
    let desk = &work.desk;
    let task = work.task(&desk.member, json!({ "description": "Linha 1\nLinha 2" })).await;
    assert_eq!(task["assignee"]["id"], desk.member.id());
    assert_eq!((&task["origin"], &task["status"]), (&json!("HAND"), &json!("TODO")));
    assert_eq!((&task["title"], &task["description"]), (&json!("Balancete"), &json!("Linha 1\nLinha 2")));
    assert_eq!((&task["legalDueOn"], &task["isUntouched"]), (&json!(null), &json!(false)));
    let seen = work.see(&desk.manager, task["id"].as_str().unwrap()).await;
    assert_eq!(
        (&seen["history"][0]["field"], &seen["history"][0]["newText"]),
        (&json!("CREATED"), &json!("To do"))
    );

    let given =
        work.task(&desk.owner, json!({ "assigneeId": desk.member.id(), "legalDueOn": "2026-05-04" })).await;
    assert_eq!(
        (&given["assignee"]["id"], &given["legalDueOn"]),
        (&json!(desk.member.id()), &json!("2026-05-04"))
    );
    assert_eq!((&given["isLegalDueSet"], &given["isTargetSet"]), (&json!(true), &json!(false)));
    work.desk.finish().await;
}

/// C-02, C-09: with a kind of work and a period, the dates are the rule's and its documents are there; a date that a person
/// gives holds.
#[tokio::test]
async fn c_02_of_a_kind_of_work() {
    let work = Work::open().await;
    let desk = &work.desk;
    let task = work.task(&desk.member, json!({ "taskTypeId": work.task_type, "period": "2026-03" })).await;
    assert_eq!(
        ["legalDueOn", "targetOn", "handInBy"].map(|field| task[field].clone()),
        ["2026-04-20", "2026-04-18", "2026-04-15"].map(Value::from)
    );
    assert_eq!((&task["isLegalDueSet"], &task["hasMissingDocuments"]), (&json!(false), &json!(true)));
    assert!(!task["dueExplanation"].as_array().unwrap().is_empty(), "{task}");
    let id = text(&task["id"]);
    assert_eq!(
        work.documents(&id).await,
        ["INPUT Notas EXPECTED 2026-04-15", "OUTPUT Guia EXPECTED 2026-04-20"]
    );

    let given = json!({
        "taskTypeId": work.task_type, "period": "2026-03", "legalDueOn": "2026-05-10", "handInBy": "2026-05-01"
    });
    let task = work.task(&desk.member, given).await;
    assert_eq!(
        ["legalDueOn", "targetOn", "handInBy"].map(|field| task[field].clone()),
        ["2026-05-10", "2026-05-08", "2026-05-01"].map(Value::from)
    );
    assert_eq!(
        ["isLegalDueSet", "isTargetSet", "isHandInSet"].map(|field| task[field].clone()),
        [true, false, true].map(Value::from)
    );
    let id = text(&task["id"]);
    assert_eq!(
        work.documents(&id).await,
        ["INPUT Notas EXPECTED 2026-05-01", "OUTPUT Guia EXPECTED 2026-05-10"]
    );
    work.desk.finish().await;
}

/// C-01, C-02: what cannot be entered, each refusal at its field; a repeated call enters nothing.
#[tokio::test]
async fn c_02_refusals() {
    let work = Work::open().await;
    let desk = &work.desk;
    let client = desk.client.encode();
    let refused = async |input: Value| {
        let mut whole = json!({ "clientId": client, "title": "Balancete" });
        whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        desk.refused(&desk.member, "taskCreate", whole).await
    };
    assert_eq!(refused(json!({ "title": " " })).await, ["title:REQUIRED"]);
    assert_eq!(refused(json!({ "title": "x".repeat(201) })).await, ["title:TOO_LONG"]);
    assert_eq!(refused(json!({ "clientId": ClientId::new().encode() })).await, ["clientId:NOT_FOUND"]);
    assert_eq!(refused(json!({ "assigneeId": StaffId::new().encode() })).await, ["assigneeId:NOT_FOUND"]);
    let foreign = Firm::new(&desk.app.store, "outra.example").await;
    assert_eq!(refused(json!({ "assigneeId": foreign.owner.id() })).await, ["assigneeId:NOT_FOUND"]);
    assert_eq!(refused(json!({ "taskTypeId": TaskTypeId::new().encode() })).await, ["taskTypeId:NOT_FOUND"]);
    for period in ["2026-Q1", "2026", "março"] {
        let input = json!({ "taskTypeId": work.task_type, "period": period });
        assert_eq!(refused(input).await, ["period:OUT_OF_RANGE"], "{period}");
    }
    let input = json!({ "clientId": client, "title": "Balancete" });
    assert_eq!(desk.refused(&desk.admin, "taskCreate", input.clone()).await, ["NOT_ALLOWED"]);

    let mut again = input;
    again["idempotencyKey"] = json!(key());
    let first = desk.done(&desk.member, "taskCreate", again.clone()).await["task"]["id"].clone();
    assert_eq!(desk.done(&desk.member, "taskCreate", again.clone()).await["task"]["id"], first);
    again["title"] = json!("Outro");
    assert_eq!(
        desk.refused(&desk.member, "taskCreate", again).await,
        ["idempotencyKey:IDEMPOTENCY_KEY_REUSED"]
    );
    work.desk.finish().await;
}

/// C-09: dates that a person sets hold, the others follow the legal one; who removes one lets it follow again.
#[tokio::test]
async fn c_09_dates_by_hand() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.of_march(&desk.member).await;
    let edit = async |version: i32, input: Value| {
        let mut whole = json!({ "id": id, "expectedVersion": version });
        whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        desk.done(&desk.member, "taskEdit", whole).await["task"].clone()
    };
    let dates = |task: &Value| ["legalDueOn", "targetOn", "handInBy"].map(|field| text(&task[field]));
    let moved = edit(1, json!({ "legalDueOn": "2026-04-30" })).await;
    assert_eq!(dates(&moved), ["2026-04-30", "2026-04-28", "2026-04-25"]);
    assert_eq!(
        work.documents(&id).await,
        ["INPUT Notas EXPECTED 2026-04-25", "OUTPUT Guia EXPECTED 2026-04-30"]
    );
    let set = edit(2, json!({ "targetOn": "2026-04-10" })).await;
    assert_eq!(
        dates(&set),
        ["2026-04-30", "2026-04-10", "2026-04-25"],
        "the firm's own date moves nothing that the client sees"
    );
    let moved = edit(3, json!({ "legalDueOn": "2026-05-30" })).await;
    assert_eq!(dates(&moved), ["2026-05-30", "2026-04-10", "2026-05-25"]);
    let given = edit(4, json!({ "handInBy": "2026-06-01" })).await;
    assert_eq!(dates(&given), ["2026-05-30", "2026-04-10", "2026-06-01"], "a person may");
    assert_eq!((&given["isTargetSet"], &given["isHandInSet"]), (&json!(true), &json!(true)));
    let back = edit(5, json!({ "legalDueOn": null, "targetOn": null, "handInBy": null })).await;
    assert_eq!(dates(&back), ["2026-04-20", "2026-04-18", "2026-04-15"]);
    assert!(!back["dueExplanation"].as_array().unwrap().is_empty(), "{back}");
    let fields = each(&work.see(&desk.member, &id).await["history"], "field");
    assert_eq!(fields[1..4], ["LEGAL_DUE_ON", "TARGET_ON", "HAND_IN_BY"]);
    work.desk.finish().await;
}

/// C-02, C-03: an edit is recorded, one without a change is not; a version that others changed, and a closed task, refuse.
#[tokio::test]
async fn c_02_edited() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.entered(&desk.member).await;
    let input = json!({ "id": id, "expectedVersion": 1, "title": "Balanço", "description": "Anual" });
    let edited = desk.done(&desk.manager, "taskEdit", input.clone()).await["task"].clone();
    assert_eq!((&edited["title"], &edited["version"]), (&json!("Balanço"), &json!(2)));
    assert_eq!(desk.refused(&desk.manager, "taskEdit", input).await, ["CONFLICT"]);
    let same = json!({ "id": id, "expectedVersion": 2, "title": "Balanço" });
    assert_eq!(desk.done(&desk.manager, "taskEdit", same).await["task"]["version"], 2);
    let seen = work.see(&desk.member, &id).await;
    assert_eq!(each(&seen["history"], "field"), ["CREATED", "TITLE", "DESCRIPTION"]);
    assert_eq!(
        (
            &seen["history"][1]["oldText"],
            &seen["history"][1]["newText"],
            &seen["history"][1]["author"]["name"]
        ),
        (&json!("Balancete"), &json!("Balanço"), &json!("marta"))
    );
    let blank = json!({ "id": id, "expectedVersion": 2, "title": "" });
    assert_eq!(desk.refused(&desk.member, "taskEdit", blank).await, ["title:REQUIRED"]);
    work.set(&id, "DONE").await;
    let late = json!({ "id": id, "expectedVersion": 3, "title": "Outro" });
    assert_eq!(desk.refused(&desk.member, "taskEdit", late.clone()).await, ["TASK_CLOSED"]);
    assert_eq!(desk.refused(&desk.admin, "taskEdit", late).await, ["id:NOT_FOUND"]);
    work.desk.finish().await;
}

/// C-03: every status that a person may set, and what is refused; the present one changes nothing.
#[tokio::test]
async fn c_03_status() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.entered(&desk.member).await;
    let set = async |status: &str| {
        let done = work.set(&id, status).await;
        (text(&done["outcome"]), text(&done["task"]["status"]), done["task"]["closedAt"].is_string())
    };
    let told = |outcome: &str, status: &str, closed| (outcome.to_owned(), status.to_owned(), closed);
    assert_eq!(set("TODO").await, told("UNCHANGED", "TODO", false));
    assert_eq!(set("IN_PROGRESS").await, told("CHANGED", "IN_PROGRESS", false));
    assert_eq!(set("DONE").await, told("CHANGED", "DONE", true));
    assert_eq!(set("TODO").await, told("REOPENED", "TODO", false));
    assert_eq!(set("CANCELED").await, told("CHANGED", "CANCELED", true));
    assert_eq!(set("DONE").await, told("CHANGED", "DONE", true));
    let waiting = json!({ "id": id, "status": "WAITING_CLIENT" });
    assert_eq!(
        desk.refused(&desk.member, "taskStatusChange", waiting.clone()).await,
        ["status:STATUS_NOT_SETTABLE"]
    );
    assert_eq!(desk.refused(&desk.admin, "taskStatusChange", waiting).await, ["id:NOT_FOUND"]);
    let stale = json!({ "id": id, "status": "TODO", "expectedVersion": 1 });
    assert_eq!(desk.refused(&desk.member, "taskStatusChange", stale).await, ["CONFLICT"]);
    let seen = work.see(&desk.member, &id).await;
    assert_eq!(seen["version"], 6, "once for each change");
    assert_eq!(seen["history"].as_array().unwrap().len(), 6);
    let offered = each(&seen["statusChoices"], "status");
    assert_eq!(offered, ["TODO", "IN_PROGRESS", "CANCELED"]);
    let can: Vec<&Value> =
        seen["viewerCan"].as_array().unwrap().iter().filter(|can| can["allowed"] == false).collect();
    let reasons: Vec<_> = can.iter().map(|can| (text(&can["act"]), text(&can["reason"]))).collect();
    let expected = [("EDIT", "TASK_CLOSED"), ("ASSIGN", "TASK_CLOSED"), ("UNDO", "NOT_ALLOWED")];
    assert_eq!(reasons, expected.map(|(act, reason)| (act.to_owned(), reason.to_owned())));
    work.desk.finish().await;
}

/// C-03: done without required documents wants a confirmation. Canceling drops what is expected, reopening brings it back.
#[tokio::test]
async fn c_03_documents_of_a_closed_task() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.of_march(&desk.member).await;
    let done = json!({ "id": id, "status": "DONE" });
    assert_eq!(
        desk.refused(&desk.member, "taskStatusChange", done.clone()).await,
        ["confirmMissing:DOCUMENTS_MISSING"]
    );
    let choices = work.see(&desk.member, &id).await["statusChoices"].clone();
    let asks = |status: &str| {
        let found = choices.as_array().unwrap().iter().find(|choice| choice["status"] == status);
        found.unwrap()["confirmationRequired"].clone()
    };
    assert_eq!((asks("DONE"), asks("CANCELED")), (json!(true), json!(false)));
    let confirmed = json!({ "id": id, "status": "DONE", "confirmMissing": true, "reason": "Sem movimento" });
    desk.done(&desk.member, "taskStatusChange", confirmed).await;
    let seen = work.see(&desk.member, &id).await;
    assert_eq!(seen["history"].as_array().unwrap().last().unwrap()["reason"], "Sem movimento");
    let expected = ["INPUT Notas EXPECTED 2026-04-15", "OUTPUT Guia EXPECTED 2026-04-20"];
    assert_eq!(work.documents(&id).await, expected);
    work.set(&id, "CANCELED").await;
    assert_eq!(
        work.documents(&id).await,
        ["INPUT Notas DROPPED 2026-04-15", "OUTPUT Guia DROPPED 2026-04-20"]
    );
    assert_eq!(work.see(&desk.member, &id).await["hasMissingDocuments"], false);
    assert_eq!(
        desk.refused(&desk.member, "taskStatusChange", done).await,
        ["confirmMissing:DOCUMENTS_MISSING"],
        "it would lack them"
    );
    work.set(&id, "IN_PROGRESS").await;
    assert_eq!(work.documents(&id).await, expected);
    work.desk.finish().await;
}

/// C-02: given to somebody who works at the firm, and to nobody else.
#[tokio::test]
async fn c_02_assigned() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.of_march(&desk.owner).await;
    let to = |assignee: &str| json!({ "id": id, "assigneeId": assignee, "note": "Com calma" });
    let given = desk.done(&desk.owner, "taskAssign", to(&desk.member.id())).await["task"].clone();
    assert_eq!((&given["assignee"]["id"], &given["version"]), (&json!(desk.member.id()), &json!(2)));
    let seen = work.see(&desk.member, &id).await;
    let change = seen["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&change["field"], &change["newText"], &change["reason"]),
        (&json!("ASSIGNEE"), &json!("bruno"), &json!("Com calma"))
    );
    let again = desk.done(&desk.owner, "taskAssign", to(&desk.member.id())).await["task"].clone();
    assert_eq!(again["version"], 2, "who has it keeps it");
    let nobody = StaffId::new().encode();
    assert_eq!(desk.refused(&desk.owner, "taskAssign", to(&nobody)).await, ["assigneeId:NOT_FOUND"]);
    let stale = json!({ "id": id, "assigneeId": desk.owner.id(), "expectedVersion": 1 });
    assert_eq!(desk.refused(&desk.owner, "taskAssign", stale).await, ["CONFLICT"]);
    work.set(&id, "CANCELED").await;
    assert_eq!(desk.refused(&desk.owner, "taskAssign", to(&desk.owner.id())).await, ["TASK_CLOSED"]);
    assert_eq!(desk.refused(&desk.admin, "taskAssign", to(&desk.owner.id())).await, ["id:NOT_FOUND"]);
    work.desk.finish().await;
}
