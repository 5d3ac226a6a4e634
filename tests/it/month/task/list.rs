//! The list of tasks: order, filters, counts.

use chrono::TimeDelta;
use guichet_base::id::Id;
use guichet_tests::live::LiveSide;
use serde_json::{Value, json};

use super::Work;
use crate::desk::ticket::desk::{each, text};

/// The titles of the tasks of a filter, in an order.
async fn titles(work: &Work, filter: Value, order: Value) -> Vec<Value> {
    let query = "query ($filter: TaskFilter, $order: TaskOrder) {
        tasks(first: 100, filter: $filter, orderBy: $order) { totalCount nodes { title } }
    }";
    let variables = json!({ "filter": filter, "order": order });
    let seen = work.desk.app.ask(&work.desk.member, query, variables).await["tasks"].clone();
    let titles = each(&seen["nodes"], "title");
    assert_eq!(seen["totalCount"], titles.len());
    titles
}

/// C-03: by title as in a dictionary, also generated ones, in pages in both directions.
#[tokio::test]
async fn c_03_by_title() {
    let work = Work::open().await;
    let desk = &work.desk;
    let first = (desk.app.store.now().date_naive() - TimeDelta::days(40)).format("%Y-%m").to_string();
    let recurs =
        json!({ "clientId": desk.client.encode(), "taskTypeId": work.task_type, "firstPeriod": first });
    desk.done(&desk.owner, "recurringTaskCreate", recurs).await;
    desk.app.jobs_done().await;
    for title in ["Zoneamento", "água", "Balanço", "balancete"] {
        work.task(&desk.member, json!({ "title": title })).await;
    }
    let order = |direction: &str| json!({ "field": "TITLE", "direction": direction });
    let all = titles(&work, json!(null), order("ASC")).await;
    let by_hand: Vec<&Value> =
        all.iter().filter(|title| !title.as_str().unwrap().starts_with("Guia")).collect();
    assert_eq!(by_hand, ["água", "balancete", "Balanço", "Zoneamento"]);
    assert!(all[3].as_str().unwrap().starts_with("Guia"), "{all:?}");
    let mut down = titles(&work, json!(null), order("DESC")).await;
    down.reverse();
    assert_eq!(down, all);
    let query =
        "query ($after: String) { tasks(first: 2, after: $after, orderBy: { field: TITLE, direction: ASC }) {
        edges { cursor sortKey node { title } }
    } }";
    let page = desk.app.ask(&desk.member, query, json!({})).await["tasks"]["edges"].clone();
    let next = desk.app.ask(&desk.member, query, json!({ "after": page[1]["cursor"] })).await;
    assert_eq!(next["tasks"]["edges"][0]["node"]["title"], all[2]);
    assert!(text(&page[0]["sortKey"]) < text(&page[1]["sortKey"]));
    work.desk.finish().await;
}

/// C-03: what lacks documents, and what is overdue on the firm's day: from the day after the due date, until it is closed.
#[tokio::test]
async fn c_03_missing_and_overdue() {
    let work = Work::open().await;
    let desk = &work.desk;
    let today = desk.app.store.now().date_naive();
    let due = |days: i64| (today + TimeDelta::days(days)).to_string();
    work.task(&desk.member, json!({ "title": "Sem data" })).await;
    work.task(&desk.member, json!({ "title": "Adiante", "legalDueOn": due(30) })).await;
    let late = work.task(&desk.member, json!({ "title": "Atrasada", "legalDueOn": due(-3) })).await;
    let done = work.task(&desk.member, json!({ "title": "Feita", "legalDueOn": due(-3) })).await;
    work.set(&text(&done["id"]), "DONE").await;
    let of_type =
        json!({ "title": "Guia", "taskTypeId": work.task_type, "period": "2026-03", "legalDueOn": due(30) });
    let of_type = work.task(&desk.member, of_type).await;
    assert_eq!(late["isOverdue"], true);
    let overdue = async |wanted: bool| {
        titles(&work, json!({ "isOverdue": wanted }), json!({ "field": "TITLE", "direction": "ASC" })).await
    };
    assert_eq!(overdue(true).await, ["Atrasada"]);
    assert_eq!(overdue(false).await, ["Adiante", "Feita", "Guia", "Sem data"]);
    assert_eq!(titles(&work, json!({ "hasMissingDocuments": true }), json!(null)).await, ["Guia"]);
    assert_eq!(titles(&work, json!({ "hasMissingDocuments": false }), json!(null)).await.len(), 4);
    desk.app.pass(TimeDelta::days(32));
    assert_eq!(overdue(true).await, ["Adiante", "Atrasada", "Guia"]);
    let seen = work.see(&desk.member, &text(&of_type["id"])).await;
    assert_eq!((&seen["isOverdue"], &seen["hasMissingDocuments"]), (&json!(true), &json!(true)));
    work.set(&text(&of_type["id"]), "CANCELED").await;
    assert_eq!(titles(&work, json!({ "hasMissingDocuments": true }), json!(null)).await, [""; 0]);
    work.desk.finish().await;
}

/// C-03: numbers by status and by assignee, as an answer and live.
#[tokio::test]
async fn c_03_counts() {
    const COUNTS: &str =
        "counts { totalCount byStatus { status count } byAssignee { count assignee { name } } }";
    let work = Work::open().await;
    let desk = &work.desk;
    let side = LiveSide::start(&desk.app.store);
    let follow = format!("subscription {{ taskCountsChanged {{ {COUNTS} }} }}");
    let mut live = side.follow(Some(&desk.member.token), &follow, json!({})).await;
    assert_eq!(live.told().await["counts"]["totalCount"], 0);
    let id = work.entered(&desk.owner).await;
    assert_eq!(live.told().await["counts"]["totalCount"], 1);
    for _ in 0..2 {
        work.entered(&desk.member).await;
        live.told().await;
    }
    work.set(&id, "DONE").await;
    let told = live.told().await["counts"].clone();
    let query =
        "{ taskCounts { totalCount byStatus { status count } byAssignee { count assignee { name } } } }";
    let counts = desk.app.ask(&desk.manager, query, json!({})).await["taskCounts"].clone();
    assert_eq!(counts, told);
    assert_eq!(each(&counts["byStatus"], "count"), [2, 0, 0, 1, 0]);
    let people: Vec<(Value, Value)> = counts["byAssignee"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| (each["assignee"]["name"].clone(), each["count"].clone()))
        .collect();
    assert_eq!((&people[0].0, &people[0].1), (&json!("bruno"), &json!(2)));
    assert_eq!(people[1].1, 1);
    let open = "{ taskCounts(filter: { status: [DONE] }) { totalCount byAssignee { count } } }";
    let counts = desk.app.ask(&desk.manager, open, json!({})).await["taskCounts"].clone();
    assert_eq!((&counts["totalCount"], each(&counts["byAssignee"], "count")), (&json!(1), vec![json!(1)]));
    drop((live, side));
    work.desk.finish().await;
}

/// F-01: a list of somebody's open tasks follows each act: what comes, what changes, and what goes.
#[tokio::test]
async fn f_01_the_list_live() {
    const FOLLOW: &str = "subscription ($filter: TaskFilter) { tasksChanged(filter: $filter) {
        reload changed { title status } removed
    } }";
    let work = Work::open().await;
    let desk = &work.desk;
    let side = LiveSide::start(&desk.app.store);
    let filter = json!({ "assigneeIds": [desk.member.id()], "status": ["TODO", "IN_PROGRESS"] });
    let mut live = side.follow(Some(&desk.member.token), FOLLOW, json!({ "filter": filter })).await;
    assert_eq!(live.told().await["reload"], true);
    let id = work.entered(&desk.owner).await;
    // Of what is somebody else's, the list says that it is not in it.
    assert_eq!(live.told().await["removed"], json!([id]));
    desk.done(&desk.owner, "taskAssign", json!({ "id": id, "assigneeId": desk.member.id() })).await;
    assert_eq!(live.told().await["changed"], json!([{ "title": "Balancete", "status": "TODO" }]));
    desk.done(&desk.member, "taskEdit", json!({ "id": id, "expectedVersion": 2, "title": "Balanço" })).await;
    assert_eq!(live.told().await["changed"][0]["title"], "Balanço");
    work.set(&id, "IN_PROGRESS").await;
    assert_eq!(live.told().await["changed"][0]["status"], "IN_PROGRESS");
    work.set(&id, "DONE").await;
    assert_eq!(live.told().await["removed"], json!([id]));
    drop((live, side));
    work.desk.finish().await;
}

/// C-03: tasks are found in the firm's language by each form of a word, and by the client's name as it is now, together.
#[tokio::test]
async fn c_03_full_text() {
    let work = Work::open().await;
    let desk = &work.desk;
    let other = desk.firm.client("Oficina Rápida", None).await;
    for (title, description) in [("Declaração anual", ""), ("Retenções", "Impostos mensais"), ("Folha", "")]
    {
        work.task(&desk.member, json!({ "title": title, "description": description })).await;
    }
    work.task(&desk.member, json!({ "title": "Declarações retificadas", "clientId": other.encode() })).await;
    let found = async |search: &str| {
        titles(&work, json!({ "search": search }), json!({ "field": "TITLE", "direction": "ASC" })).await
    };
    for search in ["declarações", "DECLARACAO", "declaracoes"] {
        assert_eq!(found(search).await, ["Declaração anual", "Declarações retificadas"], "{search}");
    }
    assert_eq!(found("retenção imposto mensal").await, ["Retenções"]);
    assert_eq!(found("oficina").await, ["Declarações retificadas"]);
    assert_eq!(found("declaração padaria").await, ["Declaração anual"]);
    assert_eq!(found("folhas oficina").await, [""; 0]);
    let rename = json!({ "id": other.encode(), "expectedVersion": 1, "name": "Mecânica Veloz" });
    desk.done(&desk.owner, "clientUpdate", rename).await;
    assert_eq!(found("oficina").await, [""; 0]);
    assert_eq!(found("veloz declaração").await, ["Declarações retificadas"]);
    work.desk.finish().await;
}

/// C-03, A-13: by the firm's own date, by when they were made or changed, and only what clients asked for.
#[tokio::test]
async fn c_03_ranges() {
    let work = Work::open().await;
    let desk = &work.desk;
    let start = desk.app.store.now();
    let day = |days: i64| (start.date_naive() + TimeDelta::days(days)).to_string();
    let at = |hours: i64| (start + TimeDelta::hours(hours)).to_rfc3339();
    work.task(&desk.member, json!({ "title": "A", "targetOn": day(5) })).await;
    desk.app.pass(TimeDelta::hours(2));
    let b = work.task(&desk.member, json!({ "title": "B", "targetOn": day(9) })).await;
    desk.app.pass(TimeDelta::hours(2));
    desk.done(&desk.member, "taskEdit", json!({ "id": b["id"], "expectedVersion": 1, "title": "C" })).await;
    for (filter, expected) in [
        (json!({ "targetFrom": day(6) }), vec!["C"]),
        (json!({ "targetFrom": day(5), "targetTo": day(8) }), vec!["A"]),
        (json!({ "createdFrom": at(1) }), vec!["C"]),
        (json!({ "createdTo": at(1) }), vec!["A"]),
        (json!({ "updatedFrom": at(3) }), vec!["C"]),
        (json!({ "updatedTo": at(3) }), vec!["A"]),
        (json!({ "origins": ["CLIENT_REQUEST"] }), vec![]),
    ] {
        let order = json!({ "field": "TITLE", "direction": "ASC" });
        assert_eq!(titles(&work, filter.clone(), order).await, expected, "{filter}");
    }
    work.desk.finish().await;
}
