//! Acts on kinds of work.

use async_graphql::{Context, Object};
use guichet_base::id::{Id, TaskTypeId};
use guichet_edge::ApiError;
use guichet_schema::month::task_type::commands;

use super::input::{TaskTypeCreateInput, TaskTypeUpdateInput};
use super::types::TaskType;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, act, payload};

payload! {
    /// The result of `taskTypeCreate`.
    TaskTypeCreatePayload {
        /// The new kind of work; null when there are errors.
        task_type: Option<TaskType>,
    }
}

payload! {
    /// The result of `taskTypeUpdate`.
    TaskTypeUpdatePayload {
        /// The kind of work in its current state, also when there are errors.
        task_type: Option<TaskType>,
    }
}

/// Acts on kinds of work.
#[derive(Debug, Default)]
pub struct TaskTypeMutation;

#[Object]
impl TaskTypeMutation {
    /// Creates a kind of work.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `MUTUALLY_EXCLUSIVE`,
    /// `INVALID_RULE`, `TAKEN`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_type_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskTypeCreateInput,
    ) -> Result<TaskTypeCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let task_type = load_optional(ctx, done).await?;
        Ok(TaskTypeCreatePayload { task_type, user_errors, revision })
    }

    /// Changes a kind of work. Tasks that exist keep what they have.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`,
    /// `MUTUALLY_EXCLUSIVE`, `INVALID_RULE`, `TAKEN`, `IN_USE`.
    async fn task_type_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskTypeUpdateInput,
    ) -> Result<TaskTypeUpdatePayload, ApiError> {
        let shown = TaskTypeId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::update(store, actor, input.read()?).await).await?;
        let task_type = load_optional(ctx, shown).await?;
        Ok(TaskTypeUpdatePayload { task_type, user_errors, revision })
    }
}
