//! Finding tickets (D-01).

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::{ClientId, Id, TicketId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_schema::desk::ticket::{list, model};

use super::types::{Ticket, TicketStatus};
use crate::graphql::caller::Caller;
use crate::graphql::counts::counts;
use crate::graphql::loaders::load_optional;
use crate::graphql::mirror::mirror;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{known_ids, queried};
use crate::graphql::scalars::{DateTime, OrderDirection};

/// A filter of tickets. A ticket must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TicketFilter {
    /// Tickets with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Tickets with messages that the viewer has not read (true), or without any (false); see `Ticket.unreadCount`.
    unread: Option<bool>,
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

impl FilterInput for TicketFilter {
    type Filter = list::TicketFilter;

    fn read(self, viewer: &Membership) -> error::Result<list::TicketFilter> {
        let filter = self;
        let status = |status: Vec<TicketStatus>| status.into_iter().map(Into::into).collect();
        let filter = list::TicketFilter {
            ids: known_ids(filter.ids),
            unread: filter.unread.map(|unread| (viewer.author(), unread)),
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
        };
        filter.check(&viewer.scope())?;
        Ok(filter)
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
        let count = list::count(&mut *caller.reading().conn().await?, &caller.scope()?, &self.0).await;
        queried(caller, count)
    }
}

counts! {
    /// The numbers of tickets by status.
    TicketCounts, TicketStatusCount of status: TicketStatus => model::TicketStatus, all as by_status,
    told as TicketCountsChanged;
    // A search finds tickets by the name of their client.
    filter TicketFilter => list::TicketFilter, ids TicketId, with [ClientId::NOUN];
    /// Returns the numbers of tickets that the viewer can see, by status. With the filter `unread: true` they are those
    /// of the tickets with unread messages.
    query TicketCountsQuery.ticket_counts;
    /// Sends the numbers of tickets that the viewer can see, by status: in the first message without `after`, and
    /// whenever one of them changes. With the filter `unread: true` they are those of the tickets with unread messages.
    subscription TicketCountsSubscription.ticket_counts_changed, "ticketCountsChanged", TicketsCounted;
    shared by |viewer| viewer.scope() => Scope,
    counted |conn, viewer, filter| list::counts(conn, &viewer.scope(), filter)
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
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let order: list::TicketOrder = order_by.map(Into::into).unwrap_or_default();
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = list::page(&mut *caller.conn().await?, &scope, &filter, order, &part).await;
        let page = queried(caller, page)?;
        Ok(TicketConnection::new(page, TicketCount(filter), |ticket| order.position(ticket), Ticket))
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
