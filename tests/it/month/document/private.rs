//! What no client learns: of the firm's own dates, and of who works on what.

use guichet_base::id::Id;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::papers::{Papers, document, work};
use crate::desk::ticket::desk::{each, text};

const FOLLOW: &str = "subscription { documentsChanged { reload changed { name } removed } }";

/// Everything that somebody of a client sees of its documents: list, dashboard and calendar.
async fn sight(papers: &Papers, by: &Person, path: &str) -> (Value, String) {
    let query = "{
        documents(first: 50) { nodes { id dueOn legalDueOn mark state version updatedAt provisional dueExplanation } }
        clientDashboard { days { date totalCount } dueSoon(first: 9) { nodes { id } } overdue(first: 9) { nodes { id } } }
    }";
    let seen = papers.desk.app.ask(by, query, json!({})).await;
    (seen, papers.desk.app.get(None, path).await.text().await.unwrap())
}

/// The names in the next message, which must not say that all is to be read anew.
async fn changed(messages: &mut Messages) -> Vec<String> {
    let told = messages.told().await;
    assert_eq!((&told["reload"], &told["removed"]), (&json!(false), &json!([])), "{told}");
    each(&told["changed"], "name").iter().map(text).collect()
}

/// C-09: the firm's own date, set by a person or by a rule, with or without a date to hand in, moves nothing that a client
/// sees, and is not told.
#[tokio::test]
async fn c_09_the_firms_own_date() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let query = "{ obligations(first: 1) { nodes { id } } }";
    let obligation =
        desk.app.ask(&desk.owner, query, json!({})).await["obligations"]["nodes"][0]["id"].clone();
    let before = |days: i64| json!({ "at": { "rule": "self" }, "go": [{ "days": -days }], "shift": "KEEP" });
    let mut made = Vec::new();
    for (name, hand_in) in [("Só alvo", None), ("Alvo e entrega", Some(before(5)))] {
        let mut create = json!({
            "name": name, "category": "TAX", "obligationId": obligation, "targetRule": before(9),
            "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
            "documents": [{ "name": "Recibos", "direction": "INPUT", "category": "TAX", "secondFile": "ADD" }]
        });
        if let Some(hand_in) = hand_in {
            create["handInRule"] = hand_in;
        }
        let task_type = desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"].clone();
        let recurring = json!({
            "clientId": desk.client.encode(), "taskTypeId": task_type, "firstPeriod": "2026-02",
            "lastPeriod": "2026-02"
        });
        desk.done(&desk.owner, "recurringTaskCreate", recurring).await;
        desk.app.jobs_done().await;
        let query = "query T($filter: TaskFilter) { tasks(first: 2, filter: $filter) { nodes { id } } }";
        let filter = json!({ "filter": { "taskTypeIds": [task_type] } });
        let task = text(&desk.app.ask(&desk.owner, query, filter).await["tasks"]["nodes"][0]["id"]);
        made.push((text(&task_type), task));
    }
    for ((_, task), due) in made.iter().zip(["2026-03-20", "2026-03-15"]) {
        let id = document(desk, &desk.owner, task, "Recibos").await;
        assert_eq!(papers.see(&admin, &id).await["dueOn"], due);
    }
    let feed = desk.done(&admin, "calendarFeedCreate", json!({})).await;
    let path = text(&feed["address"]["path"]);
    let seen = sight(&papers, &admin, &path).await;
    let side = LiveSide::start(&desk.app.store);
    let mut live = side.follow(Some(&admin.token), FOLLOW, json!({})).await;
    assert_eq!(live.told().await["reload"], true);

    for (_, task) in &made {
        let edit = json!({ "id": task, "expectedVersion": 1, "targetOn": "2026-03-03" });
        desk.done(&desk.manager, "taskEdit", edit).await;
        let back = json!({ "id": task, "expectedVersion": 2, "targetOn": null });
        desk.done(&desk.manager, "taskEdit", back).await;
    }
    for (task_type, task) in &made {
        let rule = json!({ "id": task_type, "expectedVersion": 1, "targetRule": before(16) });
        desk.done(&desk.owner, "taskTypeUpdate", rule).await;
        let moved = desk.done(&desk.manager, "dueDateMovesApply", json!({ "taskIds": [task] })).await;
        assert_eq!(moved["movedCount"], 1, "the task alone");
    }
    desk.app.jobs_done().await;
    assert_eq!(sight(&papers, &admin, &path).await, seen);
    let notes = papers.id("Notas").await;
    desk.done(&admin, "documentNothingToSubmit", json!({ "id": notes })).await;
    assert_eq!(changed(&mut live).await, ["Notas"], "nothing was told before");
    drop((live, side));
    papers.finish().await;
}

/// C-01: another assignee changes nothing that a client sees, and is not told; what is hidden from it is not removed again
/// and again.
#[tokio::test]
async fn c_01_who_works_on_it() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let feed = desk.done(&admin, "calendarFeedCreate", json!({})).await;
    let path = text(&feed["address"]["path"]);
    let seen = sight(&papers, &admin, &path).await;
    let side = LiveSide::start(&desk.app.store);
    let mut live = side.follow(Some(&admin.token), FOLLOW, json!({})).await;
    let mut of_staff = side.follow(Some(&desk.manager.token), FOLLOW, json!({})).await;
    assert_eq!(
        (&live.told().await["reload"], &of_staff.told().await["reload"]),
        (&json!(true), &json!(true))
    );
    let notes = papers.id("Notas").await;

    desk.app.pass(chrono::TimeDelta::minutes(1));
    let given = json!({ "id": papers.task, "assigneeId": desk.manager.id() });
    desk.done(&desk.owner, "taskAssign", given).await;
    assert_eq!(changed(&mut of_staff).await.len(), 4, "staff see who has them");
    // A task without documents is no news for a client.
    let bare = json!({ "clientId": desk.client.encode(), "title": "Balancete" });
    desk.done(&desk.owner, "taskCreate", bare).await;
    assert_eq!(sight(&papers, &admin, &path).await, seen);
    desk.done(&admin, "documentNothingToSubmit", json!({ "id": notes })).await;
    assert_eq!(changed(&mut live).await, ["Notas"], "nothing was told before");
    desk.done(&admin, "documentNothingToSubmit", json!({ "id": notes, "isSettled": false })).await;
    assert_eq!(changed(&mut live).await, ["Notas"]);

    let status = |status: &str| json!({ "id": papers.task, "status": status, "confirmMissing": true });
    desk.done(&desk.owner, "taskStatusChange", status("CANCELED")).await;
    let told = live.told().await;
    assert_eq!(told["removed"].as_array().unwrap().len(), 4, "{told}");
    desk.done(&desk.owner, "taskStatusChange", status("DONE")).await;
    let told = live.told().await;
    assert_eq!((&told["removed"], told["changed"].as_array().unwrap().len()), (&json!([]), 4), "{told}");
    drop((live, of_staff, side));
    papers.finish().await;
}

/// B-05, F-01: what came of payroll alone does not make the list of a collaborator be read anew.
#[tokio::test]
async fn b_05_only_payroll_came() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let caio = desk.collaborator("caio@padaria.example").await;
    let create = json!({
        "name": "Salários", "category": "PAYROLL",
        "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
        "documents": [{ "name": "Ponto", "direction": "INPUT", "category": "PAYROLL", "secondFile": "ADD" }]
    });
    let task_type = desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"].clone();
    let side = LiveSide::start(&desk.app.store);
    let mut of_admin = side.follow(Some(&admin.token), FOLLOW, json!({})).await;
    let mut of_caio = side.follow(Some(&caio.token), FOLLOW, json!({})).await;
    assert_eq!(
        (&of_admin.told().await["reload"], &of_caio.told().await["reload"]),
        (&json!(true), &json!(true))
    );
    let recurring = json!({
        "clientId": desk.client.encode(), "taskTypeId": task_type, "firstPeriod": "2026-02", "lastPeriod": "2026-02"
    });
    desk.done(&desk.owner, "recurringTaskCreate", recurring).await;
    desk.app.jobs_done().await;
    assert_eq!(of_admin.told().await["reload"], true);
    let query = "query T($filter: TaskFilter) { tasks(first: 2, filter: $filter) { nodes { id } } }";
    let filter = json!({ "filter": { "taskTypeIds": [task_type] } });
    let task = desk.app.ask(&desk.owner, query, filter).await["tasks"]["nodes"][0]["id"].clone();
    let undone = desk.done(&desk.manager, "taskUndo", json!({ "ids": [task] })).await;
    assert_eq!(undone["undoneIds"], json!([task]));
    assert_eq!(of_admin.told().await["reload"], true);
    let notes = papers.id("Notas").await;
    desk.done(&admin, "documentNothingToSubmit", json!({ "id": notes })).await;
    assert_eq!(changed(&mut of_caio).await, ["Notas"], "nothing was told before");
    drop((of_admin, of_caio, side));
    papers.finish().await;
}

/// C-01, C-10: how a date was found is explained to clients without the words and names of staff, which staff read.
#[tokio::test]
async fn c_10_no_words_of_staff() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let agreed = work(desk, &desk.owner, &desk.client.encode(), "Combinado").await;
    let written = json!({
        "id": agreed.recurring, "fromPeriod": "2026-02", "toPeriod": "2026-02",
        "due": { "dates": { "2026-02": "2026-03-25" } }, "reason": "Devedor em atraso"
    });
    desk.done(&desk.owner, "recurringTaskOverrideSet", written).await;
    desk.done(&desk.manager, "dueDateMovesApply", json!({ "taskIds": [agreed.task] })).await;
    let set = json!({ "id": papers.task, "expectedVersion": 1, "legalDueOn": "2026-03-24" });
    desk.done(&desk.member, "taskEdit", set).await;
    let explained = async |by: &Person, id: &str| {
        let query = "query E($id: ID!) { document(id: $id) { dueOn dueExplanation provisional } }";
        let seen = desk.app.ask(by, query, json!({ "id": id })).await["document"].clone();
        (text(&seen["dueOn"]), seen.to_string())
    };
    let id = document(desk, &desk.owner, &agreed.task, "Guia").await;
    let (due, of_staff) = explained(&desk.owner, &id).await;
    assert!(due == "2026-03-25" && of_staff.contains("Devedor em atraso"), "{of_staff}");
    let (due, of_client) = explained(&admin, &id).await;
    assert!(due == "2026-03-25" && !of_client.contains("Devedor"), "{of_client}");
    let id = document(desk, &desk.owner, &papers.task, "Guia").await;
    let (due, of_client) = explained(&admin, &id).await;
    assert!(due == "2026-03-24" && !of_client.contains("bruno"), "{of_client}");
    papers.finish().await;
}
