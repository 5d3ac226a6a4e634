//! Finding clients.

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::{ClientId, Id, StaffId};
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_schema::people::client::{model, queries};

use super::types::Client;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{known_ids, optional_id};

/// A filter of clients. A client must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct ClientFilter {
    /// Clients with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Words in the name, registration number, e-mail address or telephone number, regardless of case and
    /// accents; all words must match. Up to 200 characters.
    search: Option<String>,
    /// Clients for which this staff member is responsible.
    accountant_id: Option<ID>,
}

impl FilterInput for ClientFilter {
    type Filter = queries::ClientFilter;

    fn read(self, _: &Membership) -> error::Result<queries::ClientFilter> {
        let Self { ids, search, accountant_id } = self;
        let accountant_id: Option<StaffId> = optional_id("filter.accountantId", accountant_id.as_ref())?;
        Ok(queries::ClientFilter { ids: known_ids(ids), search, accountant_id })
    }
}

connection! {
    /// A page of the list of clients.
    ClientConnection, ClientEdge of Client, count ClientCount;
    /// Returns the list of clients that the viewer can see, sorted by name. Portal users see their own
    /// client.
    query ClientsQuery.clients, filter ClientFilter => queries::ClientFilter;
    seen by scope, page queries::page, counted queries::count, position model::Client::position
}

/// Queries about clients.
#[derive(Debug, Default)]
pub struct ClientQuery;

#[Object]
impl ClientQuery {
    /// Returns the client with this ID; null when it does not exist for the viewer.
    async fn client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the client.")] id: ID,
    ) -> Result<Option<Client>, ApiError> {
        Caller::of(ctx).actor()?;
        load_optional(ctx, ClientId::decode(&id)).await
    }
}
