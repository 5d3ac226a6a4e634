//! Generation as people see it (C-11): preview, run, undo, and what staff are told.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use futures_util::future::join_all;
use guichet_base::id::{GenerationId, Id};
use guichet_schema::month::generation::job::{generate, tick};
use guichet_schema::month::generation::undo::undo;
use guichet_schema::month::recurring_task::job::GenerateTasks;
use guichet_tests::live::LiveSide;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::office::{Month, day, version};
use crate::desk::ticket::desk::{NONE, each, text};

/// A run as its list shows it.
const RUN: &str = "id state plannedCount madeCount undoneCount keptCount finishedAt requestedBy { id }";

impl Month {
    /// What a run up to a day would make.
    async fn preview(&self, up_to: NaiveDate) -> Value {
        let query = "query ($upTo: Date!) { taskGenerationPreview(upTo: $upTo) {
            taskCount documentCount againCount clientCount nextAfterId
            lines {
                recurringTask { id } taskCount documentCount againCount
                tasks { title period legalDueOn isAgain isLate documentCount }
            }
        } }";
        let seen = self.desk.app.ask(&self.desk.manager, query, json!({ "upTo": up_to })).await;
        seen["taskGenerationPreview"].clone()
    }

    /// A manager generates; returns the id of the run, which has ended.
    async fn generated(&self, up_to: NaiveDate) -> String {
        let made = self.desk.done(&self.desk.manager, "taskGenerationRun", json!({ "upTo": up_to })).await;
        self.desk.app.jobs_done().await;
        text(&made["taskGeneration"]["id"])
    }

    async fn runs(&self) -> Value {
        let query = format!("{{ taskGenerations(first: 10) {{ totalCount nodes {{ {RUN} }} }} }}");
        self.desk.app.ask(&self.desk.member, &query, json!({})).await["taskGenerations"]["nodes"].clone()
    }

    /// The tick of the next day, as the workers run it.
    async fn next_day(&self) {
        self.desk.app.pass(TimeDelta::days(1));
        tick(&self.desk.app.store).await.unwrap();
        self.desk.app.jobs_done().await;
    }
}

/// C-11: a preview says what a run makes, and writes nothing; the run makes exactly that, tells its progress live, and its
/// person once.
#[tokio::test]
async fn c_11_a_run_makes_what_its_preview_says() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.recurs(&month.name(0)).await;
    desk.app.jobs_done().await;
    let up_to = month.today() + TimeDelta::days(130);
    let seen = month.preview(up_to).await;
    let planned = seen["taskCount"].as_i64().unwrap();
    assert!((4..=5).contains(&planned), "{seen}");
    assert_eq!(seen["documentCount"], planned * 2);
    assert_eq!((&seen["againCount"], &seen["clientCount"]), (&json!(0), &json!(1)));
    assert_eq!(seen["nextAfterId"], Value::Null);
    assert_eq!(month.preview(up_to).await, seen);
    assert_eq!(month.periods().await, [""; 0], "nothing was written");

    let side = LiveSide::start(&desk.app.store);
    let follow = "subscription { taskGenerationsChanged { reload changed { id state madeCount } } }";
    let mut live = side.follow(Some(&desk.owner.token), follow, json!({})).await;
    assert_eq!(live.told().await["reload"], true);
    let id = month.generated(up_to).await;
    let tasks = month.tasks().await;
    let shown = seen["lines"][0]["tasks"].clone();
    for field in ["title", "period", "legalDueOn"] {
        assert_eq!(each(&tasks, field), each(&shown, field));
    }
    let run = month.runs().await[0].clone();
    assert_eq!((&run["id"], &run["state"]), (&json!(id), &json!("DONE")));
    assert_eq!((&run["plannedCount"], &run["madeCount"]), (&json!(planned), &json!(planned)));
    assert_eq!(run["requestedBy"]["id"], desk.manager.id());
    assert!(!run["finishedAt"].is_null());
    loop {
        let told = live.told().await["changed"].clone();
        if told.as_array().unwrap().iter().any(|run| run["state"] == "DONE") {
            break;
        }
    }
    let told = |kind: &str, count: i64| vec![(json!(kind), json!(count))];
    assert_eq!(desk.told(&desk.manager).await, told("TASKS_GENERATED", planned));
    assert_eq!(desk.told(&desk.owner).await, told("TASKS_GENERATED", planned), "whose tasks they are");
    assert_eq!(month.preview(up_to).await["taskCount"], 0);
    // It is no touch of the tasks.
    let query = "{ tasks(first: 50, filter: { isUntouched: true }) { totalCount } }";
    assert_eq!(desk.app.ask(&desk.owner, query, json!({})).await["tasks"]["totalCount"], planned);
    month.desk.finish().await;
}

/// C-11: only for owners and managers, about things that are there, not too far ahead.
#[tokio::test]
async fn c_11_runs_are_checked() {
    let month = Month::open().await;
    let desk = &month.desk;
    let far = month.today() + TimeDelta::days(1000);
    let refused = desk.refused(&desk.manager, "taskGenerationRun", json!({ "upTo": far })).await;
    assert_eq!(refused, ["upTo:OUT_OF_RANGE"]);
    let none = json!({ "upTo": month.today(), "clientIds": ["client_00000000000000000000000000000001"] });
    let refused = desk.refused(&desk.manager, "taskGenerationRun", none).await;
    assert_eq!(refused, ["clientIds.0:NOT_FOUND"]);
    let refused = desk.refused(&desk.member, "taskGenerationRun", json!({ "upTo": month.today() })).await;
    assert_eq!(refused, ["NOT_ALLOWED"]);
    month.desk.finish().await;
}

/// C-11: what was undone does not come back by itself, in three ticks; a person's run makes it again. What somebody
/// touched stays, and is reported.
#[tokio::test]
async fn c_11_undone_until_a_person_asks() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.recurs(&month.name(-4)).await;
    desk.app.jobs_done().await;
    let there = month.tasks().await;
    let ids: Vec<String> = each(&there, "id").iter().map(text).collect();
    assert!(ids.len() >= 3, "{there}");
    // Those of a tick are undone one by one.
    let touch = "UPDATE tasks SET is_untouched = false WHERE id = (SELECT min(id::text)::uuid FROM tasks)";
    desk.sql(touch).await;
    let undone = desk.done(&desk.manager, "taskUndo", json!({ "ids": ids })).await;
    assert_eq!(undone["keptIds"].as_array().unwrap().len(), 1);
    assert_eq!(undone["undoneIds"].as_array().unwrap().len(), ids.len() - 1);
    assert_eq!(month.periods().await.len(), 1);
    assert_eq!(desk.counted("SELECT count(*) FROM documents").await, 2);
    for _ in 0..3 {
        month.next_day().await;
    }
    let today = month.today();
    let seen = month.preview(today).await;
    assert_eq!(seen["againCount"], i64::try_from(ids.len()).unwrap() - 1);
    let id = month.generated(today).await;
    let made = month.runs().await[0]["madeCount"].clone();
    assert_eq!(made, seen["taskCount"]);
    assert_eq!(month.preview(today).await["taskCount"], 0);

    // The run itself is undone, but for a task that is read, one with a file, and one whose document was published.
    desk.sql(
        "UPDATE documents SET published_at = now(), state = 'FILED' WHERE direction = 'OUTPUT' AND task_id =
             (SELECT max(id::text)::uuid FROM tasks)",
    )
    .await;
    let input = json!({ "id": id });
    desk.done(&desk.manager, "taskGenerationUndo", input.clone()).await;
    desk.app.jobs_done().await;
    let run = month.runs().await[0].clone();
    assert_eq!((&run["state"], &run["keptCount"]), (&json!("UNDONE"), &json!(1)));
    assert_eq!(run["undoneCount"].as_i64().unwrap() + 1, made.as_i64().unwrap());
    assert_eq!(month.periods().await.len(), 2);
    // Undone again, nothing changes.
    desk.done(&desk.manager, "taskGenerationUndo", input).await;
    for _ in 0..3 {
        month.next_day().await;
    }
    assert_eq!(month.runs().await[0], run);
    assert!(month.preview(month.today()).await["againCount"].as_i64().unwrap() >= made.as_i64().unwrap() - 1);
    month.desk.finish().await;
}

/// C-11: a run is not undone while it makes tasks; a task that was not generated, or is not there, is not undone.
#[tokio::test]
async fn c_11_what_cannot_be_undone() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.app.hold("generate_tasks").await;
    let made = desk.done(&desk.owner, "taskGenerationRun", json!({ "upTo": month.today() })).await;
    let id = made["taskGeneration"]["id"].clone();
    let refused = desk.refused(&desk.owner, "taskGenerationUndo", json!({ "id": id })).await;
    assert_eq!(refused, ["id:GENERATION_RUNNING"]);
    desk.app.release("generate_tasks").await;
    desk.app.jobs_done().await;
    let none = json!({ "ids": ["task_00000000000000000000000000000001"] });
    assert_eq!(desk.refused(&desk.owner, "taskUndo", none).await, ["ids.0:NOT_FOUND"]);
    assert_eq!(desk.refused(&desk.owner, "taskUndo", json!({ "ids": [] })).await, ["ids:OUT_OF_RANGE"]);
    month.desk.finish().await;
}

/// C-08, C-11: a job that is killed anywhere and begins again, and several at once, have one effect: each task once, the
/// numbers right, everybody told once; and so has undoing.
#[tokio::test]
async fn c_11_killed_anywhere() {
    let month = Month::open().await;
    let desk = &month.desk;
    let store = &desk.app.store;
    month.recurs(&month.name(0)).await;
    desk.app.jobs_done().await;
    desk.app.hold("generate_tasks").await;
    desk.app.hold("undo_generation").await;
    let up_to = month.today() + TimeDelta::days(300);
    let made = desk.done(&desk.manager, "taskGenerationRun", json!({ "upTo": up_to })).await;
    let id = GenerationId::decode(&text(&made["taskGeneration"]["id"])).unwrap();
    let order = GenerateTasks { firm_id: desk.firm.id, recurring: None, generation_id: Some(id) };
    for life in 0..12 {
        let _killed = timeout(Duration::from_millis(3 * life), generate(store, &order)).await;
    }
    for ended in join_all((0..4).map(|_| generate(store, &order))).await {
        ended.unwrap();
    }
    let tasks = month.tasks().await.as_array().unwrap().len();
    let run = month.runs().await[0].clone();
    assert_eq!((&run["state"], &run["madeCount"]), (&json!("DONE"), &json!(tasks)));
    assert_eq!(run["plannedCount"], json!(tasks));
    assert_eq!(desk.told(&desk.manager).await, [(json!("TASKS_GENERATED"), json!(tasks))]);

    assert_eq!(desk.refused(&desk.manager, "taskGenerationUndo", json!({ "id": id.encode() })).await, NONE);
    for life in 0..12 {
        let _killed = timeout(Duration::from_millis(3 * life), undo(store, desk.firm.id, id)).await;
    }
    for ended in join_all((0..4).map(|_| undo(store, desk.firm.id, id))).await {
        ended.unwrap();
    }
    let run = month.runs().await[0].clone();
    assert_eq!(
        (&run["state"], &run["undoneCount"], &run["keptCount"]),
        (&json!("UNDONE"), &json!(tasks), &json!(0))
    );
    assert_eq!(month.periods().await, [""; 0]);
    desk.app.release("generate_tasks").await;
    desk.app.release("undo_generation").await;
    month.desk.finish().await;
}

/// C-08: the tick tells each assignee once how many tasks are new, whatever runs twice; it mails nobody.
#[tokio::test]
async fn c_08_assignees_are_told_once() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.portfolio(desk.client, &desk.member).await;
    month.recurs(&month.name(0)).await;
    desk.app.jobs_done().await;
    desk.app.pass(TimeDelta::days(100));
    let order = GenerateTasks { firm_id: desk.firm.id, recurring: None, generation_id: None };
    for life in 0..8 {
        let _killed = timeout(Duration::from_millis(3 * life), generate(&desk.app.store, &order)).await;
    }
    for ended in join_all((0..10).map(|_| generate(&desk.app.store, &order))).await {
        ended.unwrap();
    }
    let tasks = month.tasks().await.as_array().unwrap().len();
    assert_eq!(desk.told(&desk.member).await, [(json!("TASKS_GENERATED"), json!(tasks))]);
    assert!(desk.told(&desk.owner).await.is_empty());
    let query = "{ emailDeliveries(first: 1) { totalCount } }";
    let mails = desk.app.ask(&desk.owner, query, json!({})).await["emailDeliveries"]["totalCount"].clone();
    assert_eq!(mails, 0);
    month.desk.finish().await;
}

/// C-11: undoing knows every table that refers to tasks and documents: a new one is a touch, or goes with them.
#[tokio::test]
async fn c_11_what_refers_to_tasks_is_known() {
    let month = Month::open().await;
    let unknown = "SELECT count(*) FROM pg_constraint
        WHERE contype = 'f' AND confrelid IN ('tasks'::regclass, 'documents'::regclass)
            AND conrelid::regclass::text NOT IN
                ('documents', 'document_versions', 'document_answers', 'document_tellings')";
    assert_eq!(month.desk.counted(unknown).await, 0);
    month.desk.finish().await;
}

/// C-11: the preview says why a period makes no task: the work rests, or no rule holds any more.
#[tokio::test]
async fn c_11_the_preview_says_what_is_skipped() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.app.hold("generate_tasks").await;
    let id = month.recurs("2025-12").await;
    let pause = json!({
        "id": id, "expectedVersion": 1, "fromPeriod": "2026-01", "toPeriod": "2026-01", "reason": "Sem movimento"
    });
    desk.done(&desk.owner, "recurringTaskPause", pause).await;
    let obligation = desk.obligation().await;
    let seen = desk.rules(&obligation).await;
    let ends = json!({
        "versionId": seen["rules"][0]["versionId"], "expectedVersion": seen["version"],
        "version": version(None, Some("2026-01"), day(20))
    });
    desk.done(&desk.owner, "ruleVersionUpdate", ends).await;
    let query = "{ taskGenerationPreview(upTo: \"2026-03-02\") {
        taskCount lines { taskCount tasks { period } skipped { period reason } }
    } }";
    let preview = desk.app.ask(&desk.owner, query, json!({})).await["taskGenerationPreview"].clone();
    let skipped = json!([{ "period": "2026-01", "reason": "PAUSED" }, { "period": "2026-02", "reason": "NOT_COVERED" }]);
    let line = json!({ "taskCount": 1, "tasks": [{ "period": "2025-12" }], "skipped": skipped });
    assert_eq!(preview, json!({ "taskCount": 1, "lines": [line] }));
    desk.app.release("generate_tasks").await;
    month.desk.finish().await;
}
