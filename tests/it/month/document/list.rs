//! The list of documents.

use serde_json::{Value, json};

use super::papers::Papers;
use crate::desk::ticket::desk::text;

/// filters and search; C-01: a client neither sees nor asks for tasks.
#[tokio::test]
async fn a_06_filters() {
    let papers = Papers::open().await;
    let (admin, owner) = (papers.desk.admin.clone(), papers.desk.owner.clone());
    let one = papers.id("Extrato").await;
    let cases = [
        (json!({ "ids": [one] }), vec!["Extrato"]),
        (
            json!({ "clientIds": [guichet_base::id::Id::encode(papers.desk.client)] }),
            vec!["Extrato", "Folha", "Guia", "Notas"],
        ),
        (json!({ "directions": ["INPUT"] }), vec!["Extrato", "Notas"]),
        (json!({ "categories": ["PAYROLL"] }), vec!["Folha"]),
        (json!({ "states": ["EXPECTED"], "marks": ["TO_HAND_IN"] }), vec!["Extrato", "Notas"]),
        (json!({ "marks": ["AWAITING_FIRM"] }), vec!["Folha", "Guia"]),
        (json!({ "isOpen": true }), vec!["Extrato", "Notas"]),
        (json!({ "isOpen": false }), vec!["Folha", "Guia"]),
        (json!({ "taskTypeNames": ["Imposto"], "search": "nota" }), vec!["Notas"]),
        (json!({ "taskTypeNames": ["Outro"] }), vec![]),
        (json!({ "search": "imposto 02/2026 folha" }), vec!["Folha"]),
        (
            json!({ "periods": ["2026-02"], "dueFrom": "2026-03-20", "dueTo": "2026-03-20" }),
            vec!["Extrato", "Folha", "Guia", "Notas"],
        ),
        (json!({ "dueTo": "2026-03-19" }), vec![]),
    ];
    for (filter, expected) in cases {
        for by in [&admin, &owner] {
            assert_eq!(papers.names(by, filter.clone()).await, expected, "{filter}");
        }
    }
    assert_eq!(papers.names(&owner, json!({ "taskIds": [papers.task] })).await.len(), 4);
    let query = "query D($filter: DocumentFilter) { documents(first: 9, filter: $filter) { totalCount } }";
    let filter = json!({ "filter": { "taskIds": [papers.task] } });
    let refused = papers.desk.app.send(Some(&admin), query, filter).await;
    assert!(refused.body.to_string().contains("NOT_ALLOWED"), "{}", refused.body);
    let seen = papers.see(&admin, &one).await;
    assert_eq!((&seen["task"], &seen["taskType"]), (&Value::Null, &Value::Null));
    assert_eq!(seen["taskTypeName"], "Imposto");
    assert_eq!(text(&papers.see(&owner, &one).await["task"]["id"]), papers.task);
    papers.finish().await;
}

/// the numbers by mark follow the day of the firm.
#[tokio::test]
async fn a_04_counts_by_mark() {
    let papers = Papers::open().await;
    let count = async || {
        let query = "{ documentCounts { totalCount byMark { mark count } } }";
        let counts =
            papers.desk.app.ask(&papers.desk.admin, query, json!({})).await["documentCounts"].clone();
        assert_eq!(counts["totalCount"], 4);
        let some = counts["byMark"].as_array().unwrap().iter().filter(|each| each["count"] != 0);
        some.map(|each| (text(&each["mark"]), each["count"].as_i64().unwrap())).collect::<Vec<_>>()
    };
    let of = |all: &[(&str, i64)]| all.iter().map(|(mark, n)| ((*mark).to_owned(), *n)).collect::<Vec<_>>();
    assert_eq!(count().await, of(&[("AWAITING_FIRM", 2), ("TO_HAND_IN", 2)]));
    papers.desk.app.pass(chrono::TimeDelta::days(19));
    assert_eq!(count().await, of(&[("AWAITING_FIRM", 2), ("OVERDUE_TO_HAND_IN", 2)]));
    papers.finish().await;
}

/// What is not expected any more does not exist for the client.
#[tokio::test]
async fn b_14_dropped() {
    let papers = Papers::open().await;
    let id = papers.id("Notas").await;
    papers.set("UPDATE documents SET state = 'DROPPED' WHERE name = 'Notas'").await;
    assert_eq!(papers.names(&papers.desk.admin, json!({})).await, ["Extrato", "Folha", "Guia"]);
    assert_eq!(papers.see(&papers.desk.admin, &id).await, Value::Null);
    assert_eq!(papers.see(&papers.desk.owner, &id).await["mark"], "SETTLED");
    papers.finish().await;
}

/// between days a list goes on page by page, forward and back, in the order of the whole list; what is due on no day is in
/// none of them.
#[tokio::test]
async fn a_06_pages_between_days() {
    let papers = Papers::open().await;
    papers
        .set(
            "UPDATE documents SET due_on = CASE name WHEN 'Folha' THEN date '2026-03-18'
                 WHEN 'Guia' THEN date '2026-03-22' WHEN 'Notas' THEN NULL ELSE due_on END",
        )
        .await;
    let pages = async |part: &str, cursor: &str, filter: Value| {
        let query = format!(
            "query D($filter: DocumentFilter, $at: String) {{ documents({part}, filter: $filter) {{
                nodes {{ name }} pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"
        );
        let (mut names, mut at) = (Vec::new(), Value::Null);
        loop {
            let variables = json!({ "filter": filter, "at": at });
            let seen = papers.desk.app.ask(&papers.desk.admin, &query, variables).await["documents"].clone();
            names.push(text(&seen["nodes"][0]["name"]));
            let more = if cursor == "endCursor" { "hasNextPage" } else { "hasPreviousPage" };
            if seen["pageInfo"][more] != true {
                return names;
            }
            at = seen["pageInfo"][cursor].clone();
        }
    };
    let between = json!({ "dueFrom": "2026-03-01", "dueTo": "2026-03-31" });
    let forward = pages("first: 1, after: $at", "endCursor", between.clone()).await;
    assert_eq!(forward, ["Folha", "Extrato", "Guia"]);
    assert_eq!(pages("last: 1, before: $at", "startCursor", between).await, ["Guia", "Extrato", "Folha"]);
    let later = json!({ "dueFrom": "2026-03-20" });
    assert_eq!(pages("first: 1, after: $at", "endCursor", later).await, ["Extrato", "Guia"]);
    let whole = pages("first: 1, after: $at", "endCursor", json!({})).await;
    assert_eq!(whole, ["Folha", "Extrato", "Guia", "Notas"]);
    papers.finish().await;
}

/// C-01, A-06: nobody finds a document by what people wrote of its task, be it generated or entered, also once the texts are
/// folded anew.
#[tokio::test]
async fn c_01_words_of_tasks_find_nothing() {
    let papers = Papers::open().await;
    let (desk, app) = (&papers.desk, &papers.desk.app);
    let guide = papers.id("Guia").await;
    let task_type = papers.see(&desk.owner, &guide).await["taskType"]["id"].clone();
    let words =
        json!({ "id": papers.task, "expectedVersion": 1, "title": "Sigilo", "description": "Devedor" });
    desk.done(&desk.owner, "taskEdit", words).await;
    let entered = json!({
        "clientId": guichet_base::id::Id::encode(desk.client), "title": "Sigilo", "description": "Devedor",
        "taskTypeId": task_type, "period": "2026-03"
    });
    desk.done(&desk.owner, "taskCreate", entered).await;
    for is_folded_anew in [false, true] {
        if is_folded_anew {
            papers.set("UPDATE documents SET search_text = '', search_fold = 1").await;
            let mut all =
                guichet_workers::reconcilers(&app.store, &app.files.storage, &app.senders).into_iter();
            let folds = all.find(|one| one.name == "search texts of an older folding").unwrap();
            assert_eq!(folds.turn().await.unwrap(), 8);
        }
        for by in [&desk.admin, &desk.owner] {
            for word in ["sigilo", "devedor"] {
                assert_eq!(papers.names(by, json!({ "search": word })).await, [""; 0], "{word}");
            }
            for words in ["guia imposto 02/2026", "guia imposto 03/2026"] {
                assert_eq!(papers.names(by, json!({ "search": words })).await, ["Guia"], "{words}");
            }
        }
    }
    papers.finish().await;
}

/// the numbers by category, period and kind of work are those of the list, and nothing of payroll for a collaborator.
#[tokio::test]
async fn a_06_counts_by_what_they_are() {
    let papers = Papers::open().await;
    let caio = papers.desk.collaborator("caio@padaria.example").await;
    let query = "{ documentCounts {
        totalCount byCategory { category count } byPeriod { period count } byTaskTypeName { taskTypeName count }
    } }";
    for (by, payroll, all) in [(&papers.desk.admin, true, 4), (&caio, false, 3)] {
        let seen = papers.desk.app.ask(by, query, json!({})).await["documentCounts"].clone();
        let mut categories = vec![
            json!({ "category": "TAX", "count": 2 }),
            json!({ "category": "ACCOUNTING", "count": 1 }),
            json!({ "category": "PAYROLL", "count": 1 }),
        ];
        categories.truncate(if payroll { 3 } else { 2 });
        assert_eq!(seen["byCategory"], json!(categories));
        assert_eq!(seen["byPeriod"], json!([{ "period": "2026-02", "count": all }]));
        assert_eq!(seen["byTaskTypeName"], json!([{ "taskTypeName": "Imposto", "count": all }]));
        assert_eq!(seen["totalCount"], all);
    }
    papers.finish().await;
}

/// staff find what waits to be published, and publishing is offered for nothing else.
#[tokio::test]
async fn a_06_drafts() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let (guide, notes) = (papers.id("Guia").await, papers.id("Notas").await);
    papers.filed(&admin, &notes).await;
    let publish = async || {
        let query = "query D($id: ID!) { document(id: $id) { viewerCan { act reason } } }";
        let seen = papers.desk.app.ask(&member, query, json!({ "id": guide })).await;
        let acts = seen["document"]["viewerCan"].as_array().unwrap().clone();
        acts.iter().find(|one| one["act"] == "PUBLISH").unwrap()["reason"].clone()
    };
    let drafts = async || papers.names(&member, json!({ "hasDraft": true })).await;
    assert_eq!((publish().await, drafts().await), (json!("NOTHING_TO_PUBLISH"), vec![]));
    papers.filed(&member, &guide).await;
    assert_eq!((publish().await, drafts().await), (Value::Null, vec!["Guia".to_owned()]));
    assert_eq!(papers.names(&member, json!({ "hasDraft": false })).await, ["Extrato", "Folha", "Notas"]);
    papers.desk.done(&member, "documentPublish", json!({ "ids": [guide] })).await;
    assert_eq!((publish().await, drafts().await), (json!("NOTHING_TO_PUBLISH"), vec![]));
    let query = "{ documents(first: 9, filter: { hasDraft: true }) { totalCount } }";
    let refused = papers.desk.app.send(Some(&admin), query, json!({})).await;
    assert!(refused.body.to_string().contains("NOT_ALLOWED"), "{}", refused.body);
    papers.finish().await;
}
