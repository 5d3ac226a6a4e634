//! Numbers of tasks by status and by assignee.

use async_graphql::{ComplexObject, Context, Object, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{ClientId, Id, StaffId, TaskId};
use guichet_edge::ApiError;
use guichet_engine::actor::Scope;
use guichet_engine::db::Conn;
use guichet_schema::month::generation::run::MONTH;
use guichet_schema::month::task::list::{self, Tallied};
use guichet_schema::people::firm::day::DAY;

use super::{TaskFilter, TaskStatus};
use crate::graphql::caller::Caller;
use crate::graphql::counts::{Counted, Counting};
use crate::graphql::follow::{FeedPosition, Onlooker, Shows, follow};
use crate::graphql::loaders::{load, seen};
use crate::graphql::page::FilterInput;
use crate::graphql::payload::{Revision, queried};
use crate::graphql::people::staff::StaffMember;

/// The numbers of tasks by status and by assignee.
#[derive(SimpleObject)]
pub struct TaskCounts {
    /// The number of all items that match the filter.
    total_count: i64,
    /// The number of items of each kind, in the order of the enum; 0 where there is none.
    by_status: Vec<TaskStatusCount>,
    /// The number of items of each assignee who has any, the largest first.
    by_assignee: Vec<TaskAssigneeCount>,
}

/// One of the numbers in `TaskCounts`.
#[derive(SimpleObject)]
pub struct TaskStatusCount {
    /// What these items have in common.
    status: TaskStatus,
    /// The number of items.
    count: i64,
}

/// One of the numbers in `TaskCounts`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct TaskAssigneeCount {
    #[graphql(skip)]
    assignee_id: StaffId,
    /// The number of items.
    count: i64,
}

#[ComplexObject]
impl TaskAssigneeCount {
    /// The staff member who does them.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.assignee_id).await?)
    }
}

/// The new `TaskCounts`.
#[derive(SimpleObject)]
pub struct TaskCountsChanged {
    /// The cursor of this message. After a lost connection, subscribe again with it as `after`.
    cursor: String,
    /// The revision of this message, comparable with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// The numbers, all of them.
    counts: TaskCounts,
}

impl TaskCounts {
    fn new(counts: &[(Tallied, i64)]) -> Self {
        let (mut by_status, mut by_assignee) = (Vec::new(), Vec::new());
        for (tallied, count) in counts.iter().copied() {
            match tallied {
                Tallied::Status(status) => by_status.push(TaskStatusCount { status: status.into(), count }),
                Tallied::Assignee(assignee_id) => by_assignee.push(TaskAssigneeCount { assignee_id, count }),
            }
        }
        Self { total_count: by_status.iter().map(|each| each.count).sum(), by_status, by_assignee }
    }
}

/// Numbers of tasks.
#[derive(Debug, Default)]
pub struct TaskCountsQuery;

#[Object]
impl TaskCountsQuery {
    /// Returns the numbers of tasks that the viewer can see, by status and by assignee. Zero for clients.
    async fn task_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are counted.")] filter: Option<TaskFilter>,
    ) -> Result<TaskCounts, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let filter = filter.at(caller.store.now());
        let counts = list::counts(&mut *caller.conn().await?, &caller.scope()?, &filter).await;
        Ok(TaskCounts::new(&queried(caller, counts)?))
    }
}

/// What [`TaskCountsChanged`] tells of.
pub struct TasksCounted(list::TaskFilter);

impl Counted for TasksCounted {
    type Id = TaskId;
    type Status = Tallied;
    type Message = TaskCountsChanged;
    type Key = (Scope, list::TaskFilter);

    // What was generated is told by one event a client.
    const SHOWS: Shows =
        Shows { rules: &[ClientId::NOUN, StaffId::NOUN, MONTH, DAY], ..Shows::of("taskCountsChanged") };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.0.clone())
    }

    async fn count(&self, conn: &mut Conn, onlooker: &Onlooker) -> error::Result<Vec<(Tallied, i64)>> {
        list::counts(conn, &onlooker.scope(), &self.0.at(onlooker.store.now())).await
    }

    fn message(place: FeedPosition, counts: &[(Tallied, i64)]) -> TaskCountsChanged {
        let FeedPosition { cursor, revision } = place;
        TaskCountsChanged { cursor, revision, counts: TaskCounts::new(counts) }
    }
}

/// Numbers of tasks, live.
#[derive(Debug, Default)]
pub struct TaskCountsSubscription;

#[Subscription]
impl TaskCountsSubscription {
    /// Sends the numbers of tasks that the viewer can see, by status and by assignee: in the first message without
    /// `after`, and whenever one of them changes.
    async fn task_counts_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are counted.")] filter: Option<TaskFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TaskCountsChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, Counting::new(TasksCounted(filter))).await
    }
}
