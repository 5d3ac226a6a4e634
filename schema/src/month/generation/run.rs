//! Writes the tasks that recurring tasks lack, with their documents: in chunks, each in a transaction of its own, so that
//! staff go on working and nothing is lost when the process dies.

pub(crate) mod by_hand;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::collation;
use guichet_base::error::{OrNotFound, Result};
use guichet_base::i18n::{self, Args};
use guichet_base::id::{
    ClientId, DepartmentId, DocumentDefinitionId, DocumentId, FirmId, GenerationId, Id, RecurringTaskId,
    StaffId, TaskId, TaskTypeId,
};
use guichet_base::locale::Locale;
use guichet_base::search::{self, FOLD};
use guichet_engine::actor::{Area, Areas, StaffRole};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::sql;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::{
    clients, document_definitions, firms, recurring_task_overrides, recurring_task_pauses,
    recurring_task_unexpected, recurring_tasks, staff_members, task_types, tasks, undone_periods,
};
use guichet_obligations::{Book, Calendars, Direction, Expr, Period, PeriodKind, expression};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::month::recurring_task::model::{DueOverride, Pause, RecurringTask};
use crate::month::recurring_task::rules::{Series, is_between, is_made_otherwise};
use crate::month::task_type::model::{DocumentDefinition, TaskType};
use crate::month::task_type::rules::recurrence;
use crate::month::{calendar, obligation};
use crate::people::client::record::queries::{Record, records};
use crate::people::firm::queries::works_here;

use super::model::GenerationState;
use super::plan::{Computed, Outcome, Terms};
use super::preview::SkipReason;
use super::progress;

/// So many recurring tasks are looked at in one transaction.
const CHUNK: i64 = 200;
/// So many tasks are written in one transaction, but for those of one recurring task.
const MOST: usize = 1_000;
/// So many days back a period that makes no task is told of.
const YEAR: i64 = 366;
/// The noun of the event that says that a client's month has new tasks and documents; its subject is the client.
pub const MONTH: &str = "month";

/// Which recurring tasks are meant; without anything, all of the firm.
#[derive(Debug, Clone, Default)]
pub struct Only {
    /// These.
    pub recurring: Option<Vec<RecurringTaskId>>,
    /// Those of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// Those of these kinds of work.
    pub task_types: Option<Vec<TaskTypeId>>,
}

/// What is to be generated.
#[derive(Debug, Clone)]
pub struct Order {
    /// The firm.
    pub firm_id: FirmId,
    /// Everything whose work begins by this day.
    pub up_to: NaiveDate,
    /// The firm's day: what was due before it is generated late.
    pub today: NaiveDate,
    /// Of which recurring tasks.
    pub only: Only,
    /// Whether what somebody undid is made again: only when a person asks for it.
    pub again: bool,
    /// The run, if a person can see it.
    pub generation_id: Option<GenerationId>,
}

/// What dates are computed with.
pub(super) struct Known {
    pub(super) firm: Firm,
    book: Book,
    calendars: Calendars<'static>,
}

impl Known {
    /// Reads what a firm has.
    pub(super) async fn read(conn: &mut AsyncPgConnection, firm_id: FirmId) -> Result<Self> {
        Ok(Self {
            firm: firm(conn, firm_id).await?,
            book: obligation::queries::book(conn, firm_id).await?,
            calendars: calendar::queries::calendars(conn, firm_id).await?,
        })
    }

    /// The same with other rules.
    pub(super) fn with(self, book: Book) -> Self {
        Self { book, ..self }
    }

    /// Dates, none of them computed yet.
    pub(super) fn computed(&self) -> Computed<'_> {
        Computed::new(&self.book, &self.calendars)
    }
}

/// What all chunks need to know of a firm.
pub(super) struct Firm {
    pub(super) locale: Locale,
    owner: StaffId,
    pub(super) types: HashMap<TaskTypeId, Kind>,
}

/// A kind of work with its rules read.
pub(super) struct Kind {
    pub(super) row: TaskType,
    obligation: Option<String>,
    target: Option<Expr>,
    hand_in: Option<Expr>,
    documents: Vec<(DocumentDefinition, Option<String>)>,
    /// Until when the client hands in those that have a rule of their own.
    hand_ins: HashMap<DocumentDefinitionId, Expr>,
}

/// Generates what is lacking, and returns how many tasks were made. Several runs at once, and runs that begin again, make
/// each task once.
///
/// # Errors
/// When the database does not answer: retry; what was made stays.
pub async fn run(store: &Store, order: &Order) -> Result<usize> {
    let known = Known::read(&mut *store.conn().await?, order.firm_id).await?;
    let mut computed = known.computed();
    let (mut made, mut after) = (0, None);
    loop {
        let step = step(store, order, &known, &mut computed, after).await?;
        let Some((reached, of_step)) = step else { break };
        made += of_step;
        after = Some(reached);
    }
    Ok(made)
}

/// One chunk in its transaction: the last recurring task that was looked at, and how many tasks were made; none after the
/// last chunk.
pub(super) async fn step(
    store: &Store,
    order: &Order,
    known: &Known,
    computed: &mut Computed<'_>,
    after: Option<RecurringTaskId>,
) -> Result<Option<(RecurringTaskId, usize)>> {
    let mut tx = store.begin(By::system()).await?;
    if let Some(id) = order.generation_id
        && progress::lock(&mut tx, id, GenerationState::Running).await?.is_none()
    {
        // It ended, or is being undone: a worker that was away for long makes nothing more.
        return Ok(None);
    }
    let rows = lock(tx.conn(), order, after).await?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
    let chunk = Chunk::read(tx.conn(), order, rows).await?;
    let (planned, reached) = chunk.plan(order, &known.firm, computed);
    let made = write(&mut tx, order, &known.firm, computed, &planned).await?;
    tx.commit(()).await?;
    Ok(Some((reached.unwrap_or(last), made)))
}

/// What the firm's kinds of work are, and who does what nobody else does.
async fn firm(conn: &mut AsyncPgConnection, id: FirmId) -> Result<Firm> {
    let locale: Locale = firms::table.find(id).select(firms::locale).get_result(&mut *conn).await?;
    let owner: Option<StaffId> = staff_members::table
        .filter(works_here(id))
        .filter(staff_members::role.eq(StaffRole::Owner))
        .order(staff_members::id)
        .select(staff_members::id)
        .first(&mut *conn)
        .await
        .optional()?;
    let rows: Vec<TaskType> = task_types::table
        .filter(task_types::firm_id.eq(id))
        .select(TaskType::as_select())
        .load(&mut *conn)
        .await?;
    let codes: HashMap<_, String> =
        obligation::commands::codes(conn, id).await?.into_iter().map(|(code, id)| (id, code)).collect();
    let documents: Vec<DocumentDefinition> = document_definitions::table
        .filter(document_definitions::firm_id.eq(id))
        .filter(document_definitions::retired_at.is_null())
        .order((document_definitions::task_type_id, document_definitions::position))
        .select(DocumentDefinition::as_select())
        .load(conn)
        .await?;
    // What was checked when it was written can be read.
    let rule = |rule: &Option<Value>| rule.as_ref().and_then(|rule| expression(rule).ok());
    let code = |id| codes.get(&id).cloned();
    let kind = |row: TaskType| {
        let of_type = documents.iter().filter(|document| document.task_type_id == row.id);
        let kind = Kind {
            obligation: row.obligation_id.and_then(code),
            target: rule(&row.target_rule),
            hand_in: rule(&row.hand_in_rule),
            hand_ins: of_type
                .clone()
                .filter_map(|document| Some((document.id, rule(&document.hand_in_rule)?)))
                .collect(),
            documents: of_type
                .map(|document| (document.clone(), document.obligation_id.and_then(code)))
                .collect(),
            row,
        };
        (kind.row.id, kind)
    };
    Ok(Firm { locale, owner: owner.or_not_found("firmId")?, types: rows.into_iter().map(kind).collect() })
}

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
pub(super) async fn look(
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

/// Some recurring tasks, and what decides about their periods.
pub(super) struct Chunk {
    pub(super) rows: Vec<RecurringTask>,
    pub(super) records: HashMap<ClientId, Record>,
    pauses: HashMap<RecurringTaskId, Vec<(String, Option<String>)>>,
    overrides: HashMap<RecurringTaskId, Vec<DueOverride>>,
    unexpected: HashSet<(RecurringTaskId, DocumentDefinitionId)>,
    /// Periods that have a task.
    taken: HashSet<(RecurringTaskId, String)>,
    /// Periods whose task was undone.
    pub(super) undone: HashSet<(RecurringTaskId, String)>,
}

/// A task to be written: the number of its dates, and those of its documents.
pub(super) struct Planned {
    id: TaskId,
    pub(super) recurring: RecurringTaskId,
    pub(super) task_type: TaskTypeId,
    pub(super) period: Period,
    pub(super) dates: usize,
    pub(super) documents: Vec<(DocumentDefinitionId, usize)>,
    pub(super) is_late: bool,
}

impl Planned {
    /// Whether a document with these dates has those of the task: it has no obligation and no dates of its own.
    pub(super) const fn is_followed(&self, dates: usize) -> bool {
        self.dates == dates
    }
}

impl Chunk {
    pub(super) async fn read(
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
        let (taken, undone) = (made.into_iter().collect(), undone.into_iter().collect());
        let mut of: HashMap<RecurringTaskId, Vec<(String, Option<String>)>> = HashMap::new();
        for pause in pauses {
            of.entry(pause.recurring_task_id).or_default().push((pause.from_period, pause.to_period));
        }
        let mut written: HashMap<RecurringTaskId, Vec<DueOverride>> = HashMap::new();
        for one in overrides {
            written.entry(one.recurring_task_id).or_default().push(one);
        }
        let unexpected = unexpected.into_iter().collect();
        Ok(Self { rows, records, pauses: of, overrides: written, unexpected, taken, undone })
    }

    /// The tasks that are lacking; and the last recurring task that was looked at, if not all were.
    pub(super) fn plan(
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
            let series = Series {
                recurrence: &recurrence,
                years: &record.years,
                first: &row.first_period,
                last: row.last_period.as_deref(),
                pauses: self.pauses.get(&row.id).map(Vec::as_slice).unwrap_or_default(),
                ended_on: record.ended_on,
            };
            for period in series.begun(order.up_to) {
                let is_lacking = !has(&self.taken, row.id, &period)
                    && (order.again || !has(&self.undone, row.id, &period));
                if is_lacking {
                    planned.extend(self.task(order, (kind, row, record), &period, None, computed));
                }
            }
        }
        (planned, None)
    }

    /// The periods that make no task, and why, of those that ended in the last year or later.
    pub(super) fn skipped(
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
        let series = Series {
            recurrence: &recurrence,
            years: &record.years,
            first: &row.first_period,
            last: row.last_period.as_deref(),
            pauses: self.pauses.get(&row.id).map(Vec::as_slice).unwrap_or_default(),
            ended_on: record.ended_on,
        };
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

    /// What a period that has a task already comes to now, with the legal date that a person `set`; none when no rule covers
    /// it any more.
    pub(super) fn replanned(
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
        let written = self.overrides.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        // What was checked when it was written can be read.
        let read: Vec<(&DueOverride, Expr)> =
            written.iter().filter_map(|one| Some((one, expression(&one.due).ok()?))).collect();
        let instead = |definition: Option<DocumentDefinitionId>| {
            let of_it = read.iter().map(|(one, _)| *one).filter(|one| one.definition_id == definition);
            let meant = meant(of_it, period)?;
            let (_, rule) = read.iter().find(|(one, _)| one.id == meant.id)?;
            Some((rule, meant.reason.as_str()))
        };
        let terms = Terms {
            obligation: kind.obligation.as_deref(),
            target: kind.target.as_ref(),
            hand_in: kind.hand_in.as_ref(),
            instead: instead(None),
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
            let of_client = instead(Some(document.id));
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
}

/// Whether some periods of a recurring task have this one, or had it under the name of another fiscal year.
fn has(periods: &HashSet<(RecurringTaskId, String)>, of: RecurringTaskId, period: &Period) -> bool {
    let names = periods.iter().filter(|(id, _)| *id == of).map(|(_, name)| name.as_str());
    periods.contains(&(of, period.to_string()))
        || period.kind() == PeriodKind::FiscalYear && is_made_otherwise(period, names)
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

/// Writes planned tasks with their documents; returns how many were not there yet.
async fn write(
    tx: &mut Tx,
    order: &Order,
    firm: &Firm,
    computed: &Computed<'_>,
    planned: &[Planned],
) -> Result<usize> {
    if planned.is_empty() {
        return Ok(0);
    }
    let now = tx.now;
    let mut dues = Dues::default();
    let rows: Vec<i32> = planned.iter().map(|task| dues.of_task(firm, computed, task)).collect();
    let made: Vec<Made> = diesel::sql_query(TASKS)
        .bind::<Jsonb, _>(Value::Array(std::mem::take(&mut dues.tasks)))
        .bind::<Array<SqlUuid>, _>(planned.iter().map(|task| task.id.uuid()).collect::<Vec<Uuid>>())
        .bind::<Array<SqlUuid>, _>(planned.iter().map(|task| task.recurring.uuid()).collect::<Vec<Uuid>>())
        .bind::<Array<Integer>, _>(rows)
        .bind::<Nullable<SqlUuid>, _>(order.generation_id)
        .bind::<SqlUuid, _>(firm.owner)
        .bind::<SmallInt, _>(FOLD)
        .bind::<Timestamptz, _>(now)
        .load(tx.conn())
        .await?;
    if made.is_empty() {
        return Ok(0);
    }
    let is_made: HashSet<TaskId> = made.iter().map(|task| task.id).collect();

    let of_made: Vec<&Planned> = planned.iter().filter(|task| is_made.contains(&task.id)).collect();
    write_documents(tx, firm, computed, &mut dues, &of_made).await?;
    if order.again {
        diesel::sql_query(AGAIN)
            .bind::<Array<SqlUuid>, _>(made.iter().map(|task| task.id.uuid()).collect::<Vec<Uuid>>())
            .execute(tx.conn())
            .await?;
    }
    let areas = of_made.iter().map(|task| (task.id, areas(firm, task))).collect();
    tell(tx, order.firm_id, &made, &areas).await?;
    progress::made(tx, order, &made).await?;
    Ok(made.len())
}

/// Writes the documents of tasks that are there.
async fn write_documents(
    tx: &mut Tx,
    firm: &Firm,
    computed: &Computed<'_>,
    dues: &mut Dues,
    planned: &[&Planned],
) -> Result<()> {
    let names: HashMap<DocumentDefinitionId, (&str, &str)> = firm
        .types
        .values()
        .flat_map(|kind| {
            let of_type = kind.row.name.as_str();
            kind.documents.iter().map(move |(document, _)| (document.id, (document.name.as_str(), of_type)))
        })
        .collect();
    let mut folded: HashMap<(DocumentDefinitionId, Period), String> = HashMap::new();
    let (mut ids, mut of, mut definitions, mut numbers, mut texts) = (vec![], vec![], vec![], vec![], vec![]);
    for task in planned {
        for (definition, number) in &task.documents {
            let text = || {
                let (name, task_type) = names.get(definition).copied().unwrap_or_default();
                document_text(name, task_type, &label(firm.locale, &task.period))
            };
            texts.push(folded.entry((*definition, task.period)).or_insert_with(text).clone());
            ids.push(DocumentId::new().uuid());
            of.push(task.id.uuid());
            definitions.push(definition.uuid());
            let hand_in = dues.hand_in.filter(|_| task.is_followed(*number));
            numbers.push(dues.of_document(computed, *number, hand_in));
        }
    }
    if !ids.is_empty() {
        let now = tx.now;
        diesel::sql_query(DOCUMENTS)
            .bind::<Jsonb, _>(Value::Array(std::mem::take(&mut dues.documents)))
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<SqlUuid>, _>(of)
            .bind::<Array<SqlUuid>, _>(definitions)
            .bind::<Array<Integer>, _>(numbers)
            .bind::<Array<Text>, _>(texts)
            .bind::<SmallInt, _>(FOLD)
            .bind::<Timestamptz, _>(now)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// A task that came or went, and who may know of it.
#[derive(Debug, QueryableByName)]
pub(crate) struct Made {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: TaskId,
    #[diesel(sql_type = SqlUuid)]
    pub(crate) client_id: ClientId,
    #[diesel(sql_type = SqlUuid)]
    pub(crate) assignee_id: StaffId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(crate) department_id: Option<DepartmentId>,
}

/// What the documents of a planned task are about.
fn areas(firm: &Firm, task: &Planned) -> Areas {
    let kind = firm.types.get(&task.task_type);
    let definitions = kind.into_iter().flat_map(|kind| &kind.documents).map(|(definition, _)| definition);
    let planned = definitions.filter(|one| task.documents.iter().any(|(id, _)| *id == one.id));
    planned.filter_map(|one| Area::parse(one.category.as_str())).fold(Areas::NONE, Areas::with)
}

/// One event for each client, department and area of documents: lists and panels are then read anew, once for all that came
/// or went. `areas` are what the documents of each task are about: of a task without documents a client learns nothing
/// (C-01), and of documents who may see them (B-05).
pub(super) async fn tell(
    tx: &mut Tx,
    firm: FirmId,
    of: &[Made],
    areas: &HashMap<TaskId, Areas>,
) -> Result<()> {
    type Told = (BTreeSet<StaffId>, Areas);
    let mut people: BTreeMap<(ClientId, Option<DepartmentId>), Told> = BTreeMap::new();
    for task in of {
        let told = people.entry((task.client_id, task.department_id));
        let (assignees, all) = told.or_insert((BTreeSet::new(), Areas::NONE));
        assignees.insert(task.assignee_id);
        *all = areas.get(&task.id).into_iter().flat_map(|areas| areas.iter()).fold(*all, Areas::with);
    }
    let ids: Vec<ClientId> =
        people.keys().map(|(client, _)| *client).collect::<BTreeSet<_>>().into_iter().collect();
    let portfolio: Vec<(ClientId, Option<StaffId>)> = clients::table
        .filter(sql::among(clients::id, &ids))
        .select((clients::id, clients::accountant_id))
        .load(tx.conn())
        .await?;
    let portfolio: HashMap<ClientId, Option<StaffId>> = portfolio.into_iter().collect();
    for ((client, department), (assignees, areas)) in people {
        let accountant = portfolio.get(&client).copied().flatten();
        let audience =
            Audience::of_row(client, assignees.into_iter().map(Some), accountant, department, None);
        let mut audiences: Vec<Audience> =
            areas.iter().map(|area| Audience { area: Some(area), ..audience.clone() }).collect();
        if audiences.is_empty() {
            audiences.push(audience.internal_if(true));
        }
        for audience in audiences {
            let (before, after) = (Some(audience.clone()), Some(audience));
            tx.event(firm, Event { noun: MONTH, subject: client.uuid(), before, after });
        }
    }
    Ok(())
}

/// The dates of tasks and documents, each once.
#[derive(Default)]
struct Dues {
    tasks: Vec<Value>,
    documents: Vec<Value>,
    known: HashMap<(TaskTypeId, Period, usize, bool), i32>,
    of_documents: HashMap<usize, i32>,
    /// The day of the one task for what the client brings.
    hand_in: Option<NaiveDate>,
}

impl Dues {
    fn of_task(&mut self, firm: &Firm, computed: &Computed<'_>, task: &Planned) -> i32 {
        let key = (task.task_type, task.period, task.dates, task.is_late);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let number = i32::try_from(self.tasks.len()).unwrap_or(i32::MAX);
        let name = firm.types.get(&task.task_type).map_or("", |kind| kind.row.name.as_str());
        let title = format!("{name} {}", label(firm.locale, &task.period));
        let Some(Outcome::Due(dates)) = computed.outcome(task.dates) else { return number };
        let legal = dates.legal.as_ref();
        self.tasks.push(json!({
            "no": number,
            "period": task.period.to_string(),
            "starts": task.period.start(),
            "ends": task.period.end(),
            "search": search::fold(&title),
            "key": collation::key(&title).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "title": title,
            "legal": legal.map(|due| due.date),
            "target": dates.target,
            "hand_in": dates.hand_in,
            "provisional": legal.map(|due| &due.provisional),
            "facts": dates.facts(),
            "late": task.is_late,
        }));
        self.known.insert(key, number);
        number
    }

    fn of_document(&mut self, computed: &Computed<'_>, dates: usize, hand_in: Option<NaiveDate>) -> i32 {
        if let Some(known) = self.of_documents.get(&dates) {
            return *known;
        }
        let number = i32::try_from(self.documents.len()).unwrap_or(i32::MAX);
        let Some(Outcome::Due(found)) = computed.outcome(dates) else { return number };
        let legal = found.legal.as_ref();
        self.documents.push(json!({
            "no": number,
            "legal": legal.map(|due| due.date),
            // Never the firm's own date, which no client learns (C-09).
            "hand_in": hand_in.or(found.hand_in).or(legal.map(|due| due.date)),
            "provisional": legal.map(|due| &due.provisional),
            "facts": legal,
        }));
        self.of_documents.insert(dates, number);
        number
    }
}

/// The text by which a document is found: its name, its kind of work and its period. Nothing of its task: what people write
/// of that is no client's to search (C-01).
pub(crate) fn document_text(name: &str, task_type: &str, period: &str) -> String {
    search::fold(&format!("{name} {task_type} {period}"))
}

/// A period as people of a language write it in a title: `04/2019`.
pub fn label(locale: Locale, period: &Period) -> String {
    let mut args = Args::new();
    let (start, end) = (period.start(), period.end());
    args.set("from", start.format("%m").to_string());
    args.set("month", end.format("%m").to_string());
    args.set("year", end.format("%Y").to_string());
    args.set(
        "quarter",
        end.format("%m").to_string().parse::<u32>().map_or(0, |month| month.div_ceil(3)).to_string(),
    );
    let key = match period.kind() {
        PeriodKind::Month if period.length() > 1 => "period-months",
        PeriodKind::Month => "period-month",
        PeriodKind::Quarter => "period-quarter",
        PeriodKind::Year => "period-year",
        PeriodKind::FiscalYear if end.format("%m-%d").to_string() == "12-31" => "period-year",
        PeriodKind::FiscalYear => "period-fiscal-year",
    };
    i18n::text(locale, key, &args)
}

/// Tasks that are not there yet: `$1` their dates, each once; `$2` to `$4` their ids, recurring tasks and dates.
const TASKS: &str = "
    WITH due AS (
        SELECT * FROM jsonb_to_recordset($1) AS due (no int, period text, starts date, ends date, search text, title text,
            key text, legal date, target date, hand_in date, provisional jsonb, facts jsonb, late boolean)
    ), planned AS (
        SELECT * FROM unnest($2, $3, $4) AS planned (id, recurring, no)
    )
    INSERT INTO tasks (id, firm_id, client_id, recurring_task_id, task_type_id, generation_id, origin, period,
        period_starts_on, period_ends_on, title, title_key, assignee_id, department_id, status, legal_due_on, target_on,
        hand_in_by, provisional, due_facts, was_generated_late, search_text, search_fold, created_at, updated_at)
    SELECT planned.id, r.firm_id, r.client_id, r.id, r.task_type_id, $5, 'RECURRING', due.period,
        due.starts, due.ends, due.title, decode(due.key, 'hex'),
        coalesce(fixed.id, CASE WHEN t.assign_portfolio THEN accountant.id END, usual.id, $6), t.department_id, 'TODO',
        due.legal, due.target, due.hand_in, coalesce(due.provisional, '[]'), due.facts, due.late, due.search, $7, $8, $8
    FROM planned JOIN due USING (no)
    JOIN recurring_tasks AS r ON r.id = planned.recurring
    JOIN task_types AS t ON t.id = r.task_type_id
    JOIN clients AS c ON c.id = r.client_id
    LEFT JOIN staff_members AS fixed ON fixed.id = r.assignee_id AND fixed.disabled_at IS NULL
    LEFT JOIN staff_members AS accountant ON accountant.id = c.accountant_id AND accountant.disabled_at IS NULL
    LEFT JOIN staff_members AS usual ON usual.id = t.assignee_id AND usual.disabled_at IS NULL
    -- Several runs at once wait for each other in one order.
    ORDER BY r.id, due.period
    ON CONFLICT (recurring_task_id, period) DO NOTHING
    RETURNING id, client_id, assignee_id, department_id";

/// What was undone and is made again (C-11): `$1` the new tasks.
const AGAIN: &str = "
    DELETE FROM undone_periods USING tasks
    WHERE tasks.id = ANY ($1) AND undone_periods.recurring_task_id = tasks.recurring_task_id
        AND undone_periods.period = tasks.period";

/// The documents of new tasks: `$1` their dates, each once; `$2` to `$6` their ids, tasks, definitions, dates and the folded
/// texts by which they are found.
const DOCUMENTS: &str = "
    WITH due AS (
        SELECT * FROM jsonb_to_recordset($1) AS due (no int, legal date, hand_in date, provisional jsonb, facts jsonb)
    ), planned AS (
        SELECT * FROM unnest($2, $3, $4, $5, $6) AS planned (id, task, definition, no, search)
    )
    INSERT INTO documents (id, firm_id, client_id, task_id, definition_id, task_type_id, assignee_id, department_id, direction,
        category, name, period, period_starts_on, takes, wants_approval, is_required, legal_due_on, due_on, provisional,
        due_facts, search_text, search_fold, created_at, updated_at)
    SELECT planned.id, k.firm_id, k.client_id, k.id, d.id, k.task_type_id, k.assignee_id, k.department_id, d.direction,
        d.category, d.name, k.period, k.period_starts_on, d.takes, d.wants_approval, d.is_required, due.legal,
        CASE WHEN d.direction = 'INPUT' THEN due.hand_in ELSE due.legal END, coalesce(due.provisional, '[]'), due.facts,
        planned.search, $7, $8, $8
    FROM planned JOIN due USING (no)
    JOIN tasks AS k ON k.id = planned.task
    JOIN document_definitions AS d ON d.id = planned.definition";
