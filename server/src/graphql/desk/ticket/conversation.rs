//! The conversation of a ticket (D-07).

use async_graphql::connection::EmptyFields;
use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use guichet_base::id::{Id, MessageId, TicketId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::shared::conversation::{model, queries};
use guichet_schema::shared::visibility;

use super::attachment::{Attachment, OnMessage};
use super::types::Ticket;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, load, load_list, parts, seen};
use crate::graphql::page::connection;
use crate::graphql::payload::{api_id, queried};
use crate::graphql::shared::author::{Author, author};

/// Who may read a message (D-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "visibility::Visibility")]
pub enum MessageVisibility {
    /// Staff and the client's users.
    Public,
    /// Staff only: an internal note.
    Internal,
}

/// A message.
#[derive(Debug, Clone)]
pub struct TicketMessage(pub model::Message);

by_ids!(MessageId => TicketMessage, queries::by_ids::<TicketId>);

/// A message of a ticket's conversation, or an internal note about it.
#[Object]
impl TicketMessage {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// Its ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket, ApiError> {
        seen(load(ctx, TicketId::from_uuid(self.0.subject.id)).await?)
    }

    /// Who may read it; clients meet `PUBLIC` only.
    async fn visibility(&self) -> MessageVisibility {
        self.0.visibility.into()
    }

    /// Who wrote it.
    async fn author(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.author()).await
    }

    /// The text: plain, of several lines.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// Its files, oldest first (D-08).
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>, ApiError> {
        load_list(ctx, OnMessage(self.0.id), Attachment).await
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

connection! {
    /// A part of a ticket's conversation.
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
    let page = seen(load(ctx, PartOf { of: ticket, part }).await?)??;
    Ok(TicketMessageConnection::new(page, EmptyFields, queries::cursor, TicketMessage))
}
