//! The open tasks whose dates may move, chunk by chunk: those of recurring tasks, then those that people entered for a kind of
//! work and a period.

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
use guichet_obligations::{Direction, Provisional};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::month::recurring_task::model::RecurringTask;

use super::super::run::{Chunk, Only, Order};

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

/// What was looked at last: all recurring tasks come before the tasks that people entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A recurring task.
    Recurring(RecurringTaskId),
    /// A task that somebody entered.
    ByHand(TaskId),
}

/// An open task.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct OpenTask {
    pub(super) id: TaskId,
    pub(super) client_id: ClientId,
    pub(super) recurring_task_id: Option<RecurringTaskId>,
    #[diesel(select_expression = tasks::task_type_id.assume_not_null())]
    pub(super) task_type_id: TaskTypeId,
    #[diesel(select_expression = tasks::period.assume_not_null())]
    pub(super) period: String,
    pub(super) assignee_id: StaffId,
    pub(super) department_id: Option<DepartmentId>,
    pub(super) legal_due_on: Option<NaiveDate>,
    pub(super) target_on: Option<NaiveDate>,
    pub(super) hand_in_by: Option<NaiveDate>,
    pub(super) is_target_set: bool,
    pub(super) is_hand_in_set: bool,
    pub(super) provisional: Value,
    pub(super) due_facts: Option<Value>,
}

impl OpenTask {
    /// The series that it belongs to: one by hand is a series of its own.
    pub(super) fn series(&self) -> RecurringTaskId {
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

    /// Whether this is why its legal date can still change.
    pub(super) fn is_waiting_for(&self, why: &Provisional) -> bool {
        self.provisional.as_array().is_some_and(|all| all.contains(&json!(why)))
    }

    /// The legal date that a person set: then nothing tells how it was found.
    pub(super) fn set_day(&self) -> Option<NaiveDate> {
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
    pub(super) task_id: TaskId,
    #[diesel(select_expression = documents::definition_id.assume_not_null())]
    pub(super) definition_id: DocumentDefinitionId,
    pub(super) assignee_id: Option<StaffId>,
    pub(super) department_id: Option<DepartmentId>,
    pub(super) category: String,
    pub(super) direction: Direction,
    pub(super) legal_due_on: Option<NaiveDate>,
    pub(super) due_on: Option<NaiveDate>,
    pub(super) is_due_set: bool,
    pub(super) provisional: Value,
    pub(super) due_facts: Option<Value>,
}

/// What a chunk looks at.
pub(super) struct Open {
    pub(super) tasks: Vec<OpenTask>,
    pub(super) documents: Vec<OpenDocument>,
    /// Who set the legal dates of tasks.
    pub(super) set_by: HashMap<TaskId, String>,
    pub(super) chunk: Chunk,
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
pub(super) fn order(firm_id: FirmId) -> Order {
    let day = NaiveDate::MIN;
    Order { firm_id, up_to: day, today: day, only: Only::default(), again: false, generation_id: None }
}
