//! Finding clients.

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::id::{ClientId, Id, StaffId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::people::client::{model, queries};

use super::types::Client;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::page::connection;
use crate::graphql::payload::{optional_id, queried};

/// Which clients are wanted; everything that is set must hold.
#[derive(Debug, Default, InputObject)]
pub struct ClientFilter {
    /// Words of name, registration, e-mail or telephone, in any case and without accents; all must
    /// be found. Up to 200 characters.
    search: Option<String>,
    /// Those in this staff member's portfolio.
    accountant_id: Option<ID>,
}

connection! {
    /// A page of a firm's clients.
    ClientConnection, ClientEdge of Client, count ClientCount
}

/// Counts when asked.
pub struct ClientCount(queries::ClientFilter);

#[Object]
impl ClientCount {
    /// How many there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let found = queries::count(&mut *caller.conn().await?, &caller.scope()?, &self.0).await;
        queried(caller, found)
    }
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

    /// The clients that the viewer sees, by name; a portal user sees its own.
    async fn clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which are wanted; all when left out.")] filter: Option<ClientFilter>,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<ClientConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let ClientFilter { search, accountant_id } = filter.unwrap_or_default();
        let accountant_id = optional_id::<StaffId>("accountantId", accountant_id.as_ref());
        let filter = queries::ClientFilter { search, accountant_id: queried(caller, accountant_id)? };
        let request = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, &scope, &filter, &request).await;
        let page = queried(caller, page)?;
        Ok(ClientConnection::new(page, ClientCount(filter), model::Client::cursor, Client))
    }
}
