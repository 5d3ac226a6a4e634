//! The conversation of a ticket (D-07).

use async_graphql::connection::EmptyFields;
use async_graphql::{Context, ID, Object};
use guichet_base::id::{Id, MessageId, TicketId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::shared::conversation::{model, queries};
use guichet_schema::shared::visibility;

use super::attachment::{Attachment, OnMessage};
use super::types::Ticket;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, load, load_list, parts, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::page::connection;
use crate::graphql::payload::{api_id, queried};
use crate::graphql::scalars::DateTime;
use crate::graphql::shared::author::{Author, author};

mirror!(MessageVisibility => visibility::Visibility);

/// A message.
#[derive(Debug, Clone)]
pub struct TicketMessage(pub model::Message);

by_ids!(MessageId => TicketMessage, queries::by_ids::<TicketId>);

/// A message in the conversation of a ticket, or an internal note about it.
#[Object]
impl TicketMessage {
    /// The ID of the message, for example `message_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket, ApiError> {
        seen(load(ctx, TicketId::from_uuid(self.0.subject.id)).await?)
    }

    /// Who can read the message. Always `PUBLIC` for clients.
    async fn visibility(&self) -> MessageVisibility {
        self.0.visibility.into()
    }

    /// The author of the message.
    async fn author(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.author()).await
    }

    /// The plain text; it may have several lines.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// The list of attachments of the message, oldest first.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>, ApiError> {
        load_list(ctx, OnMessage(self.0.id), Attachment).await
    }

    /// The date and time when the message was posted.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

connection! {
    log
    /// A page of the list of messages of a ticket.
    TicketMessageConnection, TicketMessageEdge of TicketMessage, count EmptyFields
}

parts! {
    /// A part of a ticket's conversation.
    PartOf(TicketId) => model::Message,
    |loads, conn, of, part| queries::pages(conn, &loads.scope(), of, part),
    by |message| TicketId::from_uuid(message.subject.id)
}

/// The part of a ticket's conversation that the arguments tell.
pub(super) async fn conversation(
    ctx: &Context<'_>,
    ticket: TicketId,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<TicketMessageConnection, ApiError> {
    let part = queried(Caller::of(ctx), PageRequest::new(first, after, last, before))?;
    let page = seen(load(ctx, PartOf::new(ticket, part)).await?)??;
    Ok(TicketMessageConnection::new(page, EmptyFields, queries::cursor, TicketMessage))
}
