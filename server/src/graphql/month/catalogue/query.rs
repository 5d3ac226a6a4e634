//! Queries about the catalogue.

use async_graphql::{Context, Object};
use guichet_edge::ApiError;
use guichet_schema::month::catalogue::updates;
use guichet_schema::people::rights::{self, FirmAct};

use super::types::Catalogue;
use super::update::CatalogueUpdate;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::spend;
use crate::graphql::month::CalendarCountry;
use crate::graphql::payload::queried;

/// Queries about the catalogue.
#[derive(Debug, Default)]
pub struct CatalogueQuery;

#[Object]
impl CatalogueQuery {
    /// Returns the starter catalogue of a country; null for clients.
    async fn catalogue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The country.")] country: CalendarCountry,
    ) -> Result<Option<Catalogue>, ApiError> {
        let caller = Caller::of(ctx);
        let is_staff = caller.scope()?.is_staff();
        Ok(is_staff.then(|| Catalogue { country: country.into(), locale: caller.locale }))
    }

    /// Returns what a newer version of the program changes in obligations that the firm adopted. `dueDateMoves` with
    /// `withCatalogueUpdates` shows which dates would move. Null for clients and for staff with the role `MEMBER`.
    async fn catalogue_updates(&self, ctx: &Context<'_>) -> Result<Option<Vec<CatalogueUpdate>>, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        if rights::may(&actor.membership, FirmAct::DueDatesMove).is_err() {
            return Ok(None);
        }
        let found = caller.reading().find(async |store| updates::updates(store, actor).await);
        let found = queried(caller, found.await)?;
        spend(ctx, found.len())?;
        Ok(Some(found.into_iter().map(|update| CatalogueUpdate { update }).collect()))
    }
}
