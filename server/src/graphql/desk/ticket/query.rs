//! Finding tickets (D-01).

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use guichet_base::id::{Id, TicketId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::desk::ticket::list;

use super::types::{Ticket, TicketStatus};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::page::connection;
use crate::graphql::payload::{known_ids, queried};
use crate::graphql::scalars::OrderDirection;

/// Which tickets are wanted; everything that is set must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TicketFilter {
    /// In one of these statuses.
    status: Option<Vec<TicketStatus>>,
    /// About one of these clients.
    client_ids: Option<Vec<ID>>,
    /// With one of these assignees. Staff only: ignored for clients.
    assignee_ids: Option<Vec<ID>>,
    /// With one of these accountants.
    accountant_ids: Option<Vec<ID>>,
    /// With one of these departments. Staff only: ignored for clients.
    department_ids: Option<Vec<ID>>,
    /// For one of these services.
    service_item_ids: Option<Vec<ID>>,
    /// Opened then or later.
    created_from: Option<DateTime<Utc>>,
    /// Opened before.
    created_to: Option<DateTime<Utc>>,
    /// Changed then or later.
    updated_from: Option<DateTime<Utc>>,
    /// Changed before.
    updated_to: Option<DateTime<Utc>>,
    /// Whether staff have done nothing with it yet (D-06). Staff only: ignored for clients.
    is_untouched: Option<bool>,
    /// Whether it was opened by somebody of the client.
    opened_by_client: Option<bool>,
    /// Words, or parts of them, out of number, subject, client or description, whatever the case and
    /// accents; all must be found. Up to 200 characters.
    search: Option<String>,
}

impl From<TicketFilter> for list::TicketFilter {
    fn from(filter: TicketFilter) -> Self {
        let status = |status: Vec<TicketStatus>| status.into_iter().map(Into::into).collect();
        Self {
            status: filter.status.map(status),
            clients: known_ids(filter.client_ids),
            assignees: known_ids(filter.assignee_ids),
            accountants: known_ids(filter.accountant_ids),
            departments: known_ids(filter.department_ids),
            service_items: known_ids(filter.service_item_ids),
            created_from: filter.created_from,
            created_to: filter.created_to,
            updated_from: filter.updated_from,
            updated_to: filter.updated_to,
            is_untouched: filter.is_untouched,
            opened_by_client: filter.opened_by_client,
            search: filter.search,
        }
    }
}

/// By what tickets are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "list::TicketOrderField")]
pub enum TicketOrderField {
    /// When it last changed.
    UpdatedAt,
    /// When it was opened.
    CreatedAt,
    /// Its number.
    Number,
    /// Its price.
    Price,
    /// Its subject.
    Subject,
    /// Its status, by its name in English.
    Status,
}

/// The order of tickets.
#[derive(Debug, Clone, InputObject)]
pub struct TicketOrder {
    /// By what; equal ones by id.
    field: TicketOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

impl From<TicketOrder> for list::TicketOrder {
    fn from(order: TicketOrder) -> Self {
        Self { field: order.field.into(), descending: order.direction == OrderDirection::Desc }
    }
}

connection! {
    /// A page of tickets.
    TicketConnection, TicketEdge of Ticket, count TicketCount
}

/// Counts when asked.
pub struct TicketCount(list::TicketFilter);

#[Object]
impl TicketCount {
    /// How many there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let count = list::count(&mut *caller.conn().await?, &caller.scope()?, &self.0).await;
        queried(caller, count)
    }
}

/// Queries about tickets.
#[derive(Debug, Default)]
pub struct TicketQuery;

#[Object]
impl TicketQuery {
    /// The tickets that the viewer sees (D-01); by default those that changed last come first.
    #[allow(clippy::too_many_arguments)] // of the field
    async fn tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which are wanted; all when left out.")] filter: Option<TicketFilter>,
        #[graphql(desc = "In which order; by default what changed last comes first.")] order_by: Option<
            TicketOrder,
        >,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<TicketConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let filter = filter.unwrap_or_default().into();
        let order: list::TicketOrder = order_by.map(Into::into).unwrap_or_default();
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = list::page(&mut *caller.conn().await?, &scope, &filter, order, &part).await;
        let page = queried(caller, page)?;
        Ok(TicketConnection::new(page, TicketCount(filter), |ticket| order.cursor(ticket), Ticket))
    }

    /// One ticket; null when there is no such for the viewer.
    async fn ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<Ticket>, ApiError> {
        Caller::of(ctx).actor()?;
        load_optional(ctx, TicketId::decode(&id)).await
    }
}
