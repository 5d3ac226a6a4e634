//! Runs that end before their time, or are undone while something else goes on.

use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use guichet_base::id::{GenerationId, Id};
use guichet_engine::job::awaited::settle;
use guichet_schema::month::generation::job::{UndoGeneration, generate, tick};
use guichet_schema::month::generation::run::{Only, Order, run};
use guichet_schema::month::recurring_task::job::GenerateTasks;
use serde_json::{Value, json};

use super::office::Month;
use crate::desk::ticket::desk::{each, text};

impl Month {
    /// The workers give up all jobs of a kind.
    async fn bury(&self, kind: &str) {
        let bury = format!("UPDATE jobs SET status = 'DEAD', finished_at = created_at WHERE kind = '{kind}'");
        self.desk.sql(&bury).await;
    }

    async fn run_of(&self, id: &str) -> Value {
        let query = "query ($id: ID!) { taskGeneration(id: $id) { state madeCount undoneCount finishedAt } }";
        self.desk.app.ask(&self.desk.owner, query, json!({ "id": id })).await["taskGeneration"].clone()
    }

    /// A manager asks for tasks of the next months; returns the id of the run.
    async fn asked(&self) -> String {
        let up_to = self.today() + TimeDelta::days(130);
        let made = self.desk.done(&self.desk.manager, "taskGenerationRun", json!({ "upTo": up_to })).await;
        text(&made["taskGeneration"]["id"])
    }

    async fn begun(&self) {
        self.recurs(&self.name(0)).await;
        self.desk.app.jobs_done().await;
    }
}

/// C-11: a worker that was away for long makes nothing more of a run that was undone meanwhile.
#[tokio::test]
async fn c_11_a_late_worker_makes_nothing() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.begun().await;
    let id = month.asked().await;
    desk.app.jobs_done().await;
    assert!(!month.periods().await.is_empty());
    desk.done(&desk.manager, "taskGenerationUndo", json!({ "id": id })).await;
    desk.app.jobs_done().await;
    assert_eq!(month.periods().await, [""; 0]);
    let today = month.today();
    let order = Order {
        firm_id: desk.firm.id,
        up_to: today + TimeDelta::days(130),
        today,
        only: Only::default(),
        again: true,
        generation_id: GenerationId::decode(&id),
    };
    assert_eq!(run(&desk.app.store, &order).await.unwrap(), 0);
    assert_eq!(month.periods().await, [""; 0]);
    assert_eq!(month.run_of(&id).await["state"], "UNDONE");
    month.desk.finish().await;
}

/// C-11: what is undone beside ticks does not come back with them.
#[tokio::test]
async fn c_11_undone_beside_ticks() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.begun().await;
    desk.app.pass(TimeDelta::days(100));
    let order = GenerateTasks { firm_id: desk.firm.id, recurring: None, generation_id: None };
    generate(&desk.app.store, &order).await.unwrap();
    for _ in 0..6 {
        let ids = each(&month.tasks().await, "id");
        assert!(!ids.is_empty());
        let ticks = join_all((0..6).map(|_| generate(&desk.app.store, &order)));
        let undo = desk.done(&desk.manager, "taskUndo", json!({ "ids": ids }));
        let (ticked, undone) = join(ticks, undo).await;
        ticked.into_iter().for_each(|made| assert_eq!(made.unwrap(), 0));
        assert_eq!(undone["undoneIds"].as_array().unwrap().len(), ids.len());
        assert_eq!(month.periods().await, [""; 0]);
        desk.sql("DELETE FROM undone_periods").await;
        generate(&desk.app.store, &order).await.unwrap();
    }
    desk.app.jobs_done().await;
    month.desk.finish().await;
}

/// C-08, C-11: a run whose job was lost gets one; one whose job was given up has failed, and can be undone; and so has an
/// undoing, which is done again.
#[tokio::test]
async fn c_11_no_run_goes_on_for_ever() {
    let month = Month::open().await;
    let desk = &month.desk;
    let store = &desk.app.store;
    month.begun().await;
    desk.app.hold("generate_tasks").await;
    let lost = month.asked().await;
    desk.sql("DELETE FROM jobs WHERE kind = 'generate_tasks'").await;
    assert_eq!(settle::<GenerateTasks>(store).await.unwrap(), 1);
    assert_eq!(settle::<GenerateTasks>(store).await.unwrap(), 0, "it has a job now");
    desk.app.release("generate_tasks").await;
    desk.app.jobs_done().await;
    let run = month.run_of(&lost).await;
    assert_eq!(run["state"], "DONE");

    desk.app.hold("generate_tasks").await;
    let given_up = month.asked().await;
    month.bury("generate_tasks").await;
    desk.app.reconcile().await;
    let run = month.run_of(&given_up).await;
    assert_eq!((&run["state"], &run["madeCount"]), (&json!("FAILED"), &json!(0)));
    assert!(!run["finishedAt"].is_null());
    desk.sql("DELETE FROM jobs WHERE status = 'DEAD'").await;
    desk.app.release("generate_tasks").await;
    desk.done(&desk.manager, "taskGenerationUndo", json!({ "id": given_up })).await;
    desk.app.jobs_done().await;
    assert_eq!(month.run_of(&given_up).await["state"], "UNDONE");

    desk.app.hold("undo_generation").await;
    desk.done(&desk.manager, "taskGenerationUndo", json!({ "id": lost })).await;
    month.bury("undo_generation").await;
    assert_eq!(settle::<UndoGeneration>(store).await.unwrap(), 1);
    assert_eq!(month.run_of(&lost).await["state"], "FAILED");
    desk.done(&desk.manager, "taskGenerationUndo", json!({ "id": lost })).await;
    desk.app.release("undo_generation").await;
    desk.app.jobs_done().await;
    assert_eq!(month.run_of(&lost).await["state"], "UNDONE");
    assert_eq!(month.periods().await, [""; 0]);
    desk.sql("DELETE FROM jobs WHERE status = 'DEAD'").await;
    month.desk.finish().await;
}

/// C-08: a job of a tick that was given up is not written anew each minute, but on the next day.
#[tokio::test]
async fn c_08_a_tick_that_was_given_up() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.begun().await;
    desk.app.hold("generate_tasks").await;
    assert_eq!(tick(&desk.app.store).await.unwrap(), 1);
    month.bury("generate_tasks").await;
    for _ in 0..3 {
        assert_eq!(tick(&desk.app.store).await.unwrap(), 0);
    }
    desk.app.pass(TimeDelta::days(1));
    assert_eq!(tick(&desk.app.store).await.unwrap(), 1);
    desk.sql("DELETE FROM jobs WHERE status = 'DEAD'").await;
    desk.app.release("generate_tasks").await;
    month.desk.finish().await;
}

/// C-08: a clock that was ahead for a moment does not stop generation until then.
#[tokio::test]
async fn c_08_a_clock_that_was_ahead() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.begun().await;
    desk.sql("UPDATE firms SET generated_on = '2190-01-01'").await;
    desk.app.pass(TimeDelta::days(40));
    assert_eq!(tick(&desk.app.store).await.unwrap(), 1);
    desk.app.jobs_done().await;
    assert!(!month.periods().await.is_empty());
    assert_eq!(tick(&desk.app.store).await.unwrap(), 0);
    month.desk.finish().await;
}

/// C-11: a run tells the person who asked of all, and each other assignee once of the own tasks; kinds that are never mailed
/// cannot be wished for by mail (D-11).
#[tokio::test]
async fn c_11_a_run_tells_assignees() {
    let month = Month::open().await;
    let desk = &month.desk;
    let other = desk.firm.client("Outra", None).await;
    desk.portfolio(desk.client, &desk.member).await;
    desk.portfolio(other, &desk.manager).await;
    month.begun().await;
    month.recurs_for(other, &month.name(0)).await;
    desk.app.jobs_done().await;
    month.asked().await;
    desk.app.jobs_done().await;
    let all = month.tasks().await.as_array().unwrap().len();
    let generated = |count: usize| [(json!("TASKS_GENERATED"), json!(count))];
    assert_eq!(desk.told(&desk.manager).await, generated(all), "also of the own ones");
    assert_eq!(desk.told(&desk.member).await, generated(all / 2));
    assert!(desk.told(&desk.owner).await.is_empty());
    let wish = json!({ "byMail": ["TASK_ASSIGNED", "TASKS_GENERATED"] });
    assert_eq!(desk.refused(&desk.member, "notificationPreferencesSet", wish).await, ["byMail:OUT_OF_RANGE"]);
    month.desk.finish().await;
}

/// C-11: lines of a preview come page by page, without the totals of all.
#[tokio::test]
async fn c_11_a_preview_by_pages() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.begun().await;
    let other = desk.firm.client("Outra", None).await;
    month.recurs_for(other, &month.name(0)).await;
    desk.app.jobs_done().await;
    let up_to = month.today() + TimeDelta::days(130);
    let query =
        "query ($upTo: Date!, $after: ID) { taskGenerationPreview(upTo: $upTo, first: 1, afterId: $after) {
        nextAfterId lines { recurringTask { id } taskCount }
    } }";
    let page = async |after: Value| {
        let variables = json!({ "upTo": up_to, "after": after });
        desk.app.ask(&desk.manager, query, variables).await["taskGenerationPreview"].clone()
    };
    let one = page(Value::Null).await;
    assert_eq!((one["nextAfterId"].is_string(), one["lines"].as_array().unwrap().len()), (true, 1));
    let two = page(one["lines"][0]["recurringTask"]["id"].clone()).await;
    assert_eq!((&two["nextAfterId"], two["lines"].as_array().unwrap().len()), (&Value::Null, 1));
    assert_ne!(one["lines"][0]["recurringTask"], two["lines"][0]["recurringTask"]);
    assert_eq!(one["lines"][0]["taskCount"], two["lines"][0]["taskCount"]);
    let totals =
        "query ($upTo: Date!) { taskGenerationPreview(upTo: $upTo, first: 1) { taskCount clientCount } }";
    let seen = desk.app.ask(&desk.manager, totals, json!({ "upTo": up_to })).await;
    let both = one["lines"][0]["taskCount"].as_i64().unwrap() * 2;
    assert_eq!(seen["taskGenerationPreview"], json!({ "taskCount": both, "clientCount": 2 }));
    month.desk.finish().await;
}

/// C-11: what ticks and the act itself generated of a recurring task is taken back at once, but for what somebody touched; it
/// does not come back by itself, and that of others stays.
#[tokio::test]
async fn c_11_a_recurring_task_is_undone() {
    let month = Month::open().await;
    let desk = &month.desk;
    let id = month.recurs(&month.name(-4)).await;
    let other = desk.firm.client("Outra", None).await;
    month.recurs_for(other, &month.name(-4)).await;
    desk.app.jobs_done().await;
    let all = month.tasks().await.as_array().unwrap().len();
    let query = "query ($id: ID!) { tasks(first: 1, filter: { clientIds: [$id] }) { nodes { id } } }";
    let seen = desk.app.ask(&desk.owner, query, json!({ "id": desk.client.encode() })).await;
    let touched = json!({ "id": seen["tasks"]["nodes"][0]["id"], "body": "Falta o extrato." });
    desk.done(&desk.owner, "taskCommentPost", touched).await;
    assert_eq!(
        desk.refused(&desk.member, "recurringTaskUndo", json!({ "ids": [id] })).await,
        ["NOT_ALLOWED"]
    );
    assert_eq!(
        desk.refused(&desk.owner, "recurringTaskUndo", json!({ "ids": [] })).await,
        ["ids:OUT_OF_RANGE"]
    );
    let undone = desk.done(&desk.manager, "recurringTaskUndo", json!({ "ids": [id] })).await;
    let run = text(&undone["taskGeneration"]["id"]);
    desk.app.jobs_done().await;
    let seen = month.run_of(&run).await;
    assert_eq!((&seen["state"], &seen["undoneCount"]), (&json!("UNDONE"), &json!(all / 2 - 1)));
    assert_eq!(month.periods().await.len(), all / 2 + 1);
    for _ in 0..3 {
        desk.app.pass(TimeDelta::days(1));
        tick(&desk.app.store).await.unwrap();
        desk.app.jobs_done().await;
    }
    let query = "query ($id: ID!) { tasks(first: 1, filter: { clientIds: [$id] }) { totalCount } }";
    let seen = desk.app.ask(&desk.owner, query, json!({ "id": desk.client.encode() })).await;
    // Three days may have begun one more month.
    assert!(seen["tasks"]["totalCount"].as_i64().unwrap() <= 2, "{seen}");
    month.desk.finish().await;
}
