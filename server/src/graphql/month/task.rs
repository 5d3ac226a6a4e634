//! Tasks: the work of the firm's staff.

mod act;
mod comment;
mod counts;
mod history;
mod input;

pub use act::TaskMutation;
pub use comment::{CommentOnTask, Comments, TaskComment, TaskCommentSubscription};
pub use counts::{TaskCountsQuery, TaskCountsSubscription, TasksCounted};
pub use history::{ChangeOfTask, TaskChange};

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{ClientId, DepartmentId, FirmId, Id, RecurringTaskId, StaffId, TaskId, TaskTypeId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_obligations::{explain, why_provisional};
use guichet_schema::month::day::{FirmClock, clocks};
use guichet_schema::month::task::rules::{self, is_overdue};
use guichet_schema::month::task::status::StatusOutcome;
use guichet_schema::month::task::{documents, list, model};
use guichet_schema::shared::attachment::queries::of_things;
use guichet_schema::shared::conversation::queries::unread;
use guichet_schema::shared::file::model as file;

use self::comment::{TaskCommentConnection, comments};
use self::history::HistoryOf;
use super::recurring_task::RecurringTask;
use super::task_type::TaskType;
use crate::graphql::ability::Ability;
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::Attachment;
use crate::graphql::follow::{Listed, Onlooker, Shows, changes, follow};
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_list, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{api_id, known_ids, queried};
use crate::graphql::people::client::Client;
use crate::graphql::people::department::Department;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::{Date, DateTime, OrderDirection};

mirror!(TaskStatus => model::TaskStatus);
mirror!(TaskOrigin => model::TaskOrigin);
mirror!(TaskOrderField => list::TaskOrderField);
mirror!(TaskAct => rules::TaskAct);
mirror!(TaskStatusOutcome => StatusOutcome);

/// A task.
#[derive(Debug, Clone)]
pub struct Task(pub model::Task);

by_ids!(TaskId => Task, list::by_ids);

keyed! {
    /// The clock of a firm.
    ClockOf(FirmId) => FirmClock, |_loads, conn, ids| clocks(conn, ids)
}

keyed! {
    /// How many required documents a task lacks.
    MissingOf(TaskId) => i64, |_loads, conn, ids| documents::missing(conn, ids)
}

keyed! {
    /// How many comments on a task the viewer has not read.
    UnreadOf(TaskId) => i64, |loads, conn, ids| unread(conn, &loads.membership, ids)
}

keyed! {
    /// The attachments of a task, those of its comments included.
    OnTask(TaskId) => [file::Attachment], |loads, conn, ids| async {
        let rows = of_things(conn, &loads.membership, ids).await?;
        error::Result::Ok(grouped(rows, |attachment| TaskId::from_uuid(attachment.subject.id)))
    }
}

/// A status that a task can be given now.
#[derive(Debug, SimpleObject)]
pub struct TaskStatusChoice {
    /// The status.
    status: TaskStatus,
    /// What choosing it does.
    outcome: TaskStatusOutcome,
    /// Whether it must be confirmed that required documents are missing.
    confirmation_required: bool,
}

impl From<rules::StatusChoice> for TaskStatusChoice {
    fn from(choice: rules::StatusChoice) -> Self {
        Self {
            status: choice.status.into(),
            outcome: StatusOutcome::from(choice.change).into(),
            confirmation_required: choice.needs_confirmation,
        }
    }
}

impl Task {
    /// How many required documents it lacks, or would lack if it were open.
    async fn missing(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(load(ctx, MissingOf(self.0.id)).await?.unwrap_or_default())
    }
}

/// A piece of work for one client, mostly for one period. Not visible to clients.
#[Object]
impl Task {
    /// The ID of the task, for example `task_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// The kind of work; null for a task that was entered without one.
    async fn task_type(&self, ctx: &Context<'_>) -> Result<Option<TaskType>, ApiError> {
        load_optional(ctx, self.0.task_type_id).await
    }

    /// The recurring task that it was generated from.
    async fn recurring_task(&self, ctx: &Context<'_>) -> Result<Option<RecurringTask>, ApiError> {
        load_optional(ctx, self.0.recurring_task_id).await
    }

    /// Where the task comes from.
    async fn origin(&self) -> TaskOrigin {
        self.0.origin.into()
    }

    /// The name of the period that it is about, for example `2026-03`.
    async fn period(&self) -> Option<&str> {
        self.0.period.as_deref()
    }

    /// What is to be done, for example `DAS 03/2026`.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The details.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The staff member who does it.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.assignee_id).await?)
    }

    /// The department.
    async fn department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.department_id).await
    }

    /// The status.
    async fn status(&self) -> TaskStatus {
        self.0.status.into()
    }

    /// The due date of the law; null when there is none, or when it is not published yet.
    async fn legal_due_on(&self) -> Option<Date> {
        self.0.legal_due_on.map(Date)
    }

    /// Whether a person set the due date of the law, so that it does not move with its rule.
    async fn is_legal_due_set(&self) -> bool {
        self.0.is_legal_set()
    }

    /// Whether the task is neither done nor canceled and its due date of the law has passed, in the time zone of the
    /// firm.
    async fn is_overdue(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        let clock = seen(load(ctx, ClockOf(self.0.firm_id)).await?)?;
        let today = clock.day(Caller::of(ctx).store.now());
        Ok(is_overdue(self.0.status, self.0.legal_due_on, today))
    }

    /// The date of the firm's own.
    async fn target_on(&self) -> Option<Date> {
        self.0.target_on.map(Date)
    }

    /// Whether a person set the date of the firm's own, so that it does not follow the due date of the law.
    async fn is_target_set(&self) -> bool {
        self.0.is_target_set
    }

    /// The date until which the client hands in what is needed.
    async fn hand_in_by(&self) -> Option<Date> {
        self.0.hand_in_by.map(Date)
    }

    /// Whether a person set the date until which the client hands in, so that it does not follow the due date of the law.
    async fn is_hand_in_set(&self) -> bool {
        self.0.is_hand_in_set
    }

    /// Whether required documents are missing. Those of a canceled task are not expected.
    async fn has_missing_documents(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        Ok(self.0.status != model::TaskStatus::Canceled && self.missing(ctx).await? > 0)
    }

    /// The actions that the viewer may or may not perform on the task now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<TaskAct>>, ApiError> {
        let scope = Caller::of(ctx).scope()?;
        let ability =
            |act: &rules::TaskAct| Ability::new((*act).into(), rules::may(*act, &scope, self.0.status));
        Ok(rules::TaskAct::ALL.iter().map(ability).collect())
    }

    /// The statuses that the viewer can give the task now with `taskStatusChange`.
    async fn status_choices(&self, ctx: &Context<'_>) -> Result<Vec<TaskStatusChoice>, ApiError> {
        let lacks = self.missing(ctx).await? > 0;
        let choices = rules::status_choices(&Caller::of(ctx).scope()?, self.0.status, lacks);
        Ok(choices.into_iter().map(Into::into).collect())
    }

    /// The list of comments of staff, oldest first.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<TaskCommentConnection, ApiError> {
        comments(ctx, self.0.id, first, after, last, before).await
    }

    /// The number of comments of others that the viewer has not read.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(load(ctx, UnreadOf(self.0.id)).await?.unwrap_or_default())
    }

    /// The list of attachments of the task and of its comments, oldest first: all of them, up to 500.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>, ApiError> {
        load_list(ctx, OnTask(self.0.id), Attachment).await
    }

    /// The list of changes of the task, oldest first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<TaskChange>, ApiError> {
        load_list(ctx, HistoryOf(self.0.id), TaskChange).await
    }

    /// Why the due date of the law may still change, in the language of the viewer; empty when it is final.
    async fn provisional(&self, ctx: &Context<'_>) -> Vec<String> {
        let locale = Caller::of(ctx).locale;
        self.0.provisional().iter().map(|why| why_provisional(locale, why)).collect()
    }

    /// How the due date of the law was found, step by step, in the language of the viewer.
    async fn due_explanation(&self, ctx: &Context<'_>) -> Vec<String> {
        let locale = Caller::of(ctx).locale;
        let due = self.0.due();
        due.iter().flat_map(|due| &due.steps).flat_map(|step| explain(locale, step)).collect()
    }

    /// Whether the task was generated after the due date of the law.
    async fn was_generated_late(&self) -> bool {
        self.0.was_generated_late
    }

    /// Whether nobody has acted on the task yet.
    async fn is_untouched(&self) -> bool {
        self.0.is_untouched
    }

    /// The version of the task. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the task was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the task was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The date and time when the task was done or canceled.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }
}

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
    /// Tasks from one of these sources.
    origins: Option<Vec<TaskOrigin>>,
    /// Tasks that are legally due on or after this date.
    due_from: Option<Date>,
    /// Tasks that are legally due on or before this date.
    due_to: Option<Date>,
    /// Tasks whose date of the firm's own is this date or before.
    target_to: Option<Date>,
    /// Tasks on which nobody has acted yet (true), or on which somebody has (false).
    is_untouched: Option<bool>,
    /// Tasks with comments that the viewer has not read (true), or without any (false); see `Task.unreadCount`.
    unread: Option<bool>,
    /// Tasks that lack required documents (true), or have all of them (false).
    has_missing_documents: Option<bool>,
    /// Tasks that are overdue in the time zone of the firm (true), or are not (false); see `Task.isOverdue`. What becomes
    /// overdue by the end of a day is not told live.
    is_overdue: Option<bool>,
    /// Words in the title or description, regardless of case and accents; all words must match. Up to 200 characters.
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
            target_to: filter.target_to.map(|date| date.0),
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
pub struct TaskCount(list::TaskFilter);

#[Object]
impl TaskCount {
    /// The number of items on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let count = list::count(&mut *caller.conn().await?, &caller.scope()?, &self.0).await;
        queried(caller, count)
    }
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
        Ok(TaskConnection::new(page, TaskCount(filter), |task| order.position(task), Task))
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
        embeds: &[ClientId::NOUN, StaffId::NOUN, DepartmentId::NOUN, TaskTypeId::NOUN, RecurringTaskId::NOUN],
        // What was generated is told by one event a client.
        rules: &[FirmId::NOUN, guichet_schema::month::generation::run::MONTH],
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
