//! Acts on tasks, by staff.

use async_graphql::{Context, ID, Object, SimpleObject};
use futures_util::future::try_join_all;
use guichet_base::id::{Id, TaskId};
use guichet_edge::ApiError;
use guichet_schema::month::task::bulk::{self, Each, ItemDone};
use guichet_schema::month::task::{assign, attachment, commands, comment, status};

use super::comment::{CommentOnTask, TaskComment};
use super::input::{
    TaskAssignInput, TaskCommentPostInput, TaskCreateInput, TaskEditInput, TaskFileAttachInput,
    TaskMarkReadInput, TaskStatusChangeInput, TasksAssignInput, TasksDueDateSetInput, TasksStatusChangeInput,
};
use super::{Task, TaskStatusOutcome};
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::Attachment;
use crate::graphql::loaders::{load, load_optional};
use crate::graphql::payload::{MutationOutcome, UserError, act, payload};

payload! {
    /// The result of `taskCreate`.
    TaskCreatePayload {
        /// The new task; null when there are errors.
        task: Option<Task>,
    }
}

payload! {
    /// The result of `taskEdit`.
    TaskEditPayload {
        /// The task in its current state, also when there are errors.
        task: Option<Task>,
    }
}

payload! {
    /// The result of `taskStatusChange`.
    TaskStatusChangePayload {
        /// The task in its current state, also when there are errors.
        task: Option<Task>,
        /// The outcome of the status change; null when there are errors.
        outcome: Option<TaskStatusOutcome>,
    }
}

payload! {
    /// The result of `taskAssign`.
    TaskAssignPayload {
        /// The task in its current state, also when there are errors.
        task: Option<Task>,
    }
}

payload! {
    /// The result of `taskCommentPost`.
    TaskCommentPostPayload {
        /// The new comment; null when there are errors.
        comment: Option<TaskComment>,
        /// The task in its current state, also when there are errors.
        task: Option<Task>,
    }
}

payload! {
    /// The result of `taskMarkRead`.
    TaskMarkReadPayload {
        /// The task in its current state, also when there are errors.
        task: Option<Task>,
    }
}

payload! {
    /// The result of `taskFileAttach`.
    TaskFileAttachPayload {
        /// The list of new attachments, in the order of the files; empty when there are errors.
        attachments: Vec<Attachment>,
        /// The task in its current state, also when there are errors.
        task: Option<Task>,
    }
}

/// The result for one task of several.
#[derive(SimpleObject)]
pub struct TaskResult {
    /// The task in its current state, also when there are errors; null when it does not exist for the viewer.
    task: Option<Task>,
    /// The list of errors about this task; empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// The result of `tasksAssign`.
    TasksAssignPayload {
        /// The list of results, in the order of the input; empty when the whole input was refused.
        results: Vec<TaskResult>,
    }
}

payload! {
    /// The result of `tasksStatusChange`.
    TasksStatusChangePayload {
        /// The list of results, in the order of the input; empty when the whole input was refused.
        results: Vec<TaskResult>,
    }
}

payload! {
    /// The result of `tasksDueDateSet`.
    TasksDueDateSetPayload {
        /// The list of results, in the order of the input; empty when the whole input was refused.
        results: Vec<TaskResult>,
    }
}

/// Acts on tasks.
#[derive(Debug, Default)]
pub struct TaskMutation;

#[Object]
impl TaskMutation {
    /// Enters a task for a client. With a kind of work and a period, it gets their dates and documents. An assignee other
    /// than the viewer is told.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn task_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskCreateInput,
    ) -> Result<TaskCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        Ok(TaskCreatePayload { task: load_optional(ctx, done).await?, user_errors, revision })
    }

    /// Changes an open task. Documents that have its dates follow them.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `TASK_CLOSED`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`.
    async fn task_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskEditInput,
    ) -> Result<TaskEditPayload, ApiError> {
        let id = input.id.clone();
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::edit(store, actor, input.read()?).await).await?;
        Ok(TaskEditPayload { task: now(ctx, &id).await?, user_errors, revision })
    }

    /// Changes the status of a task. The documents of a canceled task are not expected any more, until it is reopened.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `STATUS_NOT_SETTABLE`, `DOCUMENTS_MISSING`, `CONFLICT`, `TOO_LONG`,
    /// `INVALID_TEXT`, `REQUIRED`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_status_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskStatusChangeInput,
    ) -> Result<TaskStatusChangePayload, ApiError> {
        let id = input.id.clone();
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            status::change_status(store, actor, &key, input).await
        })
        .await?;
        let outcome = done.map(|done| done.outcome.into());
        Ok(TaskStatusChangePayload { task: now(ctx, &id).await?, outcome, user_errors, revision })
    }

    /// Gives an open task to a staff member, who is told of it unless that is the viewer.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `TASK_CLOSED`, `CONFLICT`, `TOO_LONG`, `INVALID_TEXT`, `REQUIRED`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn task_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskAssignInput,
    ) -> Result<TaskAssignPayload, ApiError> {
        let id = input.id.clone();
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            assign::assign(store, actor, &key, input).await
        })
        .await?;
        Ok(TaskAssignPayload { task: now(ctx, &id).await?, user_errors, revision })
    }

    /// Writes a comment on an open or closed task. It does not mark the comments as read.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `FILE_NOT_UPLOADED`,
    /// `FILE_ATTACHED`, `FILE_INCOMPLETE`, `FILE_ALTERED`, `FILE_TYPE_MISMATCH`, `FILE_INFECTED`, `FILE_UNVERIFIABLE`,
    /// `FILE_UNUSED`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_comment_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskCommentPostInput,
    ) -> Result<TaskCommentPostPayload, ApiError> {
        let id = input.id.clone();
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            comment::post(store, actor, &key, input).await
        })
        .await?;
        let comment = load_optional(ctx, done.map(|done| CommentOnTask(done.message_id))).await?;
        Ok(TaskCommentPostPayload { comment, task: now(ctx, &id).await?, user_errors, revision })
    }

    /// Marks the comments on a task as read, for the viewer only.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_FOUND`.
    async fn task_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskMarkReadInput,
    ) -> Result<TaskMarkReadPayload, ApiError> {
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let (task, up_to) = input.read()?;
            comment::mark_read(store, actor, task, up_to).await
        })
        .await?;
        Ok(TaskMarkReadPayload { task: now(ctx, &input.id).await?, user_errors, revision })
    }

    /// Attaches files to an open or closed task, or to a comment of the viewer on it. Only staff see them.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `FILE_NOT_UPLOADED`,
    /// `FILE_ATTACHED`, `FILE_INCOMPLETE`, `FILE_ALTERED`, `FILE_TYPE_MISMATCH`, `FILE_INFECTED`, `FILE_UNVERIFIABLE`,
    /// `FILE_UNUSED`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_file_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskFileAttachInput,
    ) -> Result<TaskFileAttachPayload, ApiError> {
        let id = input.id.clone();
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            attachment::attach(store, actor, &key, input).await
        })
        .await?;
        let ids = done.map(|done| done.attachment_ids).unwrap_or_default();
        let attachments = try_join_all(ids.into_iter().map(|id| load(ctx, id))).await?;
        let attachments = attachments.into_iter().flatten().collect();
        Ok(TaskFileAttachPayload { attachments, task: now(ctx, &id).await?, user_errors, revision })
    }

    /// Gives many open tasks to one staff member, who is told of all of them at once unless that is the viewer. Each task
    /// succeeds or fails on its own.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `TASK_CLOSED`, `TOO_LONG`, `INVALID_TEXT`, `REQUIRED`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn tasks_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TasksAssignInput,
    ) -> Result<TasksAssignPayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, ids, to) = input.read()?;
            bulk::assign(store, actor, &key, ids, to).await
        })
        .await?;
        Ok(TasksAssignPayload { results: results(ctx, done).await?, user_errors, revision })
    }

    /// Changes the status of many tasks. Each task succeeds or fails on its own.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `STATUS_NOT_SETTABLE`, `DOCUMENTS_MISSING`, `TOO_LONG`,
    /// `INVALID_TEXT`, `REQUIRED`, `IDEMPOTENCY_KEY_REUSED`.
    async fn tasks_status_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TasksStatusChangeInput,
    ) -> Result<TasksStatusChangePayload, ApiError> {
        let (key, ids, wish) = input.read();
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| bulk::change_status(store, actor, &key, ids, wish).await).await?;
        Ok(TasksStatusChangePayload { results: results(ctx, done).await?, user_errors, revision })
    }

    /// Sets dates of many open tasks. Each task succeeds or fails on its own.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `REQUIRED`, `TASK_CLOSED`, `TOO_LONG`, `INVALID_TEXT`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn tasks_due_date_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TasksDueDateSetInput,
    ) -> Result<TasksDueDateSetPayload, ApiError> {
        let (key, ids, set) = input.read();
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| bulk::set_dates(store, actor, &key, ids, set).await).await?;
        Ok(TasksDueDateSetPayload { results: results(ctx, done).await?, user_errors, revision })
    }
}

/// The task as it stands now, so that whoever is refused sees why, and a repeated call the present.
async fn now(ctx: &Context<'_>, id: &ID) -> Result<Option<Task>, ApiError> {
    load_optional(ctx, TaskId::decode(id)).await
}

/// The tasks as they stand now, each with its refusals.
async fn results(ctx: &Context<'_>, done: Option<Each>) -> Result<Vec<TaskResult>, ApiError> {
    let locale = Caller::of(ctx).locale;
    let result = async |item: ItemDone| {
        let refused = item.refusals();
        let user_errors = refused.iter().map(|refusal| UserError::new(refusal, locale)).collect();
        Ok::<_, ApiError>(TaskResult { task: load_optional(ctx, item.id).await?, user_errors })
    };
    try_join_all(done.unwrap_or_default().into_iter().map(result)).await
}
