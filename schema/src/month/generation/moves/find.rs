//! Which dates would move, computed as a run computes them. Recurring tasks are looked at chunk by chunk, then the tasks that
//! people entered for a kind of work and a period.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{
    ClientId, DepartmentId, DocumentDefinitionId, DocumentId, FirmId, Id, RecurringTaskId, StaffId, TaskId,
    TaskTypeId,
};
use guichet_engine::sql;
use guichet_engine::tables::{documents, recurring_tasks, tasks};
use guichet_obligations::{Direction, Due, Provisional};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::month::recurring_task::model::RecurringTask;

use super::super::plan::{Computed, Dates, Outcome};
use super::super::run::{Chunk, Firm, Known, Only, Order};
use super::rules::{MoveReason, why};

/// So many recurring tasks, or tasks by hand, are looked at at once.
const CHUNK: i64 = 200;

/// Of which tasks dates are asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveFilter {
    /// These tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<TaskId>>,
    /// Those of these clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<Vec<ClientId>>,
    /// Those of these kinds of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_types: Option<Vec<TaskTypeId>>,
}

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

/// What was looked at last: all recurring tasks come before the tasks that people entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A recurring task.
    Recurring(RecurringTaskId),
    /// A task that somebody entered.
    ByHand(TaskId),
}

/// Moves, and where the next ones are looked for.
#[derive(Debug, Default)]
pub struct Found {
    /// The moves.
    pub moves: Vec<Move>,
    /// What was looked at last; none when there is no more.
    pub reached: Option<Place>,
}

/// An open task.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct OpenTask {
    pub(super) id: TaskId,
    pub(super) client_id: ClientId,
    recurring_task_id: Option<RecurringTaskId>,
    #[diesel(select_expression = tasks::task_type_id.assume_not_null())]
    task_type_id: TaskTypeId,
    #[diesel(select_expression = tasks::period.assume_not_null())]
    period: String,
    pub(super) assignee_id: StaffId,
    pub(super) department_id: Option<DepartmentId>,
    legal_due_on: Option<NaiveDate>,
    target_on: Option<NaiveDate>,
    hand_in_by: Option<NaiveDate>,
    is_target_set: bool,
    is_hand_in_set: bool,
    provisional: Value,
    due_facts: Option<Value>,
}

impl OpenTask {
    /// The series that it belongs to: one by hand is a series of its own.
    fn series(&self) -> RecurringTaskId {
        self.recurring_task_id.unwrap_or_else(|| RecurringTaskId::from_uuid(self.id.uuid()))
    }

    /// The series of a task that somebody entered.
    fn by_hand(&self, firm_id: FirmId) -> RecurringTask {
        RecurringTask {
            id: self.series(),
            firm_id,
            client_id: self.client_id,
            task_type_id: self.task_type_id,
            assignee_id: None,
            first_period: self.period.clone(),
            last_period: Some(self.period.clone()),
            // Those that are there are found, whatever is expected of new ones.
            expects_documents: Some(true),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    /// The legal date that a person set: then nothing tells how it was found.
    fn set_day(&self) -> Option<NaiveDate> {
        self.legal_due_on.filter(|_| self.due_facts.is_none())
    }
}

/// A document of an open task for which nothing final came yet.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = documents)]
pub(super) struct OpenDocument {
    pub(super) id: DocumentId,
    pub(super) client_id: ClientId,
    #[diesel(select_expression = documents::task_id.assume_not_null())]
    task_id: TaskId,
    #[diesel(select_expression = documents::definition_id.assume_not_null())]
    definition_id: DocumentDefinitionId,
    pub(super) assignee_id: Option<StaffId>,
    pub(super) department_id: Option<DepartmentId>,
    pub(super) category: String,
    direction: Direction,
    legal_due_on: Option<NaiveDate>,
    due_on: Option<NaiveDate>,
    is_due_set: bool,
    provisional: Value,
    due_facts: Option<Value>,
}

/// What a chunk looks at.
pub(super) struct Open {
    pub(super) tasks: Vec<OpenTask>,
    pub(super) documents: Vec<OpenDocument>,
    /// Who set the legal dates of tasks.
    set_by: HashMap<TaskId, String>,
    chunk: Chunk,
}

/// The open tasks of a firm for a kind of work and a period.
fn open<'a>(firm: FirmId, filter: &MoveFilter) -> tasks::BoxedQuery<'a, Pg> {
    let mut query = tasks::table
        .filter(tasks::firm_id.eq(firm))
        .filter(tasks::status.ne_all(["DONE", "CANCELED"]))
        .filter(tasks::task_type_id.is_not_null())
        .filter(tasks::period.is_not_null())
        .into_boxed();
    if let Some(ids) = &filter.tasks {
        query = query.filter(tasks::id.eq_any(ids.clone()));
    }
    if let Some(ids) = &filter.clients {
        query = query.filter(tasks::client_id.eq_any(ids.clone()));
    }
    if let Some(ids) = &filter.task_types {
        query = query.filter(tasks::task_type_id.eq_any(ids.clone()));
    }
    query
}

impl Open {
    /// The open tasks of the next recurring tasks, or the next ones by hand; none when there are no more. Locked, nobody
    /// changes them or what decides about their dates until the transaction ends.
    pub(super) async fn next(
        conn: &mut AsyncPgConnection,
        firm: FirmId,
        filter: &MoveFilter,
        after: Option<Place>,
        locked: bool,
    ) -> Result<Option<(Place, Self)>> {
        let (recurring, by_hand) = match after {
            None => (Some(None), None),
            Some(Place::Recurring(id)) => (Some(Some(id)), None),
            Some(Place::ByHand(id)) => (None, Some(id)),
        };
        if let Some(after) = recurring {
            let found = Self::of_recurring(conn, firm, filter, after, locked).await?;
            if let Some((last, open)) = found {
                return Ok(Some((Place::Recurring(last), open)));
            }
        }
        let mut query = open(firm, filter).filter(tasks::recurring_task_id.is_null());
        if let Some(after) = by_hand {
            query = query.filter(tasks::id.gt(after));
        }
        let found: Vec<TaskId> =
            query.order(tasks::id).limit(CHUNK).select(tasks::id).load(&mut *conn).await?;
        let Some(last) = found.last().copied() else { return Ok(None) };
        Ok(Some((Place::ByHand(last), Self::read(conn, firm, filter, (found, None), locked).await?)))
    }

    async fn of_recurring(
        conn: &mut AsyncPgConnection,
        firm: FirmId,
        filter: &MoveFilter,
        after: Option<RecurringTaskId>,
        locked: bool,
    ) -> Result<Option<(RecurringTaskId, Self)>> {
        let mut query = open(firm, filter)
            .filter(tasks::recurring_task_id.is_not_null())
            .select(tasks::recurring_task_id.assume_not_null())
            .distinct();
        if let Some(after) = after {
            query = query.filter(tasks::recurring_task_id.gt(after));
        }
        let query = query.order(tasks::recurring_task_id.assume_not_null()).limit(CHUNK);
        let ids: Vec<RecurringTaskId> = query.load(&mut *conn).await?;
        let Some(last) = ids.last().copied() else { return Ok(None) };
        let of =
            recurring_tasks::table.filter(sql::among(recurring_tasks::id, &ids)).order(recurring_tasks::id);
        let of = of.select(RecurringTask::as_select());
        let rows: Vec<RecurringTask> = match locked {
            true => of.for_share().load(&mut *conn).await?,
            false => of.load(&mut *conn).await?,
        };
        let found: Vec<TaskId> = open(firm, filter)
            .filter(tasks::recurring_task_id.eq_any(&ids))
            .select(tasks::id)
            .load(&mut *conn)
            .await?;
        Ok(Some((last, Self::read(conn, firm, filter, (found, Some(rows)), locked).await?)))
    }

    /// Reads these tasks, of these recurring tasks or by hand.
    async fn read(
        conn: &mut AsyncPgConnection,
        firm: FirmId,
        filter: &MoveFilter,
        (mut found, rows): (Vec<TaskId>, Option<Vec<RecurringTask>>),
        locked: bool,
    ) -> Result<Self> {
        if locked {
            let held = tasks::table.filter(sql::among(tasks::id, &found)).order(tasks::id);
            held.select(tasks::id).for_no_key_update().execute(&mut *conn).await?;
            let held = documents::table.filter(documents::task_id.eq_any(&found)).order(documents::id);
            held.select(documents::id).for_no_key_update().execute(&mut *conn).await?;
            // Those closed while the locks were waited for do not move.
            found =
                open(firm, filter).filter(tasks::id.eq_any(found)).select(tasks::id).load(&mut *conn).await?;
        }
        let of_tasks: Vec<OpenTask> = tasks::table
            .filter(sql::among(tasks::id, &found))
            .order((tasks::recurring_task_id, tasks::period_starts_on, tasks::id))
            .select(OpenTask::as_select())
            .load(&mut *conn)
            .await?;
        let is_unsettled = documents::state.eq_any(["EXPECTED", "REJECTED"]);
        let is_unpublished = documents::direction.eq(Direction::Output).and(documents::state.eq("FILED"));
        let of_documents: Vec<OpenDocument> = documents::table
            .filter(documents::task_id.eq_any(&found))
            .filter(documents::definition_id.is_not_null())
            .filter(documents::published_at.is_null())
            .filter(is_unsettled.or(is_unpublished))
            .order(documents::id)
            .select(OpenDocument::as_select())
            .load(&mut *conn)
            .await?;
        let set: Vec<TaskId> =
            of_tasks.iter().filter(|task| task.set_day().is_some()).map(|task| task.id).collect();
        let set_by = set_by(conn, &set).await?;
        let rows = rows.unwrap_or_else(|| of_tasks.iter().map(|task| task.by_hand(firm)).collect());
        let chunk = Chunk::read(conn, &order(firm), rows).await?;
        Ok(Self { tasks: of_tasks, documents: of_documents, set_by, chunk })
    }

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

/// Who set the legal dates of these tasks: by an edit, or by entering them.
async fn set_by(conn: &mut AsyncPgConnection, ids: &[TaskId]) -> Result<HashMap<TaskId, String>> {
    #[derive(QueryableByName)]
    struct SetBy {
        #[diesel(sql_type = SqlUuid)]
        id: TaskId,
        #[diesel(sql_type = Text)]
        name: String,
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<SetBy> = diesel::sql_query(
        "SELECT DISTINCT ON (changes.subject_id) changes.subject_id AS id, author.name
         FROM changes JOIN staff_members AS author ON author.id = changes.author_staff
         WHERE changes.subject_id = ANY ($1) AND changes.field IN ('LEGAL_DUE_ON', 'CREATED')
         ORDER BY changes.subject_id, changes.seq DESC",
    )
    .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.uuid()).collect::<Vec<Uuid>>())
    .load(conn)
    .await?;
    Ok(found.into_iter().map(|one| (one.id, one.name)).collect())
}

/// Dates do not depend on the day on which they are computed.
fn order(firm_id: FirmId) -> Order {
    let day = NaiveDate::MIN;
    Order { firm_id, up_to: day, today: day, only: Only::default(), again: false, generation_id: None }
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
    Some(Move { due: moved.due.filter(|_| task.set_day().is_none()), ..moved })
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

/// The first moves after a place: at least so many, if there are as many, and all of the last chunk.
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
    while found.moves.len() < first {
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
