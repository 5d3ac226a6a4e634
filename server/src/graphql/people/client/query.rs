//! Finding clients.

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::{ClientId, Id, StaffId};
use guichet_schema::people::client::{model, queries};

use super::types::Client;
use crate::edge::ApiError;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::page::connection;
use crate::graphql::payload::optional_id;

/// Which clients are wanted; everything that is set must hold.
#[derive(Debug, Default, InputObject)]
pub struct ClientFilter {
    /// Words of name, registration, e-mail or telephone, in any case and without accents; all must
    /// be found. Up to 200 characters.
    search: Option<String>,
    /// Those in this staff member's portfolio.
    accountant_id: Option<ID>,
}

impl TryFrom<ClientFilter> for queries::ClientFilter {
    type Error = error::Error;

    fn try_from(ClientFilter { search, accountant_id }: ClientFilter) -> error::Result<Self> {
        let accountant_id: Option<StaffId> = optional_id("accountantId", accountant_id.as_ref())?;
        Ok(Self { search, accountant_id })
    }
}

connection! {
    /// A page of a firm's clients.
    ClientConnection, ClientEdge of Client, count ClientCount;
    /// The clients that the viewer sees, by name; a portal user sees its own.
    query ClientsQuery.clients, filter ClientFilter => queries::ClientFilter;
    seen by scope, page queries::page, counted queries::count, cursor model::Client::cursor
}

/// Queries about clients.
#[derive(Debug, Default)]
pub struct ClientQuery;

#[Object]
impl ClientQuery {
    /// A client; null when there is none for this viewer.
    async fn client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client.")] id: ID,
    ) -> Result<Option<Client>, ApiError> {
        Caller::of(ctx).actor()?;
        load_optional(ctx, ClientId::decode(&id)).await
    }
}
