//! Due dates that would move, and letting them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use guichet_base::error::{self, OrNotFound};
use guichet_base::id::{Id, RecurringTaskId, TaskId};
use guichet_edge::ApiError;
use guichet_obligations::sentences;
use guichet_schema::month::generation::moves::find::Move;
use guichet_schema::month::generation::moves::open::{MoveFilter, Place};
use guichet_schema::month::generation::moves::{commands, rules};
use guichet_schema::people::rights::{self, FirmAct};

use super::task::Task;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{load, seen, spend};
use crate::graphql::mirror::mirror;
use crate::graphql::payload::{MutationOutcome, act, api_id, ids, known_ids, payload, queried};
use crate::graphql::scalars::Date;

mirror!(DueDateMoveReason => rules::MoveReason);

/// A filter of due dates that would move. A task must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DueDateMoveFilter {
    /// Dates of these tasks and their documents.
    task_ids: Option<Vec<ID>>,
    /// Dates of tasks of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Dates of tasks of one of these kinds of work.
    task_type_ids: Option<Vec<ID>>,
}

impl DueDateMoveFilter {
    fn read(self) -> MoveFilter {
        MoveFilter {
            tasks: known_ids(self.task_ids),
            clients: known_ids(self.client_ids),
            task_types: known_ids(self.task_type_ids),
        }
    }
}

/// Due dates of open tasks and their documents that are not what the rules say now. They stay until
/// `dueDateMovesApply`.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct DueDateMoves {
    #[graphql(skip)]
    filter: MoveFilter,
    #[graphql(skip)]
    updated: bool,
    /// The dates that would move, by recurring task; those of tasks that people entered come after them.
    moves: Vec<DueDateMove>,
    /// Where the list goes on: ask again with it as `afterId`; null at its end.
    next_after_id: Option<ID>,
}

#[async_graphql::ComplexObject]
impl DueDateMoves {
    /// The number of tasks, and of documents, that would move. Counted only when it is asked for.
    async fn counts(&self, ctx: &Context<'_>) -> Result<DueDateMoveCounts, ApiError> {
        let caller = Caller::of(ctx);
        let counted = commands::count(&caller.store, caller.actor()?, &self.filter, self.updated).await;
        let (tasks, documents) = queried(caller, counted)?;
        Ok(DueDateMoveCounts { tasks, documents })
    }
}

/// How much would move.
#[derive(Debug, SimpleObject)]
pub struct DueDateMoveCounts {
    /// The number of tasks.
    tasks: i64,
    /// The number of documents.
    documents: i64,
}

/// The dates of a task, or of a document, as they are and as they would be.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct DueDateMove {
    #[graphql(skip)]
    task: TaskId,
    /// The ID of the document of the task that would move; null when the task itself would.
    document_id: Option<ID>,
    /// The due date of the law.
    legal_due_on: Option<Date>,
    /// The due date of the law as it would be.
    new_legal_due_on: Option<Date>,
    /// The date of the firm's own; null for a document.
    target_on: Option<Date>,
    /// The date of the firm's own as it would be.
    new_target_on: Option<Date>,
    /// The date until which the client hands in; of a document, the date that the client sees.
    due_on: Option<Date>,
    /// The same as it would be.
    new_due_on: Option<Date>,
    /// Why the dates would move.
    reason: DueDateMoveReason,
    /// Why the dates would move, in the language of the viewer.
    explanation: String,
    /// How the new due date of the law is found, step by step, and which dates would hold without it, in the language of the
    /// viewer.
    steps: Vec<String>,
    /// Whether a date that could still change would be final.
    becomes_final: bool,
}

#[async_graphql::ComplexObject]
impl DueDateMove {
    /// The task.
    async fn task(&self, ctx: &Context<'_>) -> Result<Task, ApiError> {
        seen(load(ctx, self.task).await?)
    }
}

impl DueDateMove {
    fn new(of: Move, locale: guichet_base::locale::Locale) -> Self {
        let Move { task, document, before, after, reason, due, becomes_final } = of;
        let source = due.as_ref().map(|due| due.source.as_str());
        Self {
            task,
            document_id: document.map(api_id),
            legal_due_on: before.legal.map(Date),
            new_legal_due_on: after.legal.map(Date),
            target_on: before.target.map(Date),
            new_target_on: after.target.map(Date),
            due_on: before.due.map(Date),
            new_due_on: after.due.map(Date),
            reason: reason.into(),
            explanation: rules::sentence(locale, reason, source),
            steps: due.as_ref().map(|due| sentences(locale, due)).unwrap_or_default(),
            becomes_final,
        }
    }
}

/// Queries about due dates that would move.
#[derive(Debug, Default)]
pub struct DueDateMoveQuery;

#[Object]
impl DueDateMoveQuery {
    /// Returns the due dates of open tasks and their documents that the rules, calendars and records of clients say
    /// otherwise now. Dates that a person set, and those of closed tasks, never move. Null for clients and for staff with
    /// the role `MEMBER`.
    async fn due_date_moves(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<DueDateMoveFilter>,
        #[graphql(
            desc = "Whether the dates are those after `catalogueUpdateApply` for all obligations.",
            default
        )]
        with_catalogue_updates: bool,
        #[graphql(
            desc = "The number of dates, 1 to 200. There may be more, because all of a recurring task come together, and fewer, \
                    though the list goes on.",
            default = 100
        )]
        first: i32,
        #[graphql(desc = "The `nextAfterId` that was returned before.")] after_id: Option<ID>,
    ) -> Result<Option<DueDateMoves>, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        if rights::may(&actor.membership, FirmAct::DueDatesMove).is_err() {
            return Ok(None);
        }
        let (filter, updated) = (filter.unwrap_or_default().read(), with_catalogue_updates);
        let after = queried(caller, after_id.as_ref().map(place).transpose())?;
        let found = caller
            .reading()
            .find(async |store| commands::moves(store, actor, &filter, updated, after, first.into()).await);
        let found = queried(caller, found.await)?;
        spend(ctx, found.moves.len())?;
        let moves = found.moves.into_iter().map(|of| DueDateMove::new(of, caller.locale)).collect();
        Ok(Some(DueDateMoves { filter, updated, moves, next_after_id: found.reached.map(encoded) }))
    }
}

/// Reads what [`encoded`] wrote.
fn place(given: &ID) -> error::Result<Place> {
    let place = RecurringTaskId::decode(given).map(Place::Recurring);
    place.or_else(|| TaskId::decode(given).map(Place::ByHand)).or_not_found("afterId")
}

fn encoded(place: Place) -> ID {
    match place {
        Place::Recurring(id) => api_id(id),
        Place::ByHand(id) => api_id(id),
    }
}

/// Input for `dueDateMovesApply`: the tasks whose dates, with those of their documents, follow the rules; either `taskIds`
/// or `all`.
#[derive(Debug, InputObject)]
pub struct DueDateMovesApplyInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The IDs of the tasks, 1 to 100.
    task_ids: Option<Vec<ID>>,
    /// Whether the dates of all open tasks follow, in the background; `clientIds` and `taskTypeIds` limit them.
    #[graphql(default)]
    all: bool,
    /// The IDs of the clients. By default all clients.
    client_ids: Option<Vec<ID>>,
    /// The IDs of the kinds of work. By default all of them.
    task_type_ids: Option<Vec<ID>>,
}

payload! {
    /// The result of `dueDateMovesApply`.
    DueDateMovesApplyPayload {
        /// The number of tasks and documents whose dates moved; null when they move in the background, and when there are
        /// errors.
        moved_count: Option<i64>,
    }
}

/// Acts on due dates.
#[derive(Debug, Default)]
pub struct DueDateMoveMutation;

#[Object]
impl DueDateMoveMutation {
    /// Lets the dates of open tasks and their documents follow what the rules say now, as `dueDateMoves` shows. With `all`
    /// it happens in the background, and the viewer is notified at the end. Assignees are notified of dates that become
    /// final.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `MUTUALLY_EXCLUSIVE`, `OUT_OF_RANGE`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn due_date_moves_apply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DueDateMovesApplyInput,
    ) -> Result<DueDateMovesApplyPayload, ApiError> {
        let DueDateMovesApplyInput { idempotency_key, task_ids, all, client_ids, task_type_ids } = input;
        let read = || -> error::Result<MoveFilter> {
            Ok(MoveFilter {
                tasks: task_ids.as_deref().map(|given| ids("taskIds", given)).transpose()?,
                clients: client_ids.as_deref().map(|given| ids("clientIds", given)).transpose()?,
                task_types: task_type_ids.as_deref().map(|given| ids("taskTypeIds", given)).transpose()?,
            })
        };
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::apply(store, actor, &idempotency_key, read()?, all).await
        })
        .await?;
        let moved_count = done.and_then(|done| done.moved);
        Ok(DueDateMovesApplyPayload { moved_count, user_errors, revision })
    }
}
