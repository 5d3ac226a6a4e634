//! Acts on runs.

use async_graphql::{Context, ID, Object};
use guichet_base::id::{GenerationId, Id, TaskId};
use guichet_edge::ApiError;
use guichet_schema::month::generation::commands;

use super::input::{
    RecurringTaskUndoInput, TaskGenerationRunInput, TaskGenerationUndoInput, TaskUndoInput, read,
};
use super::types::TaskGeneration;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, act, api_id, id, ids, payload};

payload! {
    /// The result of `taskGenerationRun`.
    TaskGenerationRunPayload {
        /// The run, which goes on in the background; null when there are errors.
        task_generation: Option<TaskGeneration>,
    }
}

payload! {
    /// The result of `taskGenerationUndo`.
    TaskGenerationUndoPayload {
        /// The run in its current state, also when there are errors.
        task_generation: Option<TaskGeneration>,
    }
}

payload! {
    /// The result of `recurringTaskUndo`.
    RecurringTaskUndoPayload {
        /// The run that takes back the tasks in the background; null when there are errors.
        task_generation: Option<TaskGeneration>,
    }
}

payload! {
    /// The result of `taskUndo`.
    TaskUndoPayload {
        /// The IDs of the tasks that are gone; null when there are errors.
        undone_ids: Option<Vec<ID>>,
        /// The IDs of the tasks that stay, because somebody has acted on them or they were not generated; null when there
        /// are errors.
        kept_ids: Option<Vec<ID>>,
    }
}

/// Acts on runs.
#[derive(Debug, Default)]
pub struct TaskGenerationMutation;

#[Object]
impl TaskGenerationMutation {
    /// Generates the tasks that recurring tasks lack, in the background, and those that somebody undid before.
    /// `taskGenerationsChanged` tells the progress; the viewer is notified at the end, and each other assignee once of the own
    /// new tasks.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_generation_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskGenerationRunInput,
    ) -> Result<TaskGenerationRunPayload, ApiError> {
        let TaskGenerationRunInput { idempotency_key, up_to, client_ids, task_type_ids } = input;
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let input = read(up_to, client_ids.as_deref(), task_type_ids.as_deref())?;
            commands::run(store, actor, &idempotency_key, input).await
        })
        .await?;
        let task_generation = load_optional(ctx, done).await?;
        Ok(TaskGenerationRunPayload { task_generation, user_errors, revision })
    }

    /// Takes back the tasks of a run on which nobody has acted, with their documents, in the background. Their periods are
    /// generated again only when a person asks for it. The other tasks stay.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `GENERATION_RUNNING`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_generation_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskGenerationUndoInput,
    ) -> Result<TaskGenerationUndoPayload, ApiError> {
        let TaskGenerationUndoInput { idempotency_key, id: given } = input;
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            commands::undo(store, actor, &idempotency_key, id("id", &given)?).await
        })
        .await?;
        let task_generation = load_optional(ctx, GenerationId::decode(&given)).await?;
        Ok(TaskGenerationUndoPayload { task_generation, user_errors, revision })
    }

    /// Takes back all tasks of recurring tasks on which nobody has acted, whatever generated them, with their documents, in the
    /// background. Their periods are generated again only when a person asks for it. The other tasks stay.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn recurring_task_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskUndoInput,
    ) -> Result<RecurringTaskUndoPayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::undo_recurring(store, actor, &input.idempotency_key, ids("ids", &input.ids)?).await
        })
        .await?;
        let task_generation = load_optional(ctx, done).await?;
        Ok(RecurringTaskUndoPayload { task_generation, user_errors, revision })
    }

    /// Takes back generated tasks on which nobody has acted, with their documents. Their periods are generated again only
    /// when a person asks for it. The other tasks stay.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskUndoInput,
    ) -> Result<TaskUndoPayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::undo_tasks(store, actor, &input.idempotency_key, ids("ids", &input.ids)?).await
        })
        .await?;
        let shown = |ids: Vec<TaskId>| ids.into_iter().map(api_id).collect();
        let (undone_ids, kept_ids) = done.map(|done| (shown(done.undone), shown(done.kept))).unzip();
        Ok(TaskUndoPayload { undone_ids, kept_ids, user_errors, revision })
    }
}
