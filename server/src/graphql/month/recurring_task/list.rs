//! The list of recurring tasks, of all clients and of one, also live.

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::{ClientId, DepartmentId, Id, ObligationId, RecurringTaskId, StaffId, TaskTypeId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_schema::month::recurring_task::{model, queries};

use super::types::RecurringTask;
use crate::graphql::caller::Caller;
use crate::graphql::follow::Shows;
use crate::graphql::listed::listed;
use crate::graphql::loaders::{load, numbers, parts, seen};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{known_ids, queried};

/// A filter of recurring tasks. A recurring task must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct RecurringTaskFilter {
    /// Recurring tasks with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Recurring tasks of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Recurring tasks of one of these kinds of work.
    task_type_ids: Option<Vec<ID>>,
    /// Recurring tasks of which one of these people does the work for the client.
    assignee_ids: Option<Vec<ID>>,
    /// Recurring tasks with a last period (true), or without an end (false).
    is_ended: Option<bool>,
    /// Recurring tasks that rest until somebody resumes them (true), or that do not (false).
    is_paused: Option<bool>,
}

impl FilterInput for RecurringTaskFilter {
    type Filter = queries::RecurringTaskFilter;

    fn read(self, _: &Membership) -> error::Result<queries::RecurringTaskFilter> {
        let Self { ids, client_ids, task_type_ids, assignee_ids, is_ended, is_paused } = self;
        Ok(queries::RecurringTaskFilter {
            ids: known_ids(ids),
            clients: known_ids(client_ids),
            task_types: known_ids(task_type_ids),
            assignees: known_ids(assignee_ids),
            is_ended,
            is_paused,
        })
    }
}

connection! {
    /// A page of the list of recurring tasks.
    RecurringTaskConnection, RecurringTaskEdge of RecurringTask, count RecurringTaskCount
}

/// Counts only when requested.
pub enum RecurringTaskCount {
    /// All of a filter.
    Of(queries::RecurringTaskFilter),
    /// Those of a client, counted with those of its siblings.
    OfClient(ClientId, queries::RecurringTaskFilter),
}

#[Object]
impl RecurringTaskCount {
    /// The number of items on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        match self {
            Self::Of(filter) => {
                let caller = Caller::of(ctx);
                let mut conn = caller.reading().conn().await?;
                queried(caller, queries::count(&mut conn, &caller.scope()?, filter).await)
            }
            Self::OfClient(of, filter) => {
                seen(load(ctx, NumberOf { of: *of, asked: filter.clone() }).await?)?
            }
        }
    }
}

parts! {
    /// A part of the recurring tasks of a client, of a filter.
    PartOf(ClientId, queries::RecurringTaskFilter) => model::RecurringTask,
    |loads, conn, of, filter, part| queries::pages(conn, &loads.scope(), of, filter, part),
    by |recurring| recurring.client_id
}

numbers! {
    /// The number of recurring tasks of a client, of a filter.
    NumberOf(ClientId, queries::RecurringTaskFilter),
    |loads, conn, of, filter| queries::count_each(conn, &loads.scope(), of, filter)
}

/// The part of a client's recurring tasks that the arguments tell; none for clients.
pub async fn recurring_tasks_of(
    ctx: &Context<'_>,
    of: ClientId,
    filter: Option<RecurringTaskFilter>,
    part: error::Result<PageRequest>,
) -> Result<Option<RecurringTaskConnection>, ApiError> {
    let caller = Caller::of(ctx);
    if !caller.scope()?.is_staff() {
        return Ok(None);
    }
    let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
    let part = queried(caller, part)?;
    let page = seen(load(ctx, PartOf { of, asked: filter.clone(), part }).await?)??;
    let count = RecurringTaskCount::OfClient(of, filter);
    Ok(Some(RecurringTaskConnection::new(page, count, model::RecurringTask::position, RecurringTask)))
}

/// Queries about recurring tasks.
#[derive(Debug, Default)]
pub struct RecurringTaskQuery;

#[Object]
impl RecurringTaskQuery {
    /// Returns the list of recurring tasks of the clients that the viewer can see, the oldest first. Empty for clients.
    async fn recurring_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<RecurringTaskFilter>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<RecurringTaskConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, &scope, &filter, &part).await;
        let page = queried(caller, page)?;
        let count = RecurringTaskCount::Of(filter);
        Ok(RecurringTaskConnection::new(page, count, model::RecurringTask::position, RecurringTask))
    }
}

listed! {
    /// A change of the list of recurring tasks.
    RecurringTasksChanged of RecurringTaskEdge, RecurringTask(model::RecurringTask), RecurringTaskId;
    filter RecurringTaskFilter => queries::RecurringTaskFilter;
    /// Sends changes of the recurring tasks of the clients that the viewer can see. Applied in order to the result of the query `recurringTasks` after the
    /// first message, they keep that result up to date. Sends nothing to clients.
    subscription RecurringTaskSubscription.recurring_tasks_changed, RecurringTasksListed;
    shows Shows {
        embeds: &[ClientId::NOUN, StaffId::NOUN, DepartmentId::NOUN, TaskTypeId::NOUN, ObligationId::NOUN],
        ..Shows::of("recurringTasksChanged")
    };
    shared by |viewer| viewer.scope() => Scope,
    found |conn, viewer, filter, ids| queries::among(conn, &viewer.scope(), filter, ids),
    position model::RecurringTask::position
}
