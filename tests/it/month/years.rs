//! Five years of ticks (C-08), compared with one clean run and with what a person would count on paper.

use std::collections::BTreeMap;

use chrono::{Datelike, FixedOffset, NaiveDate, TimeDelta};
use guichet_base::id::Id;
use guichet_schema::month::generation::job::tick;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::office::Month;
use crate::desk::ticket::desk::text;

/// By title and period: the date of the law.
type Tasks = BTreeMap<(String, String), String>;

/// The month so many months after another.
fn month(from: NaiveDate, months: u32) -> NaiveDate {
    from.with_day(1).unwrap() + chrono::Months::new(months)
}

fn name(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

impl Month {
    /// The tasks of a client.
    async fn of(&self, client: &str) -> Tasks {
        let query = "query ($client: ID!) { tasks(first: 100, filter: { clientIds: [$client] }) {
            totalCount nodes { title period legalDueOn }
        } }";
        let seen =
            self.desk.app.ask(&self.desk.owner, query, json!({ "client": client })).await["tasks"].clone();
        let nodes = seen["nodes"].as_array().unwrap();
        let task = |task: &Value| {
            (
                (text(&task["title"]), text(&task["period"])),
                task["legalDueOn"].as_str().unwrap_or("none").to_owned(),
            )
        };
        let tasks: Tasks = nodes.iter().map(task).collect();
        assert_eq!((tasks.len(), nodes.len()), (nodes.len(), seen["totalCount"].as_i64().unwrap() as usize));
        tasks
    }

    /// Gives a client the work of the test: each month with a pause, and every three months.
    async fn works(&self, client: &str, every_three: &str, first: NaiveDate) {
        let desk = &self.desk;
        let monthly = json!({ "clientId": client, "taskTypeId": self.task_type, "firstPeriod": name(first) });
        let made = desk.done(&desk.owner, "recurringTaskCreate", monthly).await;
        let pause = json!({
            "id": made["recurringTask"]["id"], "expectedVersion": made["recurringTask"]["version"],
            "fromPeriod": name(month(first, 7)), "toPeriod": name(month(first, 9)), "reason": "Sem movimento"
        });
        desk.done(&desk.owner, "recurringTaskPause", pause).await;
        let third =
            json!({ "clientId": client, "taskTypeId": every_three, "firstPeriod": name(month(first, 2)) });
        desk.done(&desk.owner, "recurringTaskCreate", third).await;
    }
}

/// C-08: however the clock moves on, by hours or months, and an hour back: after five years exactly those tasks are there
/// that one clean run makes, and that a person counts.
#[tokio::test]
async fn c_08_five_years() {
    let month_of = Month::open().await;
    let desk = &month_of.desk;
    let create = json!({
        "name": "Trimestre", "category": "TAX",
        "recurrence": { "periodKind": "MONTH", "every": 3, "generateMonth": 0, "generateDay": 20 },
        "documents": []
    });
    let every_three = text(&desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"]);
    let begun = desk.app.store.now().date_naive();
    let first = month(begun, 1);
    let client = desk.client.encode();
    month_of.works(&client, &every_three, first).await;

    let mut rng = StdRng::seed_from_u64(8);
    let end = begun + TimeDelta::days(5 * 365);
    while desk.app.store.now().date_naive() < end {
        let step = match rng.random_range(0..8) {
            0 => TimeDelta::hours(-1),
            1 => TimeDelta::hours(rng.random_range(1..30)),
            2 | 3 => TimeDelta::days(rng.random_range(1..5)),
            4..=6 => TimeDelta::days(rng.random_range(5..40)),
            _ => TimeDelta::days(rng.random_range(40..130)),
        };
        desk.app.pass(step);
        tick(&desk.app.store).await.unwrap();
        desk.app.jobs_done().await;
    }

    // The firm's day, which may be the day before that of UTC.
    let now = desk.app.store.now().with_timezone(&FixedOffset::west_opt(3 * 3600).unwrap()).date_naive();
    let mut expected = Tasks::new();
    for number in 0..80 {
        let of = month(first, number);
        // Each month: begun on the first day of the next one, not in the pause.
        if month(of, 1) <= now && !(7..=9).contains(&number) {
            let (title, due) = (of.format("Guia %m/%Y"), month(of, 1).with_day(20).unwrap());
            expected.insert((title.to_string(), name(of)), due.to_string());
        }
        // Every three months, named by the last one: begun on its 20th day.
        if number % 3 == 2 && of.with_day(20).unwrap() <= now {
            let from = month(first, number - 2);
            let title = format!("Trimestre {}–{}", from.format("%m"), of.format("%m/%Y"));
            // Without an obligation there is no date of the law.
            expected.insert((title, name(of)), "none".to_owned());
        }
    }
    let ticked = month_of.of(&client).await;
    let periods = |tasks: &Tasks| {
        tasks.iter().map(|((_, period), due)| (period.clone(), due.clone())).collect::<Vec<_>>()
    };
    assert_eq!(
        ticked.keys().map(|(title, _)| title).collect::<Vec<_>>(),
        expected.keys().map(|(title, _)| title).collect::<Vec<_>>()
    );
    assert_eq!(periods(&ticked), periods(&expected));

    desk.app.hold("generate_tasks").await;
    let other = desk.firm.client("Em Branco", None).await.encode();
    month_of.works(&other, &every_three, first).await;
    desk.app.release("generate_tasks").await;
    desk.app.jobs_done().await;
    let clean = month_of.of(&other).await;
    assert_eq!(clean, ticked);
    month_of.desk.finish().await;
}
