//! Acts on the catalogue.

use async_graphql::{Context, ID, Object};
use guichet_edge::ApiError;
use guichet_schema::month::catalogue::commands::{self, AdoptCatalogue};
use guichet_schema::month::catalogue::updates;

use super::input::{CatalogueAdoptInput, CatalogueUpdateApplyInput};
use crate::graphql::payload::{MutationOutcome, act, api_id, ids, payload};

payload! {
    /// The result of `catalogueUpdateApply`.
    CatalogueUpdateApplyPayload {
        /// The IDs of the obligations that changed; null when there are errors.
        obligation_ids: Option<Vec<ID>>,
    }
}

payload! {
    /// The result of `catalogueAdopt`.
    CatalogueAdoptPayload {
        /// The number of obligations that the firm did not have before; null when there are errors.
        obligations: Option<i64>,
        /// The number of kinds of work that the firm did not have before; null when there are errors.
        task_types: Option<i64>,
    }
}

/// Acts on the catalogue.
#[derive(Debug, Default)]
pub struct CatalogueMutation;

#[Object]
impl CatalogueMutation {
    /// Copies obligations and kinds of work of the starter catalogue into the firm, in the language of the firm. What the
    /// firm has already is left as it is. Later versions of the program change no copy.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `IDEMPOTENCY_KEY_REUSED`.
    async fn catalogue_adopt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: CatalogueAdoptInput,
    ) -> Result<CatalogueAdoptPayload, ApiError> {
        let CatalogueAdoptInput { idempotency_key, task_type_codes, obligation_codes } = input;
        let input = AdoptCatalogue { task_type_codes, obligation_codes };
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::adopt(store, actor, &idempotency_key, input).await)
                .await?;
        let (obligations, task_types) =
            done.map(|done| (done.obligations as i64, done.task_types as i64)).unzip();
        Ok(CatalogueAdoptPayload { obligations, task_types, user_errors, revision })
    }

    /// Takes over what a newer version of the program changes in obligations that the firm adopted. Open tasks keep their
    /// dates until `dueDateMovesApply`.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `INVALID_RULE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn catalogue_update_apply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: CatalogueUpdateApplyInput,
    ) -> Result<CatalogueUpdateApplyPayload, ApiError> {
        let CatalogueUpdateApplyInput { idempotency_key, obligation_ids } = input;
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let given = obligation_ids.as_deref().map(|given| ids("obligationIds", given)).transpose()?;
            updates::apply(store, actor, &idempotency_key, given).await
        })
        .await?;
        let obligation_ids = done.map(|ids| ids.into_iter().map(api_id).collect());
        Ok(CatalogueUpdateApplyPayload { obligation_ids, user_errors, revision })
    }
}
