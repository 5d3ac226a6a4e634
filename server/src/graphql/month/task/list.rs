//! The list of tasks, as an answer and live.

use async_graphql::{Context, ID, InputObject, Object, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{
    ClientId, DepartmentId, DocumentId, FirmId, Id, ObligationId, RecurringTaskId, StaffId, TaskId,
    TaskTypeId,
};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::month::generation::run::MONTH;
use guichet_schema::month::task::{list, model};
use guichet_schema::people::firm::day::DAY;

use super::{Task, TaskOrigin, TaskStatus};
use crate::graphql::caller::Caller;
use crate::graphql::follow::{Onlooker, Shows, follow};
use crate::graphql::listed::{Listed, changes};
use crate::graphql::loaders::{load, load_optional, numbers, parts, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{known_ids, queried};
use crate::graphql::scalars::{Date, DateTime, OrderDirection};

mirror!(TaskOrderField => list::TaskOrderField);

/// A filter of tasks. A task must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TaskFilter {
    /// Tasks with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Tasks with one of these statuses.
    status: Option<Vec<TaskStatus>>,
    /// Tasks of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Tasks with one of these assignees.
    assignee_ids: Option<Vec<ID>>,
    /// Tasks of one of these departments.
    department_ids: Option<Vec<ID>>,
    /// Tasks of one of these kinds of work.
    task_type_ids: Option<Vec<ID>>,
    /// Tasks generated from one of these recurring tasks.
    recurring_task_ids: Option<Vec<ID>>,
    /// Tasks about one of these periods, by their names.
    periods: Option<Vec<String>>,
    /// Tasks from one of these sources, for example only those that clients asked for.
    origins: Option<Vec<TaskOrigin>>,
    /// Tasks that are legally due on or after this date.
    due_from: Option<Date>,
    /// Tasks that are legally due on or before this date.
    due_to: Option<Date>,
    /// Tasks whose date of the firm's own is this date or after.
    target_from: Option<Date>,
    /// Tasks whose date of the firm's own is this date or before.
    target_to: Option<Date>,
    /// Tasks made at this date and time or later.
    created_from: Option<DateTime>,
    /// Tasks made before this date and time.
    created_to: Option<DateTime>,
    /// Tasks changed at this date and time or later.
    updated_from: Option<DateTime>,
    /// Tasks changed before this date and time.
    updated_to: Option<DateTime>,
    /// Tasks on which nobody has acted yet (true), or on which somebody has (false).
    is_untouched: Option<bool>,
    /// Tasks with comments that the viewer has not read (true), or without any (false); see `Task.unreadCount`.
    unread: Option<bool>,
    /// Tasks that lack required documents (true), or have all of them (false).
    has_missing_documents: Option<bool>,
    /// Tasks that are overdue in the time zone of the firm (true), or are not (false); see `Task.isOverdue`.
    is_overdue: Option<bool>,
    /// Words in the title, the description or the name of the client, regardless of case, accents and, in the language of the firm,
    /// endings: `declarações` finds `declaração`. All words must match. Up to 200 characters.
    search: Option<String>,
}

impl FilterInput for TaskFilter {
    type Filter = list::TaskFilter;

    fn read(self, viewer: &Membership) -> error::Result<list::TaskFilter> {
        let filter = self;
        Ok(list::TaskFilter {
            ids: known_ids(filter.ids),
            status: filter.status.map(|status| status.into_iter().map(Into::into).collect()),
            clients: known_ids(filter.client_ids),
            assignees: known_ids(filter.assignee_ids),
            departments: known_ids(filter.department_ids),
            task_types: known_ids(filter.task_type_ids),
            recurring: known_ids(filter.recurring_task_ids),
            periods: filter.periods,
            origins: filter.origins.map(|origins| origins.into_iter().map(Into::into).collect()),
            due_from: filter.due_from.map(|date| date.0),
            due_to: filter.due_to.map(|date| date.0),
            target_from: filter.target_from.map(|date| date.0),
            target_to: filter.target_to.map(|date| date.0),
            created_from: filter.created_from.map(|at| at.0),
            created_to: filter.created_to.map(|at| at.0),
            updated_from: filter.updated_from.map(|at| at.0),
            updated_to: filter.updated_to.map(|at| at.0),
            is_untouched: filter.is_untouched,
            unread: filter.unread.map(|unread| (viewer.author(), unread)),
            has_missing_documents: filter.has_missing_documents,
            is_overdue: filter.is_overdue,
            now: None,
            search: filter.search,
        })
    }
}

/// The order of a list of tasks.
#[derive(Debug, Clone, InputObject)]
pub struct TaskOrder {
    /// The field to sort by. Tasks with equal values are sorted by ID.
    field: TaskOrderField,
    /// The direction.
    direction: OrderDirection,
}

impl From<TaskOrder> for list::TaskOrder {
    fn from(order: TaskOrder) -> Self {
        Self { field: order.field.into(), descending: order.direction == OrderDirection::Desc }
    }
}

connection! {
    /// A page of the list of tasks.
    TaskConnection, TaskEdge of Task, count TaskCount
}

/// Counts only when requested.
pub enum TaskCount {
    /// All of a filter.
    Of(list::TaskFilter),
    /// Those of a client, counted with those of its siblings.
    OfClient(ClientId, list::TaskFilter),
}

#[Object]
impl TaskCount {
    /// The number of items on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        match self {
            Self::Of(filter) => {
                let caller = Caller::of(ctx);
                let mut conn = caller.reading().conn().await?;
                queried(caller, list::count(&mut conn, &caller.scope()?, filter).await)
            }
            Self::OfClient(of, filter) => {
                seen(load(ctx, NumberOf { of: *of, asked: filter.clone() }).await?)?
            }
        }
    }
}

parts! {
    /// A part of the tasks of a client, of a filter and in an order.
    PartOf(ClientId, (list::TaskFilter, list::TaskOrder)) => model::Task,
    |loads, conn, of, asked, part| async {
        let (filter, order) = asked;
        list::pages(conn, &loads.scope(), of, &(filter.at(loads.reading.now()), *order), part).await
    },
    by |task| task.client_id
}

numbers! {
    /// The number of tasks of a client, of a filter.
    NumberOf(ClientId, list::TaskFilter),
    |loads, conn, of, filter| async {
        list::count_each(conn, &loads.scope(), of, &filter.at(loads.reading.now())).await
    }
}

/// The part of a client's tasks that the arguments tell; none for clients.
pub async fn tasks_of(
    ctx: &Context<'_>,
    of: ClientId,
    filter: Option<TaskFilter>,
    order: Option<TaskOrder>,
    part: error::Result<PageRequest>,
) -> Result<Option<TaskConnection>, ApiError> {
    let caller = Caller::of(ctx);
    if !caller.scope()?.is_staff() {
        return Ok(None);
    }
    let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
    let order: list::TaskOrder = order.map(Into::into).unwrap_or_default();
    let asked = (filter.clone(), order);
    let page = seen(load(ctx, PartOf { of, asked, part: queried(caller, part)? }).await?)??;
    let count = TaskCount::OfClient(of, filter);
    Ok(Some(TaskConnection::new(page, count, |task| order.position(task), Task)))
}

/// Queries about tasks.
#[derive(Debug, Default)]
pub struct TaskQuery;

#[Object]
impl TaskQuery {
    /// Returns the list of tasks that the viewer can see. Empty for clients.
    #[allow(clippy::too_many_arguments)] // of the field
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<TaskFilter>,
        #[graphql(desc = "The order of the list. The default is the due date of the law, earliest first.")]
        order_by: Option<TaskOrder>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<TaskConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let filter = filter.at(caller.store.now());
        let order: list::TaskOrder = order_by.map(Into::into).unwrap_or_default();
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = list::page(&mut *caller.conn().await?, &scope, &filter, order, &part).await;
        let page = queried(caller, page)?;
        Ok(TaskConnection::new(page, TaskCount::Of(filter), |task| order.position(task), Task))
    }

    /// Returns the task with this ID; null when it does not exist for the viewer.
    async fn task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the task.")] id: ID,
    ) -> Result<Option<Task>, ApiError> {
        Caller::of(ctx).actor()?;
        load_optional(ctx, TaskId::decode(&id)).await
    }
}

changes! {
    /// A change of a list of tasks.
    TasksChanged of TaskEdge, Task(model::Task), TaskId
}

/// The tasks of a filter, in an order.
pub struct TasksListed {
    filter: list::TaskFilter,
    order: list::TaskOrder,
}

impl Listed for TasksListed {
    type Message = TasksChanged;
    type Key = (Scope, list::TaskFilter);

    const SHOWS: Shows = Shows {
        embeds: &[
            ClientId::NOUN,
            StaffId::NOUN,
            DepartmentId::NOUN,
            TaskTypeId::NOUN,
            RecurringTaskId::NOUN,
            ObligationId::NOUN,
        ],
        elsewhere: &[DocumentId::NOUN],
        // What was generated is told by one event a client.
        rules: &[FirmId::NOUN, MONTH, DAY],
        ..Shows::of("tasksChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.filter.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[TaskId],
    ) -> error::Result<Vec<model::Task>> {
        list::among(conn, &onlooker.scope(), &self.filter.at(onlooker.store.now()), ids).await
    }

    fn position(&self, task: &model::Task) -> Position {
        self.order.position(task)
    }
}

/// Tasks, live.
#[derive(Debug, Default)]
pub struct TaskSubscription;

#[Subscription]
impl TaskSubscription {
    /// Sends changes of the tasks that the viewer can see. Applied in order to the result of the query `tasks` after the
    /// first message, they keep that result up to date. Sends nothing to clients.
    async fn tasks_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<TaskFilter>,
        #[graphql(
            desc = "The order of the list, for the sort keys. The default is the due date of the law, earliest first."
        )]
        order_by: Option<TaskOrder>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TasksChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let order = order_by.map(Into::into).unwrap_or_default();
        follow(ctx, after, TasksListed { filter, order }).await
    }
}
