//! What a run would make (C-11), by the planning of the run itself. Nothing is written; of each chunk only what is shown is
//! kept.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, RecurringTaskId};
use guichet_obligations::Provisional;

use super::plan::Outcome;
use super::run::{Chunk, Known, Order, label, look};

/// Most tasks that are shown of one recurring task; all are counted.
pub const MOST_SHOWN: usize = 24;

/// What a run would make.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// How many tasks.
    pub tasks: i64,
    /// How many documents of these.
    pub documents: i64,
    /// How many of the tasks somebody undid before.
    pub again: i64,
    /// For how many clients.
    pub clients: i64,
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

/// Counts what a run would make, and shows the first lines after a recurring task.
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
    let mut clients: HashSet<ClientId> = HashSet::new();
    let mut reached = None;
    loop {
        let rows = look(conn, order, reached).await?;
        let Some(last) = rows.last().map(|row| row.id) else { break };
        let chunk = Chunk::read(conn, order, rows).await?;
        let (planned, before) = chunk.plan(order, &known.firm, &mut computed);
        reached = Some(before.unwrap_or(last));
        for of in planned.chunk_by(|one, other| one.recurring == other.recurring) {
            let Some(id) = of.first().map(|task| task.recurring) else { continue };
            clients.extend(chunk.rows.iter().find(|row| row.id == id).map(|row| row.client_id));
            let mut line = Line { recurring: id, tasks: 0, documents: 0, again: 0, shown: Vec::new() };
            let is_shown = after.is_none_or(|after| id > after) && preview.lines.len() < first;
            preview.has_more |= after.is_none_or(|after| id > after) && !is_shown;
            for task in of {
                let period = task.period.to_string();
                let is_again = chunk.undone.contains(&(id, period.clone()));
                let documents = i64::try_from(task.documents.len()).unwrap_or(i64::MAX);
                line.tasks += 1;
                line.documents += documents;
                line.again += i64::from(is_again);
                let (true, Some(Outcome::Due(dates))) =
                    (is_shown && line.shown.len() < MOST_SHOWN, computed.outcome(task.dates))
                else {
                    continue;
                };
                let kind = known.firm.types.get(&task.task_type).map_or("", |kind| kind.row.name.as_str());
                line.shown.push(Shown {
                    title: format!("{kind} {}", label(known.firm.locale, &task.period)),
                    period,
                    legal: dates.legal.as_ref().map(|due| due.date),
                    target: dates.target,
                    hand_in: dates.hand_in,
                    provisional: dates.legal.as_ref().map(|due| due.provisional.clone()).unwrap_or_default(),
                    documents,
                    is_again,
                    is_late: task.is_late,
                });
            }
            preview.tasks += line.tasks;
            preview.documents += line.documents;
            preview.again += line.again;
            if is_shown {
                preview.lines.push(line);
            }
        }
    }
    preview.clients = i64::try_from(clients.len()).unwrap_or(i64::MAX);
    Ok(preview)
}
