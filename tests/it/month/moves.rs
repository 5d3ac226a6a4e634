//! Due dates that move when a person lets them (C-11).

use std::time::Duration;

use futures_util::future::join_all;
use guichet_base::id::{ActId, Id, TaskId};
use guichet_schema::month::generation::moves::apply::{MoveDueDates, move_all};
use guichet_schema::month::generation::moves::open::MoveFilter;
use guichet_tests::live::LiveSide;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::office::{Month, day};
use crate::desk::ticket::desk::{each, text};

/// C-11: an extension is shown, with before, after and why, and moves nothing until a person lets it; then the task and its
/// documents move, with history and live, and nobody touched them.
#[tokio::test]
async fn c_11_an_extension_moves_when_it_is_let() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    let task = &tasks[0];
    desk.extend(&text(&task["period"]), "2030-05-06").await;
    let seen = desk.moves().await;
    assert_eq!(seen["counts"], json!({ "tasks": 1, "documents": 2 }), "{seen}");
    assert_eq!(seen["nextAfterId"], Value::Null);
    let of_task = seen["moves"].as_array().unwrap().iter().find(|one| one["documentId"].is_null()).unwrap();
    assert_eq!(of_task["task"]["id"], task["id"]);
    assert_eq!(
        (&of_task["legalDueOn"], &of_task["newLegalDueOn"]),
        (&task["legalDueOn"], &json!("2030-05-06"))
    );
    assert_eq!(of_task["reason"], "EXTENSION");
    assert!(text(&of_task["explanation"]).contains("Portaria 7"), "{of_task}");
    assert_eq!(month.tasks().await, tasks, "nothing moved");

    let side = LiveSide::start(&desk.app.store);
    let follow = "subscription { tasksChanged { changed { id legalDueOn } } }";
    let mut live = side.follow(Some(&desk.member.token), follow, json!({})).await;
    live.told().await;
    let applied = desk.done(&desk.manager, "dueDateMovesApply", json!({ "taskIds": [task["id"]] })).await;
    assert_eq!(applied["movedCount"], 3);
    let told = live.told().await["changed"].clone();
    assert_eq!(told, json!([{ "id": task["id"], "legalDueOn": "2030-05-06" }]));
    assert_eq!(desk.moves().await["counts"], json!({ "tasks": 0, "documents": 0 }));
    // The task: its legal date. Each document: its legal date, and that which the client sees.
    assert_eq!(desk.counted("SELECT count(*) FROM changes WHERE subject_noun = 'task'").await, 1);
    assert_eq!(desk.counted("SELECT count(*) FROM changes WHERE subject_noun = 'document'").await, 4);
    let undone = desk.done(&desk.manager, "taskUndo", json!({ "ids": [task["id"]] })).await;
    assert_eq!(undone["undoneIds"], json!([task["id"]]), "it is nobody's touch");
    month.desk.finish().await;
}

/// C-11: what a person set, and what is closed, never moves; a new version of the rule moves the rest, by a job that has
/// one effect wherever it is killed, and tells its person once.
#[tokio::test]
async fn c_11_all_by_a_job() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    let all = tasks.as_array().unwrap().len();
    let id = |number: usize| TaskId::decode(&text(&tasks[number]["id"])).unwrap().uuid();
    desk.sql(&format!(
        "UPDATE tasks SET status = 'DONE', closed_at = now() WHERE id = '{}';
         UPDATE tasks SET target_on = '2026-02-03', is_target_set = true WHERE id = '{}'",
        id(0),
        id(1)
    ))
    .await;
    desk.rule_from("2020-01", day(25)).await;
    let seen = desk.moves().await;
    assert_eq!(seen["counts"], json!({ "tasks": all - 1, "documents": 2 * (all - 1) }));
    assert!(each(&seen["moves"], "reason").iter().all(|reason| reason == "RULE"), "{seen}");

    desk.app.hold("move_due_dates").await;
    let refused = desk.refused(&desk.manager, "dueDateMovesApply", json!({})).await;
    assert_eq!(refused, ["taskIds:REQUIRED"]);
    let job = MoveDueDates {
        firm_id: desk.firm.id,
        by: desk.manager.staff_id(),
        filter: MoveFilter::default(),
        act_id: ActId::new(),
        told_id: ActId::new(),
    };
    for life in 0..8 {
        let _killed = timeout(Duration::from_millis(3 * life), move_all(&desk.app.store, &job)).await;
    }
    for ended in join_all((0..4).map(|_| move_all(&desk.app.store, &job))).await {
        ended.unwrap();
    }
    assert_eq!(desk.moves().await["counts"], json!({ "tasks": 0, "documents": 0 }));
    let moved = month.tasks().await;
    let days = each(&moved, "legalDueOn");
    assert_eq!(days.iter().filter(|day| text(day).ends_with("-25")).count(), all - 1);
    assert_eq!(
        moved.as_array().unwrap().iter().find(|task| task["id"] == tasks[0]["id"]),
        Some(&{
            let mut done = tasks[0].clone();
            done["status"] = json!("DONE");
            done
        })
    );
    assert_eq!(desk.counted("SELECT count(*) FROM tasks WHERE target_on = '2026-02-03'").await, 1);
    let of_tasks = "SELECT count(*) FROM changes WHERE subject_noun = 'task' AND field = 'LEGAL_DUE_ON'";
    assert_eq!(desk.counted(of_tasks).await, i64::try_from(all).unwrap() - 1);
    assert_eq!(desk.numbers(&desk.manager, "DUE_DATES_MOVED").await, [json!(all - 1)]);
    // Asked for by the API, the job finds nothing more.
    let queued = desk.done(&desk.manager, "dueDateMovesApply", json!({ "all": true })).await;
    assert_eq!(queued["movedCount"], Value::Null);
    desk.app.release("move_due_dates").await;
    month.desk.finish().await;
}

/// C-11: a holiday that the firm adds moves what falls on it; a date that becomes final is told to its assignee.
#[tokio::test]
async fn c_11_calendars_and_certainty() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    desk.portfolio(desk.client, &desk.member).await;
    desk.sql(&format!(
        "UPDATE rule_versions SET due = '{}';
         UPDATE tasks SET assignee_id = '{}', provisional = '[{{\"why\": \"NO_WORKING_DAY\"}}]'",
        json!({
            "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 20 }], "calendar": "OFFICE", "reach": "CITY",
            "shift": "AFTER"
        }),
        desk.member.staff_id().uuid()
    ))
    .await;
    let ids: Vec<Value> = each(&tasks, "id");
    let all = ids.len();
    desk.done(&desk.manager, "dueDateMovesApply", json!({ "taskIds": ids })).await;
    assert_eq!(desk.moves().await["counts"]["tasks"], 0);
    assert_eq!(desk.numbers(&desk.member, "DUE_DATES_FINAL").await, [json!(all)]);
    assert_eq!(desk.numbers(&desk.manager, "DUE_DATES_FINAL").await, [0; 0]);

    let date = month.tasks().await[1]["legalDueOn"].clone();
    let holiday =
        json!({ "country": "BR", "date": date, "office": true, "name": "Ponte", "source": "Ata 3" });
    desk.done(&desk.owner, "firmHolidayCreate", holiday).await;
    let seen = desk.moves().await;
    assert_eq!(seen["counts"]["tasks"], 1, "{seen}");
    let one = &seen["moves"][0];
    assert_eq!((&one["legalDueOn"], &one["reason"]), (&date, &json!("CALENDAR")));
    assert!(text(&one["newLegalDueOn"]) > text(&date));
    month.desk.finish().await;
}
