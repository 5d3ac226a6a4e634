//! Kinds of work.

use guichet_base::id::Id;
use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::task::Work;
use crate::desk::ticket::desk::{Desk, text};

/// C-08: what a frontend reads of a kind of work it can send back as it is, with the obligations of documents; then nothing
/// changes.
#[tokio::test]
async fn c_08_what_is_read_can_be_sent_back() {
    let desk = Desk::open().await;
    let of_work = desk.own_obligation("OWN-1").await;
    let of_document = desk.own_obligation("OWN-2").await;
    let create = json!({
        "name": "Guia", "category": "TAX", "obligationId": of_work,
        "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
        "documents": [
            { "name": "Notas", "direction": "INPUT", "category": "TAX", "secondFile": "ADD", "isRequired": false },
            {
                "name": "Guia", "direction": "OUTPUT", "category": "TAX", "secondFile": "REPLACE", "folder": "Guias",
                "obligationId": of_document, "wantsApproval": true
            }
        ]
    });
    let made = desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"].clone();
    let read = async || {
        let query = "query T($id: ID!) { node(id: $id) { ... on TaskType { version documents {
            id name direction category folder obligation { id } secondFile publishOnUpload wantsApproval isRequired
        } } } }";
        desk.app.ask(&desk.owner, query, json!({ "id": made["id"] })).await["node"].clone()
    };
    let before = read().await;
    assert_eq!(before["documents"][0]["obligation"], Value::Null);
    assert_eq!(before["documents"][1]["obligation"]["id"], of_document);
    let mut documents = before["documents"].clone();
    for document in documents.as_array_mut().unwrap() {
        let fields = document.as_object_mut().unwrap();
        let obligation = fields.remove("obligation").unwrap();
        fields.insert("obligationId".to_owned(), obligation.get("id").cloned().unwrap_or(Value::Null));
    }
    let input = json!({ "id": text(&made["id"]), "expectedVersion": 1, "documents": documents });
    desk.done(&desk.owner, "taskTypeUpdate", input).await;
    assert_eq!(read().await, before);
    desk.finish().await;
}

/// C-09: the years that were confirmed are read back, by staff alone, and go when they are taken back.
#[tokio::test]
async fn c_09_confirmed_years_are_read() {
    let desk = Desk::open().await;
    let years = async |by| {
        let query = "{ calendarYears { country region city year } }";
        desk.app.ask(by, query, json!({})).await["calendarYears"].clone()
    };
    let of_city = json!({ "country": "BR", "region": "BR-SP", "city": "3550308", "year": 2027 });
    desk.done(&desk.owner, "calendarYearConfirm", of_city.clone()).await;
    desk.done(&desk.owner, "calendarYearConfirm", json!({ "country": "FR", "year": 2027 })).await;
    let of_country = json!({ "country": "FR", "region": null, "city": null, "year": 2027 });
    assert_eq!(years(&desk.member).await, json!([of_city, of_country]));
    assert_eq!(years(&desk.admin).await, json!([]));
    let back = json!({ "country": "FR", "year": 2027, "isComplete": false });
    desk.done(&desk.owner, "calendarYearConfirm", back).await;
    assert_eq!(years(&desk.member).await, json!([of_city]));
    desk.finish().await;
}

/// F-01: kinds of work and recurring tasks are told as they change, to the staff who see them; a filter lets go of what does not
/// fit any more.
#[tokio::test]
async fn f_01_the_catalogue_is_live() {
    const TYPES: &str =
        "subscription { taskTypesChanged(filter: { active: true }) { reload changed { name } removed } }";
    const RECURRING: &str = "subscription { recurringTasksChanged(filter: { isPaused: false }) {
        reload edges { sortKey } changed { lastPeriod taskType { name } } removed
    } }";
    let work = Work::open().await;
    let desk = &work.desk;
    let side = LiveSide::start(&desk.app.store);
    let mut types = side.follow(Some(&desk.member.token), TYPES, json!({})).await;
    let mut recurring = side.follow(Some(&desk.member.token), RECURRING, json!({})).await;
    assert_eq!(types.told().await["reload"], true);
    assert_eq!(recurring.told().await["reload"], true);
    let rename = json!({ "id": work.task_type, "expectedVersion": 1, "name": "Guia mensal" });
    desk.done(&desk.owner, "taskTypeUpdate", rename).await;
    assert_eq!(types.told().await["changed"], json!([{ "name": "Guia mensal" }]));
    assert_eq!(recurring.told().await["changed"], json!([]), "its name is read anew");
    let create = json!({
        "clientId": desk.client.encode(), "taskTypeId": work.task_type, "firstPeriod": "2026-06"
    });
    let made = desk.done(&desk.owner, "recurringTaskCreate", create).await["recurringTask"].clone();
    let told = recurring.told().await;
    assert_eq!(told["changed"], json!([{ "lastPeriod": null, "taskType": { "name": "Guia mensal" } }]));
    assert!(told["edges"][0]["sortKey"].is_string());
    let pause = json!({ "id": made["id"], "expectedVersion": 1, "fromPeriod": "2026-08" });
    desk.done(&desk.owner, "recurringTaskPause", pause).await;
    assert_eq!(recurring.told().await["removed"], json!([made["id"]]));
    desk.done(
        &desk.owner,
        "taskTypeUpdate",
        json!({ "id": work.task_type, "expectedVersion": 2, "active": false }),
    )
    .await;
    assert_eq!(types.told().await["removed"], json!([work.task_type]));
    drop((types, recurring, side));
    work.desk.finish().await;
}

/// B-15, C-11: what each may do with kinds of work, recurring tasks, runs, views and generated tasks, before they try.
#[tokio::test]
async fn b_15_what_may_be_done() {
    let work = Work::open().await;
    let desk = &work.desk;
    let create = json!({
        "clientId": desk.client.encode(), "taskTypeId": work.task_type, "firstPeriod": "2026-01",
        "assigneeId": desk.member.id()
    });
    let recurring =
        desk.done(&desk.owner, "recurringTaskCreate", create).await["recurringTask"]["id"].clone();
    desk.app.jobs_done().await;
    let run = desk.done(&desk.owner, "taskGenerationRun", json!({ "upTo": "2026-04-15" })).await;
    desk.app.jobs_done().await;
    let view = json!({ "list": "TASKS", "name": "Minhas", "filter": {}, "isShared": true });
    let view = desk.done(&desk.owner, "savedViewCreate", view).await["savedView"]["id"].clone();
    let generated = desk.app.ask(&desk.owner, "{ tasks(first: 1) { nodes { id } } }", json!({})).await;
    let generated = generated["tasks"]["nodes"][0]["id"].clone();
    let by_hand = json!(work.entered(&desk.member).await);
    let can = async |by: &Person, id: &Value, act: &str| {
        let query = "query C($id: ID!) { node(id: $id) {
            ... on TaskType { types: viewerCan { act allowed reason } }
            ... on RecurringTask { recurring: viewerCan { act allowed reason } }
            ... on TaskGeneration { runs: viewerCan { act allowed reason } }
            ... on SavedView { views: viewerCan { act allowed reason } }
            ... on Task { tasks: viewerCan { act allowed reason } }
        } }";
        let node = desk.app.ask(by, query, json!({ "id": id })).await["node"].clone();
        let acts = node.as_object().unwrap().values().next().unwrap().as_array().unwrap().clone();
        acts.iter().find(|one| one["act"] == act).unwrap()["reason"].clone()
    };
    let run = run["taskGeneration"]["id"].clone();
    let task_type = json!(work.task_type);
    for (id, act) in [
        (&task_type, "UPDATE"),
        (&recurring, "UPDATE"),
        (&recurring, "PAUSE"),
        (&recurring, "UNDO"),
        (&run, "UNDO"),
        (&view, "DELETE"),
        (&generated, "UNDO"),
    ] {
        assert_eq!(can(&desk.owner, id, act).await, Value::Null, "{act}");
        assert_eq!(can(&desk.member, id, act).await, "NOT_ALLOWED", "{act}");
    }
    assert_eq!(can(&desk.owner, &by_hand, "UNDO").await, "TASK_TOUCHED");
    let comment = json!({ "id": generated, "body": "Conferido" });
    desk.done(&desk.member, "taskCommentPost", comment).await;
    assert_eq!(can(&desk.owner, &generated, "UNDO").await, "TASK_TOUCHED");
    // What is filtered by.
    let count = async |filter: Value| {
        let query = "query R($filter: RecurringTaskFilter) { recurringTasks(first: 9, filter: $filter) { totalCount } }";
        desk.app.ask(&desk.owner, query, json!({ "filter": filter })).await["recurringTasks"]["totalCount"]
            .clone()
    };
    for (filter, expected) in [
        (json!({ "assigneeIds": [desk.member.id()] }), 1),
        (json!({ "assigneeIds": [desk.owner.id()] }), 0),
        (json!({ "isEnded": true }), 0),
        (json!({ "isEnded": false, "isPaused": false }), 1),
        (json!({ "isPaused": true }), 0),
    ] {
        assert_eq!(count(filter.clone()).await, expected, "{filter}");
    }
    let pause = json!({ "id": recurring, "expectedVersion": 1, "fromPeriod": "2026-08" });
    desk.done(&desk.owner, "recurringTaskPause", pause).await;
    assert_eq!(count(json!({ "isPaused": true })).await, 1);
    work.desk.finish().await;
}
