//! What a run would make (C-11), by the planning of the run itself. Nothing is written; of each chunk only what is shown is
//! kept. Lines are planned as far as they are shown; what a run would make in all is counted only when somebody asks.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, RecurringTaskId};
use guichet_base::text_enum;
use guichet_obligations::{Period, Provisional};

use super::plan::{Computed, Outcome};
use super::run::{Chunk, Known, Order, Planned, label, look};

/// Most tasks that are shown of one recurring task; all are counted.
pub const MOST_SHOWN: usize = 24;

/// How much a run would make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many tasks.
    pub tasks: i64,
    /// How many documents of these.
    pub documents: i64,
    /// How many of the tasks somebody undid before.
    pub again: i64,
    /// For how many clients.
    pub clients: i64,
}

/// The first lines of what a run would make, after a recurring task.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Recurring tasks, in the order of their ids.
    pub lines: Vec<Line>,
    /// Whether there are more after these.
    pub has_more: bool,
}

/// What a run would make of one recurring task.
#[derive(Debug, Clone)]
pub struct Line {
    /// The recurring task.
    pub recurring: RecurringTaskId,
    /// How many tasks.
    pub tasks: i64,
    /// How many documents.
    pub documents: i64,
    /// How many of the tasks somebody undid before.
    pub again: i64,
    /// The first tasks, at most [`MOST_SHOWN`].
    pub shown: Vec<Shown>,
    /// Periods of the last year that make no task, and why; the last ones, at most [`MOST_SHOWN`].
    pub skipped: Vec<(String, SkipReason)>,
}

text_enum! {
    /// Why a period makes no task.
    pub enum SkipReason {
        /// The recurring task rests.
        Paused = "PAUSED",
        /// No version of the rule holds for the period: nothing is due.
        NotCovered = "NOT_COVERED",
    }
}

/// A task that a run would make.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its title.
    pub title: String,
    /// The name of its period.
    pub period: String,
    /// The date of the law.
    pub legal: Option<NaiveDate>,
    /// The firm's own date.
    pub target: Option<NaiveDate>,
    /// Until when the client hands in.
    pub hand_in: Option<NaiveDate>,
    /// Why the legal date may still change.
    pub provisional: Vec<Provisional>,
    /// How many documents it has.
    pub documents: i64,
    /// Whether somebody undid it before.
    pub is_again: bool,
    /// Whether its legal date is over.
    pub is_late: bool,
}

/// Counts what a run would make: plans all of it.
///
/// # Errors
/// When the database does not answer: retry.
pub(super) async fn totals(conn: &mut AsyncPgConnection, order: &Order) -> Result<Totals> {
    let known = Known::read(conn, order.firm_id).await?;
    let mut computed = known.computed();
    let mut totals = Totals::default();
    let mut clients: HashSet<ClientId> = HashSet::new();
    let mut reached = None;
    while let Some((chunk, planned, last)) = next(conn, order, &known, &mut computed, reached).await? {
        let made: HashSet<RecurringTaskId> = planned.iter().map(|task| task.recurring).collect();
        clients.extend(chunk.rows.iter().filter(|row| made.contains(&row.id)).map(|row| row.client_id));
        for task in &planned {
            totals.tasks += 1;
            totals.documents += i64::try_from(task.documents.len()).unwrap_or(i64::MAX);
            totals.again += i64::from(chunk.is_undone(task.recurring, &task.period));
        }
        reached = Some(last);
    }
    totals.clients = i64::try_from(clients.len()).unwrap_or(i64::MAX);
    Ok(totals)
}

/// Shows the first lines after a recurring task, and looks no further.
///
/// # Errors
/// When the database does not answer: retry.
pub(super) async fn preview(
    conn: &mut AsyncPgConnection,
    order: &Order,
    after: Option<RecurringTaskId>,
    first: usize,
) -> Result<Preview> {
    let known = Known::read(conn, order.firm_id).await?;
    let mut computed = known.computed();
    let mut preview = Preview::default();
    let mut reached = after;
    while let Some((chunk, planned, last)) = next(conn, order, &known, &mut computed, reached).await? {
        let of_rows = planned.chunk_by(|one, other| one.recurring == other.recurring);
        let of_rows: HashMap<RecurringTaskId, &[Planned]> =
            of_rows.filter_map(|of| Some((of.iter().next()?.recurring, of))).collect();
        for row in chunk.rows.iter().filter(|row| row.id <= last) {
            let of = of_rows.get(&row.id).copied().unwrap_or_default();
            let skipped = chunk.skipped(order, &known.firm, row, &mut computed);
            if of.is_empty() && skipped.is_empty() {
                continue;
            }
            if preview.lines.len() == first {
                preview.has_more = true;
                return Ok(preview);
            }
            preview.lines.push(line(&chunk, &known, &computed, (row.id, of, skipped)));
        }
        reached = Some(last);
    }
    Ok(preview)
}

/// Plans the next recurring tasks; the last one that was looked at. None when there are no more.
async fn next(
    conn: &mut AsyncPgConnection,
    order: &Order,
    known: &Known,
    computed: &mut Computed<'_>,
    after: Option<RecurringTaskId>,
) -> Result<Option<(Chunk, Vec<Planned>, RecurringTaskId)>> {
    let rows = look(conn, order, after).await?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
    let chunk = Chunk::read(conn, order, rows).await?;
    let (planned, before) = chunk.plan(order, &known.firm, computed);
    Ok(Some((chunk, planned, before.unwrap_or(last))))
}

/// The line of a recurring task, with all of its tasks.
fn line(
    chunk: &Chunk,
    known: &Known,
    computed: &Computed<'_>,
    (recurring, of, skipped): (RecurringTaskId, &[Planned], Vec<(Period, SkipReason)>),
) -> Line {
    let from = skipped.len().saturating_sub(MOST_SHOWN);
    let skipped = skipped.into_iter().skip(from).map(|(period, why)| (period.to_string(), why)).collect();
    let mut line = Line { recurring, tasks: 0, documents: 0, again: 0, shown: Vec::new(), skipped };
    for task in of {
        let is_again = chunk.is_undone(task.recurring, &task.period);
        let documents = i64::try_from(task.documents.len()).unwrap_or(i64::MAX);
        line.tasks += 1;
        line.documents += documents;
        line.again += i64::from(is_again);
        let (true, Some(Outcome::Due(dates))) = (line.shown.len() < MOST_SHOWN, computed.outcome(task.dates))
        else {
            continue;
        };
        let kind = known.firm.types.get(&task.task_type).map_or("", |kind| kind.row.name.as_str());
        line.shown.push(Shown {
            title: format!("{kind} {}", label(known.firm.locale, &task.period)),
            period: task.period.to_string(),
            legal: dates.legal.as_ref().map(|due| due.date),
            target: dates.target,
            hand_in: dates.hand_in,
            provisional: dates.legal.as_ref().map(|due| due.provisional.clone()).unwrap_or_default(),
            documents,
            is_again,
            is_late: task.is_late,
        });
    }
    line
}
