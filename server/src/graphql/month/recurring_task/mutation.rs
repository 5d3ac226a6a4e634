//! Acts on recurring tasks.

use async_graphql::{Context, Object};
use guichet_base::id::{Id, RecurringTaskId};
use guichet_edge::ApiError;
use guichet_schema::month::recurring_task::commands;

use super::input::{
    RecurringTaskCreateInput, RecurringTaskOverrideSetInput, RecurringTaskPauseInput,
    RecurringTaskResumeInput, RecurringTaskUpdateInput,
};
use super::types::RecurringTask;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, act, id, payload};

payload! {
    /// The result of `recurringTaskCreate`.
    RecurringTaskCreatePayload {
        /// The new recurring task; null when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

payload! {
    /// The result of `recurringTaskUpdate`.
    RecurringTaskUpdatePayload {
        /// The recurring task in its current state, also when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

payload! {
    /// The result of `recurringTaskPause`.
    RecurringTaskPausePayload {
        /// The recurring task in its current state, also when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

payload! {
    /// The result of `recurringTaskResume`.
    RecurringTaskResumePayload {
        /// The recurring task in its current state, also when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

payload! {
    /// The result of `recurringTaskOverrideSet`.
    RecurringTaskOverrideSetPayload {
        /// The recurring task in its current state, also when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

/// Acts on recurring tasks.
#[derive(Debug, Default)]
pub struct RecurringTaskMutation;

#[Object]
impl RecurringTaskMutation {
    /// Gives a client a kind of work. Tasks of periods that are due already are generated at once.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `NOT_FOR_PLACE`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn recurring_task_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskCreateInput,
    ) -> Result<RecurringTaskCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let recurring_task = load_optional(ctx, done).await?;
        Ok(RecurringTaskCreatePayload { recurring_task, user_errors, revision })
    }

    /// Changes a recurring task. Tasks that exist stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TAKEN`.
    async fn recurring_task_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskUpdateInput,
    ) -> Result<RecurringTaskUpdatePayload, ApiError> {
        let shown = RecurringTaskId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::update(store, actor, input.read()?).await).await?;
        let recurring_task = load_optional(ctx, shown).await?;
        Ok(RecurringTaskUpdatePayload { recurring_task, user_errors, revision })
    }

    /// Lets a recurring task rest for some periods, or until it is resumed. Those periods are skipped, and not caught up.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TAKEN`.
    async fn recurring_task_pause(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskPauseInput,
    ) -> Result<RecurringTaskPausePayload, ApiError> {
        let shown = RecurringTaskId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let of = (id("id", &input.id)?, input.expected_version);
            let periods = (input.from_period.as_str(), input.to_period.as_deref());
            commands::pause(store, actor, of, periods, &input.reason).await
        })
        .await?;
        let recurring_task = load_optional(ctx, shown).await?;
        Ok(RecurringTaskPausePayload { recurring_task, user_errors, revision })
    }

    /// Resumes a recurring task: ends the pause without an end, or those with an end in which the period lies. Tasks of periods
    /// that are due already are generated at once, those inside a pause never.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`.
    async fn recurring_task_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskResumeInput,
    ) -> Result<RecurringTaskResumePayload, ApiError> {
        let shown = RecurringTaskId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let of = (id("id", &input.id)?, input.expected_version);
            commands::resume(store, actor, of, &input.from_period).await
        })
        .await?;
        let recurring_task = load_optional(ctx, shown).await?;
        Ok(RecurringTaskResumePayload { recurring_task, user_errors, revision })
    }

    /// Sets a date or a rule of the firm's own for some periods of one client. Of several that hold for a period the one that
    /// begins last is meant. Tasks that exist stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `INVALID_RULE`.
    async fn recurring_task_override_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskOverrideSetInput,
    ) -> Result<RecurringTaskOverrideSetPayload, ApiError> {
        let shown = RecurringTaskId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::set_override(store, actor, input.read()?).await).await?;
        let recurring_task = load_optional(ctx, shown).await?;
        Ok(RecurringTaskOverrideSetPayload { recurring_task, user_errors, revision })
    }
}
