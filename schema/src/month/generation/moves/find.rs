//! Which dates would move, computed as a run computes them.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use guichet_base::error::Result;
use guichet_base::id::{DocumentId, FirmId, RecurringTaskId, TaskId};
use guichet_obligations::{Direction, Due, Provisional};
use serde_json::Value;

use crate::month::recurring_task::model::RecurringTask;

use super::super::plan::{Computed, Dates, Outcome};
use super::super::run::{Firm, Known};
use super::open::{MoveFilter, Open, OpenDocument, OpenTask, Place, order};
use super::rules::{MoveReason, why};

/// So many chunks are looked at in a request; the next one goes on there.
const MOST_CHUNKS: usize = 25;

/// The dates of a task, or of a document, which has none of the firm's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Days {
    /// The date of the law.
    pub legal: Option<NaiveDate>,
    /// The firm's own date.
    pub target: Option<NaiveDate>,
    /// Until when the client hands in; what the client sees of a document.
    pub due: Option<NaiveDate>,
}

/// A task or a document whose dates would move.
#[derive(Debug, Clone)]
pub struct Move {
    /// The task.
    pub task: TaskId,
    /// The document of it; none when it is the task itself.
    pub document: Option<DocumentId>,
    /// The dates as they are.
    pub before: Days,
    /// The dates as they would be.
    pub after: Days,
    /// Why.
    pub reason: MoveReason,
    /// How the new date of the law is found.
    pub due: Option<Due>,
    /// Whether a date that could still change would be final.
    pub becomes_final: bool,
}

/// Moves, and where the next ones are looked for.
#[derive(Debug, Default)]
pub struct Found {
    /// The moves.
    pub moves: Vec<Move>,
    /// What was looked at last; none when there is no more.
    pub reached: Option<Place>,
}

impl Open {
    /// What would move.
    pub(super) fn moves(&self, firm: &Firm, firm_id: FirmId, computed: &mut Computed<'_>) -> Vec<Move> {
        let order = order(firm_id);
        let rows: HashMap<RecurringTaskId, &RecurringTask> =
            self.chunk.rows.iter().map(|row| (row.id, row)).collect();
        let mut documents: HashMap<TaskId, Vec<&OpenDocument>> = HashMap::new();
        for document in &self.documents {
            documents.entry(document.task_id).or_default().push(document);
        }
        let mut moves = Vec::new();
        for task in &self.tasks {
            let by = self.set_by.get(&task.id).map_or("", String::as_str);
            let set = task.set_day().map(|day| (day, by));
            let row = rows.get(&task.series());
            // A period that no rule covers any more keeps its dates.
            let Some(planned) =
                row.and_then(|row| self.chunk.replanned(&order, firm, row, &task.period, set, computed))
            else {
                continue;
            };
            let Some(Outcome::Due(dates)) = computed.outcome(planned.dates) else { continue };
            let after = after(task, dates);
            moves.extend(of_task(task, after, dates));
            for document in documents.remove(&task.id).into_iter().flatten() {
                let number = planned.documents.iter().find(|(id, _)| *id == document.definition_id);
                let Some((_, number)) = number else { continue };
                if let Some(Outcome::Due(dates)) = computed.outcome(*number) {
                    let days = match planned.is_followed(*number) {
                        true => after,
                        false => Days { legal: legal(dates), target: None, due: dates.hand_in },
                    };
                    moves.extend(of_document(document, days, dates));
                }
            }
        }
        moves
    }
}

fn legal(dates: &Dates) -> Option<NaiveDate> {
    dates.legal.as_ref().map(|due| due.date)
}

/// The dates of a task as they would be: those that a person set stay.
fn after(task: &OpenTask, dates: &Dates) -> Days {
    Days {
        legal: legal(dates),
        target: if task.is_target_set { task.target_on } else { dates.target },
        due: if task.is_hand_in_set { task.hand_in_by } else { dates.hand_in },
    }
}

fn of_task(task: &OpenTask, after: Days, dates: &Dates) -> Option<Move> {
    let before = Days { legal: task.legal_due_on, target: task.target_on, due: task.hand_in_by };
    let moved = moved(task.id, None, (before, after), dates, &task.provisional, task.due_facts.as_ref())?;
    // A day that a person set has no explanation, by which it is known as such.
    Some(Move { due: dates.facts().filter(|_| task.set_day().is_none()), ..moved })
}

/// `days` are those of its task, or those of its own obligation.
fn of_document(document: &OpenDocument, days: Days, dates: &Dates) -> Option<Move> {
    let before = Days { legal: document.legal_due_on, target: None, due: document.due_on };
    let legal = days.legal;
    let due = match document.direction {
        Direction::Input => days.due.or(legal),
        Direction::Output => legal,
    };
    let after = Days { legal, target: None, due: if document.is_due_set { before.due } else { due } };
    let (provisional, facts) = (&document.provisional, document.due_facts.as_ref());
    moved(document.task_id, Some(document.id), (before, after), dates, provisional, facts)
}

fn moved(
    task: TaskId,
    document: Option<DocumentId>,
    (before, after): (Days, Days),
    dates: &Dates,
    provisional: &Value,
    facts: Option<&Value>,
) -> Option<Move> {
    let was: Vec<Provisional> = serde_json::from_value(provisional.clone()).unwrap_or_default();
    let is_final = dates.legal.as_ref().is_none_or(|due| due.provisional.is_empty());
    if before == after && was.is_empty() == is_final {
        return None;
    }
    let old: Option<Due> = facts.and_then(|facts| serde_json::from_value(facts.clone()).ok());
    let reason = match before.legal == after.legal && was.is_empty() == is_final {
        true => MoveReason::OwnRule,
        false => why(old.as_ref(), dates.legal.as_ref()),
    };
    let becomes_final = !was.is_empty() && is_final;
    Some(Move { task, document, before, after, reason, due: dates.legal.clone(), becomes_final })
}

/// The first moves after a place: at least so many, if there are as many nearby, and all of the last chunk.
///
/// # Errors
/// When the database does not answer: retry.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    known: &Known,
    filter: &MoveFilter,
    after: Option<Place>,
    first: usize,
) -> Result<Found> {
    let mut computed = known.computed();
    let mut found = Found { moves: Vec::new(), reached: after };
    for _ in 0..MOST_CHUNKS {
        if found.moves.len() >= first {
            break;
        }
        let next = Open::next(conn, firm, filter, found.reached, false).await?;
        found.reached = next.as_ref().map(|(last, _)| *last);
        let Some((_, open)) = next else { break };
        found.moves.extend(open.moves(&known.firm, firm, &mut computed));
    }
    Ok(found)
}

/// How many tasks, and how many documents, would move.
///
/// # Errors
/// When the database does not answer: retry.
pub(super) async fn count(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    known: &Known,
    filter: &MoveFilter,
) -> Result<(i64, i64)> {
    let mut computed = known.computed();
    let (mut tasks, mut documents, mut after) = (0, 0, None);
    while let Some((last, open)) = Open::next(conn, firm, filter, after, false).await? {
        for one in open.moves(&known.firm, firm, &mut computed) {
            match one.document {
                Some(_) => documents += 1,
                None => tasks += 1,
            }
        }
        after = Some(last);
    }
    Ok((tasks, documents))
}
