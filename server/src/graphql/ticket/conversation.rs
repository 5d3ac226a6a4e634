//! The conversation of a ticket (D-07).

use std::collections::HashMap;

use async_graphql::connection::EmptyFields;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use guichet_schema::id::{MessageId, TicketId};
use guichet_schema::page::{Page, PageRequest};
use guichet_schema::ticket::{conversation, model};

use super::attachment::{Attachment, OnMessage};
use super::types::Ticket;
use crate::edge::ApiError;
use crate::graphql::author::{Author, author};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{Loads, by_ids, grouped, load, load_list, seen};
use crate::graphql::page::connection;
use crate::graphql::payload::{api_id, queried, unanswered};

/// Who may read a message (D-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Visibility")]
pub enum MessageVisibility {
    /// Staff and the client's users.
    Public,
    /// Staff only: an internal note.
    Internal,
}

/// A message.
#[derive(Debug, Clone)]
pub struct TicketMessage(pub model::TicketMessage);

by_ids!(MessageId => TicketMessage, conversation::by_ids);

/// A message of a ticket's conversation, or an internal note about it.
#[Object]
impl TicketMessage {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// Its ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket, ApiError> {
        seen(load(ctx, self.0.ticket_id).await?)
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

/// A part of a ticket's conversation. The tickets of a list share the arguments, and so a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PartOf {
    ticket: TicketId,
    part: PageRequest,
}

impl Loader<PartOf> for Loads {
    /// A cursor that is not of this list fails its own field, not others that are loaded with it.
    type Value = Result<Page<model::TicketMessage>, ApiError>;
    type Error = ApiError;

    async fn load(&self, keys: &[PartOf]) -> Result<HashMap<PartOf, Self::Value>, ApiError> {
        let mut tickets: HashMap<&PageRequest, Vec<TicketId>> = HashMap::new();
        for key in keys {
            tickets.entry(&key.part).or_default().push(key.ticket);
        }
        let mut conn = self.conn().await?;
        let mut pages = HashMap::new();
        for (part, of) in tickets {
            let found = conversation::pages(&mut conn, &self.scope(), &of, part).await;
            let found = found.map_err(|error| unanswered(self.locale, error));
            let mut found = found.map(|rows| grouped(rows, |message| message.ticket_id));
            for ticket in of {
                let rows = found.as_mut().map(|found| found.remove(&ticket).unwrap_or_default());
                let page = rows.map(|rows| part.page(rows)).map_err(|error| error.clone());
                pages.insert(PartOf { ticket, part: part.clone() }, page);
            }
        }
        Ok(pages)
    }
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
    let page = seen(load(ctx, PartOf { ticket, part }).await?)??;
    Ok(TicketMessageConnection::new(page, EmptyFields, conversation::cursor, TicketMessage))
}
