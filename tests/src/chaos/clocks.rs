//! A clock that jumps: 31 days ahead, an hour back, over both changes to and from summer time, 29 February and the last days of
//! months. Three schedulers follow it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use guichet_base::id::{FirmId, TaskTypeId};
use guichet_engine::tables::{firms, tasks};
use guichet_obligations::{Category, PeriodKind};
use guichet_schema::month::generation::job::tick;
use guichet_schema::month::recurring_task::commands::{self as recurring, CreateRecurringTask};
use guichet_schema::month::task_type::commands::{self as task_types, CreateTaskType, RecurrenceInput};

use super::findings::Findings;
use super::office::new_key;
use crate::app::TestApp;
use crate::world::Firm;

const SCHEDULERS: usize = 3;
/// Until when the clock runs; it starts at [`crate::app::START`].
const END: &str = "2033-02-15T00:00:00Z";

/// The zones, with the hours that they are ahead of UTC in winter, and whether they have a summer time, which begins and ends
/// everywhere in Europe at 01:00 UTC on the last Sundays of March and October.
const ZONES: [(&str, i64, bool); 4] = [
    ("America/Sao_Paulo", -3, false),
    ("Europe/Paris", 1, true),
    ("Europe/Madrid", 1, true),
    ("Europe/Lisbon", 0, true),
];

/// Kinds of work: how many months a period has, in which month after its end the work begins, and on which day.
const KINDS: [(i32, i32, i16); 5] = [(1, 0, 31), (1, 1, 1), (1, 0, 29), (3, 1, 30), (12, 2, 29)];

/// A firm in its zone, with a client that has all kinds of work.
struct Place {
    firm: FirmId,
    kinds: Vec<TaskTypeId>,
    winter: i64,
    has_summer: bool,
    /// The latest day that it had.
    latest: NaiveDate,
}

/// After each move of the clock three schedulers tick at once. At the end each period has one task, as counted on paper.
pub async fn run() -> Findings {
    let app = TestApp::start().await;
    let begun = app.store.now();
    let mut places = Vec::new();
    for (zone, winter, has_summer) in ZONES {
        places.push(Place::open(&app, zone, winter, has_summer).await);
    }
    app.jobs_done().await;
    let end: DateTime<Utc> = END.parse().expect("it is a time");
    let mut moves: BTreeMap<&str, usize> = BTreeMap::new();
    for (what, moment) in moments(begun, end) {
        *moves.entry(what).or_default() += 1;
        app.pass(moment - app.store.now());
        for place in &mut places {
            place.latest = place.latest.max(place.day(moment));
        }
        let ticks = join_all((0..SCHEDULERS).map(|_| tick(&app.store))).await;
        assert!(ticks.iter().all(Result::is_ok), "a tick failed: {ticks:?}");
        app.jobs_done().await;
    }

    let mut findings = Findings::default();
    for (what, count) in &moves {
        findings.count(what, count);
    }
    let (mut count, mut skipped, mut doubled) = (0, 0, 0);
    for place in &places {
        let wanted = place.wanted(begun.date_naive());
        let found = place.found(&app).await;
        count += found.len();
        let different: BTreeSet<_> = found.iter().collect();
        doubled += found.len() - different.len();
        skipped += wanted.iter().filter(|task| !different.contains(task)).count();
        let odd = different.iter().filter(|task| !wanted.contains(**task)).count();
        findings.expect_equal("tasks of periods that have not begun", odd, 0);
    }
    findings.count("tasks", count);
    findings.count("skipped", skipped);
    findings.count("doubled", doubled);
    findings.expect(count > 0, "there are no tasks");
    findings.expect_equal("periods skipped", skipped, 0);
    findings.expect_equal("periods doubled", doubled, 0);
    app.finish().await;
    findings
}

/// To where the clock moves, and what that is: months ahead, and around each special moment by half-hours, an hour back and on.
fn moments(begun: DateTime<Utc>, end: DateTime<Utc>) -> Vec<(&'static str, DateTime<Utc>)> {
    let mut special: BTreeMap<DateTime<Utc>, &'static str> = BTreeMap::new();
    let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0).unwrap_or_default().and_utc();
    for year in begun.year()..=end.year() {
        for month in [3, 10] {
            let change = midnight(last_sunday(year, month)) + TimeDelta::hours(1);
            special.insert(change, "changes of summer time");
        }
        if let Some(leap) = NaiveDate::from_ymd_opt(year, 2, 29) {
            // Here it begins at another hour than there.
            for hours in [-1, 0, 3, 24] {
                special.insert(midnight(leap) + TimeDelta::hours(hours), "steps around 29 February");
            }
        }
        for month in 1..=12 {
            if let Some(day) = NaiveDate::from_ymd_opt(year, month, 31) {
                special.insert(midnight(day), "days 31");
            }
        }
    }
    let (mut moments, mut now) = (Vec::new(), begun);
    for (moment, what) in special.range(begun..end) {
        // Ahead by months, as long as nothing special is passed over by more than a few hours.
        while now + TimeDelta::days(31) < *moment - TimeDelta::hours(2) {
            now += TimeDelta::days(31);
            moments.push(("31 days ahead", now));
        }
        now = *moment - TimeDelta::minutes(30);
        moments.push((*what, now));
        for _ in 0..2 {
            now += TimeDelta::minutes(30);
            moments.push(("half-hours", now));
        }
        moments.push(("hours back", now - TimeDelta::hours(1)));
        moments.push(("half-hours", now));
    }
    // An outage of two months, and another jump back.
    moments.push(("31 days ahead", now + TimeDelta::days(31)));
    moments.push(("31 days ahead", now + TimeDelta::days(62)));
    moments.push(("hours back", now + TimeDelta::days(62) - TimeDelta::hours(1)));
    moments
}

fn last_sunday(year: i32, month: u32) -> NaiveDate {
    let next = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default() + Months::new(1);
    let last = next.pred_opt().unwrap_or_default();
    last - TimeDelta::days(last.weekday().num_days_from_sunday().into())
}

/// A day of a month, or its last if it is shorter.
fn day_of(month: NaiveDate, day: i16) -> NaiveDate {
    let last = (month + Months::new(1)).pred_opt().unwrap_or(month);
    month.with_day(u32::try_from(day).unwrap_or(1)).unwrap_or(last)
}

impl Place {
    async fn open(app: &TestApp, zone: &str, winter: i64, has_summer: bool) -> Self {
        let firm =
            Firm::new(&app.store, &format!("{}.example", zone.to_lowercase().replace(['/', '_'], "-"))).await;
        diesel::update(firms::table.find(firm.id))
            .set(firms::zone.eq(zone))
            .execute(&mut app.store.conn().await.expect("the database answers"))
            .await
            .expect("a zone is set");
        let client = firm.client("Padaria", None).await;
        let actor = firm.owner.actor();
        let first = app.store.now().date_naive() - Months::new(2);
        let mut kinds = Vec::new();
        for (every, generate_month, generate_day) in KINDS {
            let recurrence =
                RecurrenceInput { period_kind: PeriodKind::Month, every, generate_month, generate_day };
            let input = CreateTaskType {
                name: format!("{every} {generate_month} {generate_day}"),
                description: String::new(),
                category: Category::Tax,
                department_id: None,
                obligation_id: None,
                target_rule: None,
                hand_in_rule: None,
                recurrence,
                months: Vec::new(),
                assignee_id: None,
                assign_portfolio: false,
                is_requestable: false,
                expects_documents: false,
                documents: Vec::new(),
            };
            let made = task_types::create(&app.store, &actor, &new_key(), input).await;
            let kind = made.expect("a kind of work is made").value;
            let work = CreateRecurringTask {
                client_id: client,
                task_type_id: kind,
                assignee_id: None,
                first_period: first.format("%Y-%m").to_string(),
                last_period: None,
                expects_documents: None,
                unexpected: Vec::new(),
            };
            recurring::create(&app.store, &actor, &new_key(), work).await.expect("a client gets work");
            kinds.push(kind);
        }
        let place = Self { firm: firm.id, kinds, winter, has_summer, latest: NaiveDate::MIN };
        Self { latest: place.day(app.store.now()), ..place }
    }

    /// The day here at a moment.
    fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        let [begins, ends] = [3, 10].map(|month| {
            let change = last_sunday(moment.year(), month).and_hms_opt(1, 0, 0).unwrap_or_default();
            change.and_utc()
        });
        let is_summer = self.has_summer && (begins..ends).contains(&moment);
        (moment + TimeDelta::hours(self.winter + i64::from(is_summer))).date_naive()
    }

    /// The tasks that there must be: the number of the kind, and the period by its last month.
    fn wanted(&self, begun: NaiveDate) -> BTreeSet<(usize, String)> {
        let first = begun.with_day(1).unwrap_or(begun) - Months::new(2);
        let mut wanted = BTreeSet::new();
        for (number, (every, begin_month, begin_day)) in KINDS.into_iter().enumerate() {
            // A period of several months is named by its last one, and so is the first.
            let every = u32::try_from(every).unwrap_or(1);
            for count in 0.. {
                let month = first + Months::new(count * every);
                let begins = month + Months::new(u32::try_from(begin_month).unwrap_or_default());
                if day_of(begins, begin_day) > self.latest {
                    break;
                }
                wanted.insert((number, month.format("%Y-%m").to_string()));
            }
        }
        wanted
    }

    /// The tasks that there are.
    async fn found(&self, app: &TestApp) -> Vec<(usize, String)> {
        let rows: Vec<(Option<TaskTypeId>, Option<String>)> = tasks::table
            .filter(tasks::firm_id.eq(self.firm))
            .select((tasks::task_type_id, tasks::period))
            .load(&mut app.store.conn().await.expect("the database answers"))
            .await
            .expect("tasks are read");
        let number = |kind: Option<TaskTypeId>| self.kinds.iter().position(|of| Some(*of) == kind);
        let found = rows.into_iter().map(|(kind, period)| Some((number(kind)?, period?)));
        found.map(Option::unwrap_or_default).collect()
    }
}
