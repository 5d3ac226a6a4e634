//! What the audit keeps of acts on many things at once.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{AccountId, StaffId};
use guichet_engine::tables::audit;
use guichet_tests::world::Person;
use serde_json::json;

use super::office::Month;
use crate::desk::ticket::desk::{Desk, each, text};

/// The nouns of the things that a person did an act to, in the order of the alphabet, each as often as the audit has it;
/// nobody else did it.
async fn kept(desk: &Desk, by: &Person, act: &str) -> Vec<String> {
    type Row = (String, Option<StaffId>, Option<AccountId>);
    let rows: Vec<Row> = audit::table
        .filter(audit::act.eq(act))
        .order(audit::noun)
        .select((audit::noun, audit::staff_id, audit::account_id))
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let account = by.actor().account_id;
    for (noun, staff_id, account_id) in &rows {
        assert_eq!((*staff_id, *account_id), (Some(by.staff_id()), Some(account)), "{act} of a {noun}");
    }
    rows.into_iter().map(|(noun, ..)| noun).collect()
}

fn times(noun: &str, count: usize) -> Vec<String> {
    vec![noun.to_owned(); count]
}

/// F-03, C-11: each task that a run's undoing takes back is in the audit, by whom, although a job did it.
#[tokio::test]
async fn f_03_tasks_that_are_taken_back() {
    let month = Month::open().await;
    let desk = &month.desk;
    month.recurs(&month.name(0)).await;
    let up_to = month.today() + TimeDelta::days(130);
    let run = desk.done(&desk.manager, "taskGenerationRun", json!({ "upTo": up_to })).await;
    desk.app.jobs_done().await;
    let count = month.periods().await.len();
    assert!(count >= 3);
    desk.done(&desk.manager, "taskGenerationUndo", json!({ "id": run["taskGeneration"]["id"] })).await;
    desk.app.jobs_done().await;
    assert_eq!(month.periods().await.len(), 0);
    let expected = [times("generation", 1), times("task", count)].concat();
    assert_eq!(kept(desk, &desk.manager, "taskGenerationUndo").await, expected);
    month.desk.finish().await;
}

/// F-03, C-11, C-03: each task and document whose dates a job moves is in the audit, by whom; and so is each task of a bulk
/// change.
#[tokio::test]
async fn f_03_many_tasks_that_change() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    for period in each(&tasks, "period") {
        desk.extend(&text(&period), "2030-05-06").await;
    }
    let count = tasks.as_array().unwrap().len();
    desk.done(&desk.manager, "dueDateMovesApply", json!({ "all": true })).await;
    desk.app.jobs_done().await;
    let expected = [times("document", 2 * count), times("firm", 1), times("task", count)].concat();
    assert_eq!(kept(desk, &desk.manager, "dueDateMovesApply").await, expected);

    let ids: Vec<String> = each(&tasks, "id").iter().map(text).collect();
    let assign = json!({ "ids": ids, "assigneeId": desk.member.id() });
    desk.done(&desk.manager, "tasksAssign", assign).await;
    assert_eq!(kept(desk, &desk.manager, "tasksAssign").await, times("task", count));
    desk.done(&desk.member, "tasksStatusChange", json!({ "ids": ids, "status": "IN_PROGRESS" })).await;
    assert_eq!(kept(desk, &desk.member, "tasksStatusChange").await, times("task", count));
    month.desk.finish().await;
}

/// F-03: each obligation and kind of work that a firm adopts is in the audit.
#[tokio::test]
async fn f_03_what_is_adopted() {
    let desk = Desk::open().await;
    desk.done(&desk.manager, "catalogueAdopt", json!({ "taskTypeCodes": ["FIRM-CLOSE"] })).await;
    let kept = kept(&desk, &desk.manager, "catalogueAdopt").await;
    let obligations = kept.iter().filter(|noun| *noun == "obligation").count();
    let seen = desk.app.ask(&desk.owner, "{ obligations(first: 1) { totalCount } }", json!({})).await;
    assert_eq!(seen["obligations"]["totalCount"], obligations);
    let expected = [times("firm", 1), times("obligation", obligations), times("tasktype", 1)].concat();
    assert_eq!(kept, expected);
    desk.finish().await;
}
