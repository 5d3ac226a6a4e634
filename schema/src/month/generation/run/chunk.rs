//! Some recurring tasks at a time, and the tasks that they lack.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ClientId, DocumentDefinitionId, RecurringTaskId, TaskId, TaskTypeId};
use guichet_engine::sql;
use guichet_engine::tables::{
    recurring_task_overrides, recurring_task_pauses, recurring_task_unexpected, recurring_tasks, task_types,
    tasks, undone_periods,
};
use guichet_obligations::{Direction, Expr, Period, Recurrence, expression};

use crate::month::generation::plan::{Computed, Outcome, Terms};
use crate::month::generation::preview::SkipReason;
use crate::month::recurring_task::model::{DueOverride, Pause, RecurringTask};
use crate::month::recurring_task::rules::{Series, is_between, is_made_otherwise};
use crate::month::task_type::rules::recurrence;
use crate::people::client::record::queries::{Record, records};

use super::Order;
use super::known::{Firm, Kind};

/// So many recurring tasks are looked at in one transaction.
const CHUNK: i64 = 200;
/// So many tasks are written in one transaction, but for those of one recurring task.
const MOST: usize = 1_000;
/// So many days back a period that makes no task is told of.
const YEAR: i64 = 366;

/// The next recurring tasks, locked against changes: who pauses or ends one waits until its tasks are written.
pub(super) async fn lock(
    conn: &mut AsyncPgConnection,
    order: &Order,
    after: Option<RecurringTaskId>,
) -> Result<Vec<RecurringTask>> {
    let ids = next(conn, order, after).await?;
    Ok(recurring_tasks::table
        .filter(sql::among(recurring_tasks::id, &ids))
        .order(recurring_tasks::id)
        .select(RecurringTask::as_select())
        .for_share()
        .load(conn)
        .await?)
}

/// The next recurring tasks, to be read only.
pub(crate) async fn look(
    conn: &mut AsyncPgConnection,
    order: &Order,
    after: Option<RecurringTaskId>,
) -> Result<Vec<RecurringTask>> {
    let ids = next(conn, order, after).await?;
    Ok(recurring_tasks::table
        .filter(sql::among(recurring_tasks::id, &ids))
        .order(recurring_tasks::id)
        .select(RecurringTask::as_select())
        .load(conn)
        .await?)
}

async fn next(
    conn: &mut AsyncPgConnection,
    order: &Order,
    after: Option<RecurringTaskId>,
) -> Result<Vec<RecurringTaskId>> {
    let active = task_types::table.filter(task_types::firm_id.eq(order.firm_id)).filter(task_types::active);
    let mut query = recurring_tasks::table
        .filter(recurring_tasks::firm_id.eq(order.firm_id))
        .filter(recurring_tasks::task_type_id.eq_any(active.select(task_types::id)))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(recurring_tasks::id.gt(after));
    }
    if let Some(ids) = &order.only.recurring {
        query = query.filter(recurring_tasks::id.eq_any(ids.clone()));
    }
    if let Some(ids) = &order.only.clients {
        query = query.filter(recurring_tasks::client_id.eq_any(ids.clone()));
    }
    if let Some(ids) = &order.only.task_types {
        query = query.filter(recurring_tasks::task_type_id.eq_any(ids.clone()));
    }
    Ok(query.order(recurring_tasks::id).limit(CHUNK).select(recurring_tasks::id).load(conn).await?)
}

/// The names of periods of each recurring task.
type Periods = HashMap<RecurringTaskId, HashSet<String>>;

/// Some recurring tasks, and what decides about their periods.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(crate) rows: Vec<RecurringTask>,
    records: HashMap<ClientId, Record>,
    pauses: HashMap<RecurringTaskId, Vec<(String, Option<String>)>>,
    overrides: HashMap<RecurringTaskId, Vec<DueOverride>>,
    unexpected: HashSet<(RecurringTaskId, DocumentDefinitionId)>,
    /// Periods that have a task.
    taken: Periods,
    /// Periods whose task was undone.
    undone: Periods,
}

/// A task to be written: the number of its dates, and those of its documents.
pub(crate) struct Planned {
    pub(super) id: TaskId,
    pub(crate) recurring: RecurringTaskId,
    pub(crate) task_type: TaskTypeId,
    pub(crate) period: Period,
    pub(crate) dates: usize,
    pub(crate) documents: Vec<(DocumentDefinitionId, usize)>,
    pub(crate) is_late: bool,
}

impl Planned {
    /// Whether a document with these dates has those of the task: it has no obligation and no dates of its own.
    pub(crate) const fn is_followed(&self, dates: usize) -> bool {
        self.dates == dates
    }
}

impl Chunk {
    /// One of which nothing matters but what the firm wrote.
    pub(super) fn with(overrides: HashMap<RecurringTaskId, Vec<DueOverride>>) -> Self {
        Self { overrides, ..Self::default() }
    }

    /// Reads what these recurring tasks have.
    pub(crate) async fn read(
        conn: &mut AsyncPgConnection,
        order: &Order,
        rows: Vec<RecurringTask>,
    ) -> Result<Self> {
        let ids: Vec<RecurringTaskId> = rows.iter().map(|row| row.id).collect();
        let client_ids: Vec<ClientId> =
            rows.iter().map(|row| row.client_id).collect::<HashSet<_>>().into_iter().collect();
        let records = records(conn, order.firm_id, Some(&client_ids)).await?;
        let pauses: Vec<Pause> = recurring_task_pauses::table
            .filter(sql::among(recurring_task_pauses::recurring_task_id, &ids))
            .select(Pause::as_select())
            .load(&mut *conn)
            .await?;
        let overrides: Vec<DueOverride> = recurring_task_overrides::table
            .filter(sql::among(recurring_task_overrides::recurring_task_id, &ids))
            .select(DueOverride::as_select())
            .load(&mut *conn)
            .await?;
        let unexpected: Vec<(RecurringTaskId, DocumentDefinitionId)> = recurring_task_unexpected::table
            .filter(sql::among(recurring_task_unexpected::recurring_task_id, &ids))
            .select((recurring_task_unexpected::recurring_task_id, recurring_task_unexpected::definition_id))
            .load(&mut *conn)
            .await?;
        let made: Vec<(RecurringTaskId, String)> = tasks::table
            .filter(tasks::recurring_task_id.eq_any(&ids))
            .select((tasks::recurring_task_id.assume_not_null(), tasks::period.assume_not_null()))
            .load(&mut *conn)
            .await?;
        let undone: Vec<(RecurringTaskId, String)> = undone_periods::table
            .filter(sql::among(undone_periods::recurring_task_id, &ids))
            .select((undone_periods::recurring_task_id, undone_periods::period))
            .load(conn)
            .await?;
        let paused =
            pauses.into_iter().map(|pause| (pause.recurring_task_id, (pause.from_period, pause.to_period)));
        Ok(Self {
            rows,
            records,
            pauses: of_each(paused),
            overrides: of_each(overrides.into_iter().map(|one| (one.recurring_task_id, one))),
            unexpected: unexpected.into_iter().collect(),
            taken: of_each(made),
            undone: of_each(undone),
        })
    }

    /// The tasks that are lacking; and the last recurring task that was looked at, if not all were.
    pub(crate) fn plan(
        &self,
        order: &Order,
        firm: &Firm,
        computed: &mut Computed<'_>,
    ) -> (Vec<Planned>, Option<RecurringTaskId>) {
        let mut planned = Vec::new();
        for row in &self.rows {
            if planned.len() >= MOST {
                let before = self.rows.iter().map(|row| row.id).take_while(|id| *id < row.id).last();
                return (planned, before);
            }
            let (Some(kind), Some(record)) =
                (firm.types.get(&row.task_type_id), self.records.get(&row.client_id))
            else {
                continue;
            };
            let recurrence = recurrence(&kind.row);
            for period in self.series(row, record, &recurrence).begun(order.up_to) {
                let is_lacking =
                    !has(&self.taken, row.id, &period) && (order.again || !self.is_undone(row.id, &period));
                if is_lacking {
                    planned.extend(self.task(order, (kind, row, record), &period, None, computed));
                }
            }
        }
        (planned, None)
    }

    /// The periods that make no task, and why, of those that ended in the last year or later.
    pub(crate) fn skipped(
        &self,
        order: &Order,
        firm: &Firm,
        row: &RecurringTask,
        computed: &mut Computed<'_>,
    ) -> Vec<(Period, SkipReason)> {
        let (Some(kind), Some(record)) =
            (firm.types.get(&row.task_type_id), self.records.get(&row.client_id))
        else {
            return Vec::new();
        };
        let recurrence = recurrence(&kind.row);
        let series = self.series(row, record, &recurrence);
        let since = order.today - TimeDelta::days(YEAR);
        let worked = series.begun(order.up_to);
        let all = Series { pauses: &[], ..series }.begun(order.up_to);
        let lacking =
            all.into_iter().filter(|period| period.end() >= since && !has(&self.taken, row.id, period));
        lacking
            .filter_map(|period| {
                if !worked.contains(&period) {
                    return Some((period, SkipReason::Paused));
                }
                let is_due = self.task(order, (kind, row, record), &period, None, computed).is_some();
                (!is_due).then_some((period, SkipReason::NotCovered))
            })
            .collect()
    }

    /// The periods that a recurring task has.
    fn series<'a>(
        &'a self,
        row: &'a RecurringTask,
        record: &'a Record,
        recurrence: &'a Recurrence,
    ) -> Series<'a> {
        Series {
            recurrence,
            years: &record.years,
            first: &row.first_period,
            last: row.last_period.as_deref(),
            pauses: self.pauses.get(&row.id).map(Vec::as_slice).unwrap_or_default(),
            ended_on: record.ended_on,
        }
    }

    /// Whether somebody undid the task of a period.
    pub(crate) fn is_undone(&self, of: RecurringTaskId, period: &Period) -> bool {
        has(&self.undone, of, period)
    }

    /// What a period that has a task already comes to now, with the legal date that a person `set`; none when no rule covers
    /// it any more.
    pub(crate) fn replanned(
        &self,
        order: &Order,
        firm: &Firm,
        row: &RecurringTask,
        period: &str,
        set: Option<(NaiveDate, &str)>,
        computed: &mut Computed<'_>,
    ) -> Option<Planned> {
        let (kind, record) = (firm.types.get(&row.task_type_id)?, self.records.get(&row.client_id)?);
        let period = Period::parse(period, recurrence(&kind.row).every, &record.years)?;
        self.task(order, (kind, row, record), &period, set, computed)
    }

    /// What a period of a recurring task comes to, with the legal date that a person `set`; none when no rule covers it.
    pub(super) fn task(
        &self,
        order: &Order,
        (kind, row, record): (&Kind, &RecurringTask, &Record),
        period: &Period,
        set: Option<(NaiveDate, &str)>,
        computed: &mut Computed<'_>,
    ) -> Option<Planned> {
        let written = self.written(row.id, None, period);
        let terms = Terms {
            obligation: kind.obligation.as_deref(),
            target: kind.target.as_ref(),
            hand_in: kind.hand_in.as_ref(),
            instead: written.as_ref().map(|(rule, reason)| (rule, *reason)),
            set,
        };
        let dates = computed.dates(terms, period, &record.facts);
        let Outcome::Due(found) = computed.outcome(dates)? else { return None };
        let is_late = found.legal.as_ref().is_some_and(|due| due.date < order.today);
        let expects = row.expects_documents.unwrap_or(kind.row.expects_documents);
        let mut documents = Vec::new();
        for (document, own) in &kind.documents {
            let is_asked = document.direction == Direction::Output || expects;
            if !is_asked || self.unexpected.contains(&(row.id, document.id)) {
                continue;
            }
            let of_task = own.is_none();
            let written = self.written(row.id, Some(document.id), period);
            let of_client = written.as_ref().map(|(rule, reason)| (rule, *reason));
            let of_document = Terms {
                obligation: own.as_deref().or(terms.obligation),
                instead: of_client.or(terms.instead.filter(|_| of_task)),
                // What is handed in for an obligation of its own is due when that is.
                hand_in: kind.hand_ins.get(&document.id).or(terms.hand_in.filter(|_| of_task)),
                set: terms.set.filter(|_| of_task && of_client.is_none()),
                ..terms
            };
            let number = computed.dates(of_document, period, &record.facts);
            // A document whose own obligation does not cover the period is not expected.
            if matches!(computed.outcome(number), Some(Outcome::Due(_))) {
                documents.push((document.id, number));
            }
        }
        let (task_type, period) = (kind.row.id, *period);
        Some(Planned { id: TaskId::new(), recurring: row.id, task_type, period, dates, documents, is_late })
    }

    /// What the firm wrote for a period of a recurring task, or of one of its documents, and why.
    fn written(
        &self,
        of: RecurringTaskId,
        definition: Option<DocumentDefinitionId>,
        period: &Period,
    ) -> Option<(Expr, &str)> {
        let of_it = self.overrides.get(&of)?.iter().filter(|one| one.definition_id == definition);
        let meant = meant(of_it, period)?;
        // What was checked when it was written can be read.
        Some((expression(&meant.due).ok()?, meant.reason.as_str()))
    }
}

/// What each recurring task has.
pub(super) fn of_each<T, All: Default + Extend<T>>(
    rows: impl IntoIterator<Item = (RecurringTaskId, T)>,
) -> HashMap<RecurringTaskId, All> {
    let mut of: HashMap<RecurringTaskId, All> = HashMap::new();
    for (id, one) in rows {
        of.entry(id).or_default().extend([one]);
    }
    of
}

/// Whether some periods of a recurring task have this one, or had it under the name of another fiscal year.
fn has(periods: &Periods, of: RecurringTaskId, period: &Period) -> bool {
    periods.get(&of).is_some_and(|names| {
        names.contains(&period.to_string()) || is_made_otherwise(period, names.iter().map(String::as_str))
    })
}

/// Whether what the firm wrote holds for a period.
fn holds(one: &DueOverride, period: &Period) -> bool {
    let first = Period::last_day(&one.from_period);
    let last = one.to_period.as_deref().map_or(Some(NaiveDate::MAX), Period::last_day);
    first.zip(last).is_some_and(|(first, last)| is_between(period, first, last))
}

/// What the firm wrote that is meant for a period: of several that hold the one that begins last, and then one that ends.
pub(crate) fn meant<'a>(
    written: impl Iterator<Item = &'a DueOverride>,
    period: &Period,
) -> Option<&'a DueOverride> {
    let begins = |one: &&DueOverride| (Period::last_day(&one.from_period), one.to_period.is_some(), one.id);
    written.filter(|one| holds(one, period)).max_by_key(begins)
}
