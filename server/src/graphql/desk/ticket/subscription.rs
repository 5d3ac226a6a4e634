//! Tickets and their conversations, live (F-01, D-07).

use async_graphql::{Context, ID, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{AccessId, ClientId, DepartmentId, FirmId, Id, ServiceItemId, StaffId, TicketId};
use guichet_engine::actor::Scope;
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::desk::ticket::{list, model};

use super::conversation::TicketMessage;
use super::query::{TicketEdge, TicketFilter, TicketOrder};
use super::types::Ticket;
use crate::graphql::caller::Caller;
use crate::graphql::follow::{FeedNews, FeedPosition, Followed, Onlooker, Shows, follow};
use crate::graphql::listed::{Listed, changes};
use crate::graphql::page::FilterInput;
use crate::graphql::payload::{Revision, queried};
use crate::graphql::shared::conversation::{Heard, heard};
use guichet_edge::ApiError;

changes! {
    /// A change of a list of tickets.
    TicketsChanged of TicketEdge, Ticket(model::Ticket), TicketId
}

/// A change of the conversation of a ticket.
#[derive(SimpleObject)]
pub struct TicketConversationChanged {
    /// The cursor of this message. After a lost connection, subscribe again with it as `after`.
    cursor: String,
    /// The revision of this message, comparable with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// Whether the client must read the conversation again now, because the following messages build on the
    /// new result. True in the first message without `after`, after a long absence, when too much changed at
    /// once, and when the rights of the viewer changed.
    reload: bool,
    /// The new messages, oldest first.
    messages: Vec<TicketMessage>,
    /// Whether the viewer can no longer see the ticket.
    gone: bool,
}

/// Tickets, live.
#[derive(Debug, Default)]
pub struct TicketSubscription;

#[Subscription]
impl TicketSubscription {
    /// Sends changes of the tickets that the viewer can see. Applied in order to the result of the query
    /// `tickets` after the first message, they keep that result up to date.
    async fn tickets_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<TicketFilter>,
        #[graphql(
            desc = "The order of the list, for the sort keys. The default is the date and time of the last change, latest first."
        )]
        order_by: Option<TicketOrder>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TicketsChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let order = order_by.map(Into::into).unwrap_or_default();
        follow(ctx, after, Grid { filter, order }).await
    }

    /// Sends new messages in the conversation of a ticket; internal notes are sent to staff only. Sends
    /// nothing when the viewer cannot see the ticket.
    async fn ticket_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the ticket.")] ticket_id: ID,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TicketConversationChanged, ApiError>>, ApiError> {
        follow(ctx, after, Conversation(TicketId::decode(&ticket_id))).await
    }
}

/// The tickets of a filter, in an order.
pub struct Grid {
    filter: list::TicketFilter,
    order: list::TicketOrder,
}

impl Listed for Grid {
    type Message = TicketsChanged;
    type Key = (Scope, list::TicketFilter);

    const SHOWS: Shows = Shows {
        embeds: &[ClientId::NOUN, StaffId::NOUN, DepartmentId::NOUN, ServiceItemId::NOUN],
        // With its first access a client has somebody to write to.
        counts: &[AccessId::NOUN],
        // How long clients may reopen their tickets.
        rules: &[FirmId::NOUN],
        ..Shows::of("ticketsChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.filter.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[TicketId],
    ) -> error::Result<Vec<model::Ticket>> {
        list::among(conn, &onlooker.scope(), &self.filter, ids).await
    }

    fn position(&self, ticket: &model::Ticket) -> Position {
        self.order.position(ticket)
    }
}

/// The conversation of a ticket; none for what is no id.
pub struct Conversation(Option<TicketId>);

impl Followed for Conversation {
    type Message = TicketConversationChanged;

    const SHOWS: Shows = Shows {
        embeds: &[StaffId::NOUN, AccessId::NOUN],
        elsewhere: &[TicketId::NOUN],
        ..Shows::of("ticketConversation")
    };

    async fn reload(
        &self,
        FeedPosition { cursor, revision }: FeedPosition,
        _: &Onlooker,
    ) -> Result<TicketConversationChanged, ApiError> {
        Ok(TicketConversationChanged { cursor, revision, reload: true, messages: Vec::new(), gone: false })
    }

    async fn news(
        &self,
        place: FeedPosition,
        news: &FeedNews,
    ) -> Result<Option<TicketConversationChanged>, ApiError> {
        let Some(ticket) = self.0 else { return Ok(None) };
        let (messages, gone) = match heard::<Self, TicketId>(news, ticket).await? {
            Heard::Nothing => return Ok(None),
            Heard::TooMuch => return self.reload(place, &news.onlooker).await.map(Some),
            Heard::News { messages, gone } => (messages, gone),
        };
        let (messages, FeedPosition { cursor, revision }) =
            (messages.into_iter().map(TicketMessage).collect(), place);
        Ok(Some(TicketConversationChanged { cursor, revision, reload: false, messages, gone }))
    }
}
