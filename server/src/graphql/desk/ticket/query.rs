//! Finding tickets (D-01).

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::id::{Id, TicketId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::desk::ticket::list;

use super::types::{Ticket, TicketStatus};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::mirror::mirror;
use crate::graphql::page::connection;
use crate::graphql::payload::{known_ids, queried};
use crate::graphql::scalars::{DateTime, OrderDirection};

/// A filter of tickets. A ticket must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TicketFilter {
    /// Tickets with one of these statuses.
    status: Option<Vec<TicketStatus>>,
    /// Tickets of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Tickets with one of these assignees. For staff only.
    assignee_ids: Option<Vec<ID>>,
    /// Tickets with one of these accountants.
    accountant_ids: Option<Vec<ID>>,
    /// Tickets of one of these departments. For staff only.
    department_ids: Option<Vec<ID>>,
    /// Tickets about one of these items of the price list.
    service_item_ids: Option<Vec<ID>>,
    /// Tickets opened at this date and time or later.
    created_from: Option<DateTime>,
    /// Tickets opened before this date and time.
    created_to: Option<DateTime>,
    /// Tickets changed at this date and time or later.
    updated_from: Option<DateTime>,
    /// Tickets changed before this date and time.
    updated_to: Option<DateTime>,
    /// Tickets on which no staff member has acted yet (true), or on which one has (false). For staff only.
    is_untouched: Option<bool>,
    /// Tickets opened by a portal user of the client (true), or by staff (false).
    opened_by_client: Option<bool>,
    /// Words or parts of words in the number, subject, client name or description, regardless of case, accents and
    /// punctuation; all must match. A number such as `#91`, or the subject of a mail about the ticket, finds that
    /// ticket. Up to 200 characters.
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
            created_from: filter.created_from.map(|at| at.0),
            created_to: filter.created_to.map(|at| at.0),
            updated_from: filter.updated_from.map(|at| at.0),
            updated_to: filter.updated_to.map(|at| at.0),
            is_untouched: filter.is_untouched,
            opened_by_client: filter.opened_by_client,
            search: filter.search,
        }
    }
}

mirror!(TicketOrderField => list::TicketOrderField);

/// The order of a list of tickets.
#[derive(Debug, Clone, InputObject)]
pub struct TicketOrder {
    /// The field to sort by. Tickets with equal values are sorted by ID.
    field: TicketOrderField,
    /// The direction.
    direction: OrderDirection,
}

impl From<TicketOrder> for list::TicketOrder {
    fn from(order: TicketOrder) -> Self {
        Self { field: order.field.into(), descending: order.direction == OrderDirection::Desc }
    }
}

connection! {
    /// A page of the list of tickets.
    TicketConnection, TicketEdge of Ticket, count TicketCount
}

/// Counts only when requested.
pub struct TicketCount(list::TicketFilter);

#[Object]
impl TicketCount {
    /// The number of items on all pages.
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
    /// Returns the list of tickets that the viewer can see.
    #[allow(clippy::too_many_arguments)] // of the field
    async fn tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<TicketFilter>,
        #[graphql(
            desc = "The order of the list. The default is the date and time of the last change, latest first."
        )]
        order_by: Option<TicketOrder>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
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

    /// Returns the ticket with this ID; null when it does not exist for the viewer.
    async fn ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the ticket.")] id: ID,
    ) -> Result<Option<Ticket>, ApiError> {
        Caller::of(ctx).actor()?;
        load_optional(ctx, TicketId::decode(&id)).await
    }
}
