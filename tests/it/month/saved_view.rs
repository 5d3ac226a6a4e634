//! C-03: filters that a person, or the whole firm, gave a name.

use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, each, text};

async fn names(desk: &Desk, by: &Person, filter: Value) -> Vec<Value> {
    let query = "query Q($filter: SavedViewFilter) {
        savedViews(first: 100, filter: $filter) { totalCount nodes { name } }
    }";
    let seen = desk.app.ask(by, query, json!({ "filter": filter })).await;
    let names = each(&seen["savedViews"]["nodes"], "name");
    assert_eq!(seen["savedViews"]["totalCount"], names.len());
    names
}

fn view(name: &str, list: &str, filter: Value, is_shared: bool) -> Value {
    json!({ "name": name, "list": list, "filter": filter, "isShared": is_shared })
}

/// C-03: a view is one's own, or the firm's, which owners and managers keep; its filter works in its list as it is.
#[tokio::test]
async fn c_03_views_of_a_person_and_of_the_firm() {
    let desk = Desk::open().await;
    let filter = json!({ "status": ["TODO"], "dueFrom": "2026-03-01", "search": "DAS" });
    let mine = desk.done(&desk.member, "savedViewCreate", view("DAS", "TASKS", filter.clone(), false)).await;
    desk.done(
        &desk.manager,
        "savedViewCreate",
        view("Abertos", "TICKETS", json!({ "status": ["OPEN"] }), true),
    )
    .await;
    assert_eq!(names(&desk, &desk.member, json!({})).await, ["DAS", "Abertos"]);
    assert_eq!(names(&desk, &desk.member, json!({ "lists": ["TICKETS"] })).await, ["Abertos"]);
    assert_eq!(names(&desk, &desk.owner, json!({})).await, ["Abertos"]);
    assert_eq!(names(&desk, &desk.admin, json!({})).await, [""; 0]);
    let kept = &mine["savedView"]["filter"];
    assert_eq!(*kept, filter);
    let query = "query Q($filter: TaskFilter) { tasks(first: 1, filter: $filter) { totalCount } }";
    desk.app.ask(&desk.member, query, json!({ "filter": kept })).await;

    let shared = view("Nossa", "TASKS", json!({}), true);
    assert_eq!(desk.refused(&desk.member, "savedViewCreate", shared).await, ["NOT_ALLOWED"]);
    // What the list would refuse is not kept.
    let long = view("Longa", "TASKS", json!({ "search": "x".repeat(201) }), false);
    assert_eq!(desk.refused(&desk.member, "savedViewCreate", long).await, ["filter:TOO_LONG"]);
    // A name is taken within the same list of the same person only.
    let again = |list: &str, shared| view("DAS", list, json!({}), shared);
    assert_eq!(desk.refused(&desk.member, "savedViewCreate", again("TASKS", false)).await, ["name:TAKEN"]);
    desk.done(&desk.member, "savedViewCreate", again("TICKETS", false)).await;
    desk.done(&desk.owner, "savedViewCreate", again("TASKS", false)).await;
    desk.done(&desk.owner, "savedViewCreate", again("TASKS", true)).await;
    desk.finish().await;
}

/// C-03: only what the list takes is saved, also when a view is changed; others' changes are noticed.
#[tokio::test]
async fn c_03_filters_are_checked_when_they_are_saved() {
    let desk = Desk::open().await;
    for (list, filter) in [
        ("TASKS", json!({ "states": ["TODO"] })),
        ("TASKS", json!({ "status": ["OPEN"] })),
        ("TASKS", json!({ "dueFrom": "yesterday" })),
        ("TICKETS", json!({ "status": "SHUT" })),
        ("TICKETS", json!({ "recurringTaskIds": [] })),
    ] {
        let refused = desk.refused(&desk.member, "savedViewCreate", view("x", list, filter, false)).await;
        assert_eq!(refused, ["filter:INVALID_FILTER"], "{list}");
    }
    let long = json!({ "search": "x".repeat(30_000) });
    let refused = desk.refused(&desk.member, "savedViewCreate", view("x", "TASKS", long, false)).await;
    assert_eq!(refused, ["filter:TOO_LONG"]);
    let made = desk.done(&desk.member, "savedViewCreate", view("x", "TASKS", json!({}), false)).await;
    let id = text(&made["savedView"]["id"]);
    let change = |version: i64, more: Value| {
        let mut input = json!({ "id": id, "expectedVersion": version });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let bad = change(1, json!({ "filter": { "colour": true } }));
    assert_eq!(desk.refused(&desk.member, "savedViewUpdate", bad).await, ["filter:INVALID_FILTER"]);
    let good = change(1, json!({ "name": "y", "filter": { "isUntouched": true } }));
    let changed = desk.done(&desk.member, "savedViewUpdate", good).await["savedView"].clone();
    assert_eq!((&changed["name"], &changed["version"]), (&json!("y"), &json!(2)));
    assert_eq!(changed["filter"], json!({ "isUntouched": true }));
    let stale = change(1, json!({ "name": "z" }));
    assert_eq!(desk.refused(&desk.member, "savedViewUpdate", stale).await, ["CONFLICT"]);
    let foreign = change(2, json!({ "name": "z" }));
    assert_eq!(desk.refused(&desk.owner, "savedViewUpdate", foreign).await, ["id:NOT_FOUND"]);
    desk.done(&desk.member, "savedViewDelete", json!({ "id": id })).await;
    assert_eq!(desk.refused(&desk.member, "savedViewDelete", json!({ "id": id })).await, ["id:NOT_FOUND"]);
    desk.finish().await;
}

/// C-03, F-01: other screens follow: one's own views only oneself, the firm's all staff, and clients nothing.
#[tokio::test]
async fn c_03_views_are_told_live() {
    let desk = Desk::open().await;
    let side = LiveSide::start(&desk.app.store);
    let document = "subscription { savedViewsChanged { reload changed { name } removed } }";
    let mut member = side.follow(Some(&desk.member.token), document, json!({})).await;
    let mut owner = side.follow(Some(&desk.owner.token), document, json!({})).await;
    for messages in [&mut member, &mut owner] {
        assert_eq!(messages.told().await["reload"], true);
    }
    let own = desk.done(&desk.member, "savedViewCreate", view("Minha", "TASKS", json!({}), false)).await;
    assert_eq!(member.told().await["changed"], json!([{ "name": "Minha" }]));
    let all = desk.done(&desk.owner, "savedViewCreate", view("Nossa", "TASKS", json!({}), true)).await;
    assert_eq!(member.told().await["changed"], json!([{ "name": "Nossa" }]));
    let own = json!({ "id": own["savedView"]["id"] });
    desk.done(&desk.member, "savedViewDelete", own.clone()).await;
    assert_eq!(member.told().await["removed"], json!([own["id"]]));
    assert_eq!(owner.told().await["changed"], json!([{ "name": "Nossa" }]));
    let all = json!({ "id": all["savedView"]["id"] });
    desk.done(&desk.manager, "savedViewDelete", all.clone()).await;
    for messages in [&mut member, &mut owner] {
        assert_eq!(messages.told().await["removed"], json!([all["id"]]));
    }
    desk.finish().await;
}
