//! Generating the tasks of the month.

use chrono::TimeDelta;
use futures_util::future::join_all;
use guichet_schema::month::generation::job::{generate, tick};
use guichet_schema::month::recurring_task::job::GenerateTasks;
use serde_json::json;

use super::office::Month;
use crate::desk::ticket::desk::{each, text};

/// C-08: what is due already is generated at once, titled in the firm's language, for the client's accountant (C-02).
#[tokio::test]
async fn c_08_what_is_due_already() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.portfolio(desk.client, &desk.member).await;
    let first = month.name(-3);
    month.recurs(&first).await;
    desk.app.jobs_done().await;
    let tasks = month.tasks().await;
    let made = tasks.as_array().unwrap();
    assert!(made.len() >= 2, "{tasks}");
    let (year, number) = first.split_once('-').unwrap();
    assert_eq!(made[0]["title"], format!("Guia {number}/{year}"));
    assert_eq!((&made[0]["status"], &made[0]["origin"]), (&json!("TODO"), &json!("RECURRING")));
    assert_eq!(made[0]["assignee"]["id"], desk.member.id());
    assert!(made[0]["legalDueOn"].as_str().unwrap().ends_with("-20"));
    assert!(!made[0]["dueExplanation"].as_array().unwrap().is_empty());
    month.desk.finish().await;
}

/// C-08: ten ticks at once, and a hundred later ones, make each task once; an outage of months is caught up.
#[tokio::test]
async fn c_08_each_task_once() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.recurs(&month.name(0)).await;
    desk.app.jobs_done().await;
    assert_eq!(month.periods().await, [""; 0]);
    desk.app.pass(TimeDelta::days(100));
    let order = GenerateTasks { firm_id: desk.firm.id, recurring: None, generation_id: None };
    let made: usize = join_all((0..10).map(|_| generate(&desk.app.store, &order)))
        .await
        .into_iter()
        .map(Result::unwrap)
        .sum();
    let periods = month.periods().await;
    assert_eq!(periods.len(), made);
    assert!((3..=4).contains(&made), "{periods:?}");
    assert_eq!(generate(&desk.app.store, &order).await.unwrap(), 0);
    // The day is done: nobody is asked again before the next one.
    assert_eq!(tick(&desk.app.store).await.unwrap(), 0);
    desk.app.pass(TimeDelta::days(1));
    assert_eq!(tick(&desk.app.store).await.unwrap(), 1);
    desk.app.jobs_done().await;
    assert_eq!(month.periods().await.len(), made);
    month.desk.finish().await;
}

/// C-08: periods inside a pause are skipped for ever; those after it that are due are generated at once.
#[tokio::test]
async fn c_08_pauses() {
    let month = Month::open().await;
    let desk = &month.desk;
    let names: Vec<String> = (0..6).map(|months| month.name(months)).collect();
    let id = month.recurs(&names[0]).await;
    let pause = json!({ "id": id, "expectedVersion": 1, "fromPeriod": names[1], "reason": "Sem movimento" });
    desk.done(&desk.owner, "recurringTaskPause", pause).await;
    desk.app.pass(TimeDelta::days(130));
    tick(&desk.app.store).await.unwrap();
    desk.app.jobs_done().await;
    assert_eq!(month.periods().await, names[..1]);
    let twice = json!({ "id": id, "expectedVersion": 2, "fromPeriod": names[5] });
    assert_eq!(desk.refused(&desk.owner, "recurringTaskPause", twice).await, ["fromPeriod:TAKEN"]);
    let resume = json!({ "id": id, "expectedVersion": 2, "fromPeriod": names[3] });
    desk.done(&desk.owner, "recurringTaskResume", resume).await;
    desk.app.jobs_done().await;
    assert_eq!(month.periods().await, [names[0].as_str(), names[3].as_str()]);
    month.desk.finish().await;
}

/// C-01: no client sees a task, by whatever way.
#[tokio::test]
async fn c_01_tasks_are_internal() {
    let month = Month::open().await;
    let desk = &month.desk;
    let id = month.recurs(&month.name(-2)).await;
    desk.app.jobs_done().await;
    let task = text(&month.tasks().await[0]["id"]);
    let query = "query ($ids: [ID!]!) {
        tasks(first: 10) { totalCount nodes { id } } recurringTasks(first: 10) { totalCount }
        nodes(ids: $ids) { id } taskCounts { byStatus { count } }
    }";
    let seen = desk.app.ask(&desk.admin, query, json!({ "ids": [task, id] })).await;
    assert_eq!((&seen["tasks"]["totalCount"], &seen["recurringTasks"]["totalCount"]), (&json!(0), &json!(0)));
    assert_eq!(seen["nodes"], json!([null, null]));
    assert!(each(&seen["taskCounts"]["byStatus"], "count").iter().all(|count| *count == 0));
    month.desk.finish().await;
}
