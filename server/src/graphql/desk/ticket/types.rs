//! What is shown of a ticket.

use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use guichet_base::id::{ClientId, TicketId};
use guichet_edge::ApiError;
use guichet_schema::desk::ticket::rules::{self, Circumstances, Facts};
use guichet_schema::desk::ticket::{model, queries};
use guichet_schema::shared::conversation::queries::unread;

use super::attachment::{Attachment, OnTicket};
use super::conversation::{TicketMessageConnection, conversation};
use super::history::{HistoryOf, TicketChange, TicketTransfer, TransfersOf};
use crate::graphql::ability::Ability;
use crate::graphql::caller::Caller;
use crate::graphql::desk::charge::{Charge, ChargesOf, CollectedBy};
use crate::graphql::desk::service_item::ServiceItem;
use crate::graphql::loaders::{by_ids, keyed, load, load_list, load_optional, seen};
use crate::graphql::money::Money;
use crate::graphql::payload::api_id;
use crate::graphql::people::client::Client;
use crate::graphql::people::department::Department;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::shared::author::{Author, author};

/// Where a ticket stands (D-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::TicketStatus")]
pub enum TicketStatus {
    /// New.
    Open,
    /// Was closed, is open again.
    Reopened,
    /// Somebody works on it.
    InAnalysis,
    /// Waits for somebody else.
    Waiting,
    /// Closed: called off.
    Canceled,
    /// Closed: refused.
    Rejected,
    /// Closed: done.
    Finished,
}

/// What somebody may want to do with a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::TicketAct")]
pub enum TicketAct {
    /// Change subject, description, price, service or accountant: `ticketEdit` (D-03).
    Edit,
    /// Change the status: `ticketStatusChange` (D-02).
    ChangeStatus,
    /// Reopen a closed one: `ticketReopen` (D-02).
    Reopen,
    /// Hand it over: `ticketTransfer` (D-09).
    Transfer,
    /// Write to the other side: `ticketMessagePost` with `PUBLIC` (D-07).
    PostMessage,
    /// Write an internal note: `ticketMessagePost` with `INTERNAL` (D-07).
    PostNote,
    /// Attach files that both sides see: `ticketFileAttach` (D-08).
    AttachFile,
    /// Mark the conversation as read: `ticketMarkRead` (D-12).
    MarkRead,
}

/// A ticket.
#[derive(Debug, Clone)]
pub struct Ticket(pub model::Ticket);

by_ids!(TicketId => Ticket, queries::by_ids);

impl Ticket {
    /// What is the firm's own affair: null for clients.
    fn internal<T>(&self, ctx: &Context<'_>, value: T) -> Result<Option<T>, ApiError> {
        Ok(Caller::of(ctx).scope()?.is_staff().then_some(value))
    }
}

/// A case of a client: it has a status, a price and a conversation.
#[Object]
impl Ticket {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The number that people say, counted per firm.
    async fn number(&self) -> i64 {
        self.0.number
    }

    /// The client that it is about.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// Who opened it.
    async fn opened_by(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.opened_by()).await
    }

    /// What it is about.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The same at length; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Who does the work. Never nobody (D-09), but null for clients.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        match self.internal(ctx, self.0.assignee_id)? {
            Some(id) => seen(load(ctx, id).await?).map(Some),
            None => Ok(None),
        }
    }

    /// The accountant of the client.
    async fn accountant(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.accountant_id).await
    }

    /// The department that it lies with; null for clients.
    async fn department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.internal(ctx, self.0.department_id)?.flatten()).await
    }

    /// The service out of the price list.
    async fn service_item(&self, ctx: &Context<'_>) -> Result<Option<ServiceItem>, ApiError> {
        load_optional(ctx, self.0.service_item_id).await
    }

    /// Its price; later changes of the price list do not touch it (D-03).
    async fn price(&self) -> Money {
        self.0.price().into()
    }

    /// Where it stands.
    async fn status(&self) -> TicketStatus {
        self.0.status.into()
    }

    /// Whether staff have done nothing with it yet: show it as "new" (D-06). Null for clients.
    async fn is_untouched(&self, ctx: &Context<'_>) -> Result<Option<bool>, ApiError> {
        self.internal(ctx, self.0.is_untouched)
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed, messages included, internal notes not.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it was closed; null while it is open.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// Counts its changes: send it back as `expectedVersion`, and nobody's change is overwritten unseen.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What the viewer may do with it now: one entry an act.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<TicketAct>>, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let around = seen(load(ctx, Around(self.0.client_id)).await?)?;
        let facts = Facts { status: self.0.status, closed_at: self.0.closed_at, around };
        let now = caller.store.now();
        let ability =
            |act: &rules::TicketAct| Ability::new((*act).into(), rules::may(*act, &scope, &facts, now));
        Ok(rules::TicketAct::ALL.iter().map(ability).collect())
    }

    /// The conversation with the client, oldest first; for staff with the internal notes (D-07).
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<TicketMessageConnection, ApiError> {
        conversation(ctx, self.0.id, first, after, last, before).await
    }

    /// Its files, those of its messages included, oldest first (D-08).
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>, ApiError> {
        load_list(ctx, OnTicket(self.0.id), Attachment).await
    }

    /// How many messages of others the viewer has not read (D-12).
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(load(ctx, UnreadOf(self.0.id)).await?.unwrap_or_default())
    }

    /// Who changed what from what to what, when, oldest first (D-08). Clients read of what they see
    /// of the ticket itself.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<TicketChange>, ApiError> {
        load_list(ctx, HistoryOf(self.0.id), TicketChange).await
    }

    /// Its hand-overs, oldest first (D-09). None for clients.
    async fn transfers(&self, ctx: &Context<'_>) -> Result<Vec<TicketTransfer>, ApiError> {
        load_list(ctx, TransfersOf(self.0.id), TicketTransfer).await
    }

    /// The charges that it made, oldest first (D-10).
    async fn charges(&self, ctx: &Context<'_>) -> Result<Vec<Charge>, ApiError> {
        load_list(ctx, ChargesOf(self.0.id), Charge).await
    }

    /// The overdue charges that it is to collect, the earliest due first (D-10).
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
