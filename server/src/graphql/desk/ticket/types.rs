//! What is shown of a ticket.

use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_base::id::{ClientId, TicketId};
use guichet_edge::ApiError;
use guichet_schema::desk::ticket::rules::{self, Circumstances, Facts};
use guichet_schema::desk::ticket::status::StatusOutcome;
use guichet_schema::desk::ticket::{model, queries};
use guichet_schema::shared::conversation::queries::unread;

use super::attachment::{Attachment, OnTicket};
use super::conversation::{TicketMessageConnection, conversation};
use super::history::{HistoryOf, TicketChange, TicketTransfer, TransfersOf};
use super::mutation::TicketStatusOutcome;
use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::desk::charge::{Charge, ChargesOf, CollectedBy};
use crate::graphql::desk::service_item::ServiceItem;
use crate::graphql::loaders::{by_ids, keyed, load, load_list, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::money::Money;
use crate::graphql::payload::api_id;
use crate::graphql::people::client::Client;
use crate::graphql::people::department::Department;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::DateTime;
use crate::graphql::shared::author::{Author, author};

mirror!(TicketStatus => model::TicketStatus);

mirror!(TicketAct => rules::TicketAct);

/// A ticket.
#[derive(Debug, Clone)]
pub struct Ticket(pub model::Ticket);

by_ids!(TicketId => Ticket, queries::by_ids);

impl Ticket {
    async fn facts(&self, ctx: &Context<'_>) -> Result<Facts, ApiError> {
        let around = seen(load(ctx, Around(self.0.client_id)).await?)?;
        Ok(Facts { status: self.0.status, closed_at: self.0.closed_at, around })
    }
}

/// A status that a ticket can be given now.
#[derive(Debug, SimpleObject)]
pub struct TicketStatusChoice {
    /// The status.
    status: TicketStatus,
    /// What choosing it does.
    outcome: TicketStatusOutcome,
    /// Whether a reason must be given, which the client is told.
    reason_required: bool,
}

impl From<rules::StatusChoice> for TicketStatusChoice {
    fn from(choice: rules::StatusChoice) -> Self {
        Self {
            status: choice.status.into(),
            outcome: StatusOutcome::from(choice.change).into(),
            reason_required: choice.needs_reason,
        }
    }
}

/// A case of a client, with a status, a price and a conversation.
#[Object]
impl Ticket {
    /// The ID of the ticket, for example `ticket_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The number of the ticket, counted per firm, for example `1042`.
    async fn number(&self) -> i64 {
        self.0.number
    }

    /// The client that the ticket is about.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// The person who opened the ticket.
    async fn opened_by(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.opened_by()).await
    }

    /// The subject of the ticket.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The description of the ticket; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The staff member who works on the ticket. There is always one, but it is null for clients.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        match Caller::of(ctx).internal(self.0.assignee_id)? {
            Some(id) => seen(load(ctx, id).await?).map(Some),
            None => Ok(None),
        }
    }

    /// The staff member who is responsible for the client in this ticket.
    async fn accountant(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.accountant_id).await
    }

    /// The department of the ticket; null for clients.
    async fn department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, Caller::of(ctx).internal(self.0.department_id)?.flatten()).await
    }

    /// The item of the price list.
    async fn service_item(&self, ctx: &Context<'_>) -> Result<Option<ServiceItem>, ApiError> {
        load_optional(ctx, self.0.service_item_id).await
    }

    /// The price of the ticket. Later changes of the price list do not affect it.
    async fn price(&self) -> Money {
        self.0.price().into()
    }

    /// The status of the ticket.
    async fn status(&self) -> TicketStatus {
        self.0.status.into()
    }

    /// Whether no staff member has acted on the ticket yet, so that it can be shown as new. Null for clients.
    async fn is_untouched(&self, ctx: &Context<'_>) -> Result<Option<bool>, ApiError> {
        Caller::of(ctx).internal(self.0.is_untouched)
    }

    /// The date and time when the ticket was opened.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the ticket was last changed. Messages count, internal notes do not.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The date and time when the ticket was closed; null while it is open.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }

    /// The version of the ticket. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The actions that the viewer may or may not perform on the ticket now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<TicketAct>>, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let facts = self.facts(ctx).await?;
        let now = caller.store.now();
        Ok(abilities(rules::TicketAct::ALL, |act| rules::may(act, &scope, &facts, now)))
    }

    /// The statuses that the viewer can give the ticket now with `ticketStatusChange`; empty for clients, who reopen
    /// with `ticketReopen`.
    async fn status_choices(&self, ctx: &Context<'_>) -> Result<Vec<TicketStatusChoice>, ApiError> {
        let caller = Caller::of(ctx);
        let choices = rules::status_choices(&caller.scope()?, &self.facts(ctx).await?, caller.store.now());
        Ok(choices.into_iter().map(Into::into).collect())
    }

    /// The list of messages, oldest first; for staff including internal notes.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<TicketMessageConnection, ApiError> {
        conversation(ctx, self.0.id, first, after, last, before).await
    }

    /// The list of attachments of the ticket and of its messages, oldest first: all of them, up to 500. For pages and for
    /// changes use `files` and `filesChanged` with the filter `ticketIds`.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>, ApiError> {
        load_list(ctx, OnTicket(self.0.id), Attachment).await
    }

    /// The number of messages of others that the viewer has not read.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(load(ctx, UnreadOf(self.0.id)).await?.unwrap_or_default())
    }

    /// The list of changes of the ticket, oldest first. Clients see only changes of fields that they can see.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<TicketChange>, ApiError> {
        load_list(ctx, HistoryOf(self.0.id), TicketChange).await
    }

    /// The list of transfers, oldest first. Visible to staff only; empty for clients.
    async fn transfers(&self, ctx: &Context<'_>) -> Result<Vec<TicketTransfer>, ApiError> {
        load_list(ctx, TransfersOf(self.0.id), TicketTransfer).await
    }

    /// The list of charges that the ticket created, oldest first.
    async fn charges(&self, ctx: &Context<'_>) -> Result<Vec<Charge>, ApiError> {
        load_list(ctx, ChargesOf(self.0.id), Charge).await
    }

    /// The list of overdue charges whose collection the ticket is about, ordered by due date.
    async fn collected_charges(&self, ctx: &Context<'_>) -> Result<Vec<Charge>, ApiError> {
        load_list(ctx, CollectedBy(self.0.id), Charge).await
    }
}

keyed! {
    /// What a client and its firm say about what may be done with its tickets.
    Around(ClientId) => Circumstances, |loads, conn, ids| queries::circumstances(conn, &loads.scope(), ids)
}

keyed! {
    /// How many messages of a ticket the viewer has not read.
    UnreadOf(TicketId) => i64, |loads, conn, ids| unread(conn, &loads.membership, ids)
}
