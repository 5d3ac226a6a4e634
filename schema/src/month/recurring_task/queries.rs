//! Finders of recurring tasks. Each requires the viewer's scope.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ClientId, RecurringTaskId, StaffId, TaskTypeId};
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::condition::Condition;
use guichet_engine::each::{each, of_parent};
use guichet_engine::keyset::{keyset, page, place};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::{
    recurring_task_overrides, recurring_task_pauses, recurring_task_unexpected, recurring_tasks,
};

use super::model::{BY_CREATED, DueOverride, Pause, RecurringTask, Unexpected};

/// A filter of recurring tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct RecurringTaskFilter {
    /// These recurring tasks.
    pub ids: Option<Vec<RecurringTaskId>>,
    /// Of one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// Of one of these kinds of work.
    pub task_types: Option<Vec<TaskTypeId>>,
    /// Done by one of these people for its client.
    pub assignees: Option<Vec<StaffId>>,
    /// Whether it has a last period.
    pub is_ended: Option<bool>,
    /// Whether it rests until somebody resumes it.
    pub is_paused: Option<bool>,
}

/// The recurring tasks inside a scope (B-14): none for clients (C-01).
pub(crate) fn visible(scope: &Scope) -> Condition<recurring_tasks::table> {
    reach::visible(scope)
}

fn filtered(scope: &Scope, filter: &RecurringTaskFilter) -> recurring_tasks::BoxedQuery<'static, Pg> {
    filtered_if(scope, filter, filter.ids.is_some() || filter.clients.is_some())
}

/// The recurring tasks of a filter; `few` tells whether an index of the firm would find too many.
fn filtered_if(
    scope: &Scope,
    filter: &RecurringTaskFilter,
    few: bool,
) -> recurring_tasks::BoxedQuery<'static, Pg> {
    let mut query = recurring_tasks::table.filter(visible(scope).checked_if(few)).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(recurring_tasks::id, ids));
    }
    if let Some(clients) = &filter.clients {
        query = query.filter(recurring_tasks::client_id.eq_any(clients.clone()));
    }
    if let Some(task_types) = &filter.task_types {
        query = query.filter(recurring_tasks::task_type_id.eq_any(task_types.clone()));
    }
    if let Some(assignees) = &filter.assignees {
        query = query.filter(recurring_tasks::assignee_id.eq_any(assignees.clone()));
    }
    if let Some(ended) = filter.is_ended {
        query = query.filter(recurring_tasks::last_period.is_not_null().eq(ended));
    }
    if let Some(paused) = filter.is_paused {
        let rests = diesel::dsl::exists(
            recurring_task_pauses::table
                .filter(recurring_task_pauses::recurring_task_id.eq(recurring_tasks::id))
                .filter(recurring_task_pauses::to_period.is_null()),
        );
        query = if paused { query.filter(rests) } else { query.filter(diesel::dsl::not(rests)) };
    }
    query
}

/// Recurring tasks by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[RecurringTaskId],
) -> Result<Vec<RecurringTask>> {
    Ok(recurring_tasks::table
        .filter(visible(scope).checked())
        .filter(sql::among(recurring_tasks::id, ids))
        .select(RecurringTask::as_select())
        .load(conn)
        .await?)
}

/// A page of recurring tasks, the oldest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &RecurringTaskFilter,
    request: &PageRequest,
) -> Result<Page<RecurringTask>> {
    Ok(page!(
        conn,
        filtered(scope, filter),
        request,
        BY_CREATED,
        (recurring_tasks::created_at => DateTime<Utc>, recurring_tasks::id),
        RecurringTask
    ))
}

/// Those of these recurring tasks that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &RecurringTaskFilter,
    ids: &[RecurringTaskId],
) -> Result<Vec<RecurringTask>> {
    let query = filtered(scope, filter).filter(sql::among(recurring_tasks::id, ids));
    Ok(query.select(RecurringTask::as_select()).load(conn).await?)
}

/// How many recurring tasks match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &RecurringTaskFilter) -> Result<i64> {
    Ok(filtered(scope, filter).count().get_result(conn).await?)
}

/// The same page of the list of each of these clients.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn pages(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    of: &[ClientId],
    filter: &RecurringTaskFilter,
    part: &PageRequest,
) -> Result<Vec<RecurringTask>> {
    let query = filtered_if(scope, filter, true).filter(of_parent("recurring_tasks.client_id"));
    let place = place::<DateTime<Utc>>(part, BY_CREATED)?;
    let query =
        keyset!(query, !part.is_backward(), place, (recurring_tasks::created_at, recurring_tasks::id));
    Ok(each(of, query.limit(part.fetch()).select(RecurringTask::as_select())).load(conn).await?)
}

/// The number of recurring tasks of each of these clients that match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count_each(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    of: &[ClientId],
    filter: &RecurringTaskFilter,
) -> Result<Vec<(ClientId, i64)>> {
    let found = filtered_if(scope, filter, true).filter(sql::among(recurring_tasks::client_id, of));
    Ok(recurring_tasks::table
        .group_by(recurring_tasks::client_id)
        .filter(recurring_tasks::id.eq_any(found.select(recurring_tasks::id)))
        .select((recurring_tasks::client_id, diesel::dsl::count_star()))
        .load(conn)
        .await?)
}

/// Declares a finder of rows of recurring tasks.
macro_rules! of_recurring {
    ($(#[$doc:meta])* $name:ident: $table:ident => $row:ty, by ($($order:ident),+)) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// When the database does not answer: retry.
        pub async fn $name(
            conn: &mut AsyncPgConnection,
            scope: &Scope,
            ids: &[RecurringTaskId],
        ) -> Result<Vec<$row>> {
            let seen = recurring_tasks::table.filter(visible(scope).checked()).select(recurring_tasks::id);
            Ok($table::table
                .filter($table::recurring_task_id.eq_any(seen))
                .filter(sql::among($table::recurring_task_id, ids))
                .order(($($table::$order),+))
                .select(<$row>::as_select())
                .load(conn)
                .await?)
        }
    };
}

of_recurring! {
    /// The pauses of recurring tasks, in order.
    pauses: recurring_task_pauses => Pause, by (from_period, id)
}

of_recurring! {
    /// What the firm wrote for some periods, in order.
    overrides: recurring_task_overrides => DueOverride, by (from_period, id)
}

of_recurring! {
    /// The documents that clients are not asked for.
    unexpected: recurring_task_unexpected => Unexpected, by (recurring_task_id, definition_id)
}
