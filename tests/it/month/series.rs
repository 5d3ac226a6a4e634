//! Recurring tasks: no two for one work, pauses that end early, floods that are refused, fiscal years that change.

use chrono::{Datelike, NaiveDate};
use guichet_base::id::{ClientId, Id};
use guichet_schema::month::generation::job::tick;
use serde_json::{Value, json};

use super::office::{Month, day};
use crate::desk::ticket::desk::{NONE, each, errors, text};

impl Month {
    async fn give(&self, first: &str, last: Option<&str>) -> Value {
        let input = json!({
            "clientId": self.desk.client.encode(), "taskTypeId": self.task_type, "firstPeriod": first, "lastPeriod": last
        });
        self.desk.act(&self.desk.owner, "recurringTaskCreate", input).await
    }

    async fn change(&self, mutation: &str, input: Value) -> Vec<String> {
        self.desk.refused(&self.desk.owner, mutation, input).await
    }

    async fn periods_of(&self, client: ClientId) -> Vec<String> {
        let query =
            "query ($id: ID!) { tasks(first: 100, filter: { clientIds: [$id] }) { nodes { period } } }";
        let seen = self.desk.app.ask(&self.desk.owner, query, json!({ "id": client.encode() })).await;
        let mut periods: Vec<String> = each(&seen["tasks"]["nodes"], "period").iter().map(text).collect();
        periods.sort();
        periods
    }
}

/// C-08: a client has a kind of work once for each period: neither a new series nor a later end makes two.
#[tokio::test]
async fn c_08_no_two_series_of_one_work() {
    let month = Month::open().await;
    let first = month.give(&month.name(0), Some(&month.name(3))).await;
    assert_eq!(errors(&first), NONE);
    let second = month.give(&month.name(2), None).await;
    assert_eq!(errors(&second), ["taskTypeId:TAKEN"]);
    let second = month.give(&month.name(4), None).await;
    assert_eq!(errors(&second), NONE);
    let id = first["recurringTask"]["id"].clone();
    let ends = |last: Value| json!({ "id": id, "expectedVersion": 1, "lastPeriod": last });
    assert_eq!(month.change("recurringTaskUpdate", ends(Value::Null)).await, ["lastPeriod:TAKEN"]);
    assert_eq!(month.change("recurringTaskUpdate", ends(json!(month.name(4)))).await, ["lastPeriod:TAKEN"]);
    assert_eq!(
        month.change("recurringTaskUpdate", ends(json!(month.name(-1)))).await,
        ["lastPeriod:OUT_OF_RANGE"]
    );
    assert_eq!(month.change("recurringTaskUpdate", ends(json!(month.name(2)))).await, NONE);
    month.desk.finish().await;
}

/// C-09: what the firm writes for periods is in order, and refused by the name of the field.
#[tokio::test]
async fn c_09_overrides_are_checked() {
    let month = Month::open().await;
    let id = month.recurs(&month.name(0)).await;
    let set = |from: i32, to: Option<i32>| {
        json!({
            "id": id, "fromPeriod": month.name(from), "toPeriod": to.map(|to| month.name(to)), "due": day(5),
            "reason": "Combinado"
        })
    };
    let change = async |input| month.change("recurringTaskOverrideSet", input).await;
    assert_eq!(change(set(3, Some(2))).await, ["toPeriod:OUT_OF_RANGE"]);
    assert_eq!(change(set(2, Some(4))).await, NONE);
    assert_eq!(change(set(2, Some(3))).await, NONE, "it replaces what began there");
    let mut of_document = set(6, None);
    of_document["definitionId"] = json!("document_definition_00000000000000000000000000000001");
    assert_eq!(change(of_document).await, ["definitionId:NOT_FOUND"]);
    month.desk.finish().await;
}

/// C-08: a pause with an end is resumed early; its periods that are due are generated at once.
#[tokio::test]
async fn c_08_a_pause_with_an_end_is_resumed() {
    let month = Month::open().await;
    let desk = &month.desk;
    let names: Vec<String> = (0..4).map(|months| month.name(months)).collect();
    let id = month.recurs(&names[0]).await;
    let pause = json!({ "id": id, "expectedVersion": 1, "fromPeriod": names[1], "toPeriod": names[3] });
    desk.done(&desk.owner, "recurringTaskPause", pause).await;
    desk.app.pass(chrono::TimeDelta::days(130));
    tick(&desk.app.store).await.unwrap();
    desk.app.jobs_done().await;
    assert!(month.periods().await.iter().all(|period| *period != names[2] && *period != names[3]));
    let resume =
        |version: i32, from: &str| json!({ "id": id, "expectedVersion": version, "fromPeriod": from });
    assert_eq!(
        month.change("recurringTaskResume", resume(2, &month.name(20))).await,
        ["fromPeriod:OUT_OF_RANGE"]
    );
    desk.done(&desk.owner, "recurringTaskResume", resume(2, &names[2])).await;
    desk.app.jobs_done().await;
    let periods = month.periods().await;
    assert!(periods.contains(&json!(names[2])) && !periods.contains(&json!(names[1])), "{periods:?}");
    desk.done(&desk.owner, "recurringTaskResume", resume(3, &names[1])).await;
    desk.app.jobs_done().await;
    assert!(month.periods().await.contains(&json!(names[1])));
    let query = "{ recurringTasks(first: 1) { nodes { pauses { fromPeriod } } } }";
    let left =
        desk.app.ask(&desk.owner, query, json!({})).await["recurringTasks"]["nodes"][0]["pauses"].clone();
    assert_eq!(left, json!([]));
    month.desk.finish().await;
}

/// C-08: nobody floods a firm with years of tasks by a slip.
#[tokio::test]
async fn c_08_floods_are_refused() {
    let month = Month::open().await;
    let desk = &month.desk;
    let far = month.give(&month.name(-12 * 7), None).await;
    assert_eq!(errors(&far), ["firstPeriod:OUT_OF_RANGE"]);
    month.recurs(&month.name(0)).await;
    let months = |version: i32, months: &[i32]| json!({ "id": month.task_type, "expectedVersion": version, "months": months });
    assert_eq!(month.change("taskTypeUpdate", months(1, &[3, 6])).await, NONE, "fewer make nothing");
    assert_eq!(month.change("taskTypeUpdate", months(2, &[6, 9])).await, ["months:IN_USE"]);
    assert_eq!(month.change("taskTypeUpdate", months(2, &[])).await, ["months:IN_USE"]);
    assert_eq!(month.change("taskTypeUpdate", months(2, &[6])).await, NONE);
    desk.app.jobs_done().await;
    month.desk.finish().await;
}

/// C-08: each act has its own job, before those of the ticks: one that runs already may have read what was before.
#[tokio::test]
async fn c_08_each_act_at_once() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.app.hold("generate_tasks").await;
    let id = month.recurs(&month.name(-2)).await;
    let update = json!({ "id": id, "expectedVersion": 1, "lastPeriod": month.name(5) });
    desk.done(&desk.owner, "recurringTaskUpdate", update).await;
    tick(&desk.app.store).await.unwrap();
    let jobs = "SELECT count(*) FROM jobs WHERE kind = 'generate_tasks'";
    let of_people = format!("{jobs} AND priority > 0");
    assert_eq!((desk.counted(jobs).await, desk.counted(&of_people).await), (3, 2));
    desk.app.release("generate_tasks").await;
    month.desk.finish().await;
}

/// C-08: a client changes its fiscal year: the series goes on with the short year or without, and nothing of the past is made
/// again under other names.
#[tokio::test]
async fn c_08_fiscal_years_change() {
    let month = Month::open().await;
    let desk = &month.desk;
    let yearly = desk.yearly_work().await;
    let other = desk.firm.client("Outra", None).await;
    let today = month.today();
    let year = today.year();
    for client in [desk.client, other] {
        let input = json!({
            "clientId": client.encode(), "taskTypeId": yearly, "firstPeriod": format!("FY{}-12-31", year - 2)
        });
        desk.done(&desk.owner, "recurringTaskCreate", input).await;
    }
    desk.app.jobs_done().await;
    let made: Vec<String> = [year - 2, year - 1].map(|year| format!("FY{year}-12-31")).into();
    assert_eq!(month.periods_of(desk.client).await, made);

    let years = json!([{ "startsOn": format!("{year}-01-01"), "endsOn": format!("{year}-06-30") }]);
    let set = json!({ "clientId": desk.client.encode(), "years": years });
    desk.done(&desk.owner, "clientFiscalYearsSet", set).await;
    for client in [desk.client, other] {
        let query = "query ($id: ID!) { client(id: $id) { version } }";
        let seen = desk.app.ask(&desk.owner, query, json!({ "id": client.encode() })).await;
        let update = json!({
            "id": client.encode(), "expectedVersion": seen["client"]["version"], "fiscalYearEnd": "06-30"
        });
        desk.done(&desk.owner, "clientUpdate", update).await;
    }
    let later = NaiveDate::from_ymd_opt(year + 1, 8, 1).unwrap();
    desk.app.pass(later - today);
    tick(&desk.app.store).await.unwrap();
    desk.app.jobs_done().await;
    let expected: Vec<String> =
        made.iter().cloned().chain([year, year + 1].map(|year| format!("FY{year}-06-30"))).collect();
    let mut expected = expected;
    expected.sort();
    assert_eq!(month.periods_of(desk.client).await, expected, "with a short year");
    let without = month.periods_of(other).await;
    assert_eq!((without.len(), without.last()), (4, expected.last()), "{without:?}");
    assert!(made.iter().all(|period| without.contains(period)), "{without:?}");
    month.desk.finish().await;
}
