//! Acts on obligations.

use async_graphql::{Context, Object};
use guichet_base::id::{Id, ObligationId};
use guichet_edge::ApiError;
use guichet_schema::month::obligation::commands;

use super::input::{
    DueDateExtensionCreateInput, DueDateExtensionDeleteInput, ObligationCreateInput, ObligationUpdateInput,
    RuleVersionCreateInput, RuleVersionDeleteInput, RuleVersionUpdateInput,
};
use super::types::Obligation;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, act, id, payload};

payload! {
    /// The result of `obligationCreate`.
    ObligationCreatePayload {
        /// The new obligation; null when there are errors.
        obligation: Option<Obligation>,
    }
}

payload! {
    /// The result of `ruleVersionCreate`.
    RuleVersionCreatePayload {
        /// The obligation in its current state, also when there are errors.
        obligation: Option<Obligation>,
    }
}

payload! {
    /// The result of `dueDateExtensionCreate`.
    DueDateExtensionCreatePayload {
        /// The obligation in its current state, also when there are errors.
        obligation: Option<Obligation>,
    }
}

payload! {
    /// The result of `obligationUpdate`.
    ObligationUpdatePayload {
        /// The obligation in its current state, also when there are errors.
        obligation: Option<Obligation>,
    }
}

payload! {
    /// The result of `ruleVersionUpdate`.
    RuleVersionUpdatePayload {
        /// The obligation in its current state; null when there are errors.
        obligation: Option<Obligation>,
    }
}

payload! {
    /// The result of `ruleVersionDelete`.
    RuleVersionDeletePayload {
        /// The obligation in its current state; null when there are errors.
        obligation: Option<Obligation>,
    }
}

payload! {
    /// The result of `dueDateExtensionDelete`.
    DueDateExtensionDeletePayload {
        /// The obligation in its current state; null when there are errors.
        obligation: Option<Obligation>,
    }
}

/// Acts on obligations.
#[derive(Debug, Default)]
pub struct ObligationMutation;

#[Object]
impl ObligationMutation {
    /// Creates an obligation of the firm's own. Those of the catalogue are adopted with `catalogueAdopt`.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `INVALID_RULE`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn obligation_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ObligationCreateInput,
    ) -> Result<ObligationCreatePayload, ApiError> {
        let (key, input) = input.into();
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::create(store, actor, &key, input).await).await?;
        let obligation = load_optional(ctx, done).await?;
        Ok(ObligationCreatePayload { obligation, user_errors, revision })
    }

    /// Adds a version to the rule of an obligation. Due dates of existing tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `INVALID_RULE`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn rule_version_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RuleVersionCreateInput,
    ) -> Result<RuleVersionCreatePayload, ApiError> {
        let shown = ObligationId::decode(&input.obligation_id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create_version(store, actor, &key, input).await
        })
        .await?;
        let obligation = load_optional(ctx, shown).await?;
        Ok(RuleVersionCreatePayload { obligation, user_errors, revision })
    }

    /// Adds a due date that an authority moved once. Due dates of existing tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `INVALID_RULE`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn due_date_extension_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DueDateExtensionCreateInput,
    ) -> Result<DueDateExtensionCreatePayload, ApiError> {
        let shown = ObligationId::decode(&input.obligation_id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create_extension(store, actor, &key, input).await
        })
        .await?;
        let obligation = load_optional(ctx, shown).await?;
        Ok(DueDateExtensionCreatePayload { obligation, user_errors, revision })
    }

    /// Changes what people read of an obligation. One from the catalogue keeps these words when a newer version of the
    /// program has others.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`.
    async fn obligation_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ObligationUpdateInput,
    ) -> Result<ObligationUpdatePayload, ApiError> {
        let shown = ObligationId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::update(store, actor, input.read()?).await).await?;
        let obligation = load_optional(ctx, shown).await?;
        Ok(ObligationUpdatePayload { obligation, user_errors, revision })
    }

    /// Corrects a version of a rule, its bounds included. One from the catalogue is the firm's own since. Due dates of existing
    /// tasks stay as they are: `dueDateMoves` shows which would move.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `INVALID_RULE`.
    async fn rule_version_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RuleVersionUpdateInput,
    ) -> Result<RuleVersionUpdatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::update_version(store, actor, input.read()?).await)
                .await?;
        let obligation = load_optional(ctx, done).await?;
        Ok(RuleVersionUpdatePayload { obligation, user_errors, revision })
    }

    /// Removes a version of a rule. Where the same rule holds before and after it, that holds in between again; and where it
    /// had no end, the version before it goes on. One from the catalogue comes back with `catalogueUpdateApply`. Due dates of
    /// existing tasks stay as they are: `dueDateMoves` shows which would move.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `INVALID_RULE`.
    async fn rule_version_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RuleVersionDeleteInput,
    ) -> Result<RuleVersionDeletePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::delete_version(store, actor, id("versionId", &input.version_id)?).await
        })
        .await?;
        let obligation = load_optional(ctx, done).await?;
        Ok(RuleVersionDeletePayload { obligation, user_errors, revision })
    }

    /// Removes a due date that an authority moved once. One from the catalogue comes back with `catalogueUpdateApply`. Due
    /// dates of existing tasks stay as they are: `dueDateMoves` shows which would move.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`.
    async fn due_date_extension_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DueDateExtensionDeleteInput,
    ) -> Result<DueDateExtensionDeletePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::delete_extension(store, actor, id("extensionId", &input.extension_id)?).await
        })
        .await?;
        let obligation = load_optional(ctx, done).await?;
        Ok(DueDateExtensionDeletePayload { obligation, user_errors, revision })
    }
}
