//! The conversation of a ticket (D-07) and its read marks (D-12): what only the ticket knows of it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::shared::attachment::commands::{self as attachments, AttachmentTarget};
use crate::shared::conversation::commands::{self as conversation, NewMessage};
use crate::shared::notification;
use crate::shared::visibility::Visibility;
use guichet_base::error::{OrNotFound, Result};
use guichet_base::id::{ActId, FileId, MessageId, TicketId};
use guichet_base::input::{Check, MAX_TEXT};
use guichet_engine::actor::{Actor, Author};
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::tickets;

use super::attachment;
use super::case::{Case, Saved};
use super::news::TicketNews;
use super::notify;
use super::queries::visible;
use super::rules;

/// Input for posting a message.
#[derive(Debug, Clone, Serialize)]
pub struct PostMessage {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Who can read it.
    pub visibility: Visibility,
    /// The text.
    pub body: String,
    /// Files to attach to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub file_ids: Vec<FileId>,
}

/// The result of posting.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Posted {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The message.
    pub message_id: MessageId,
}

/// Posts a message or an internal note (D-07). It marks nothing as read, because the author may not have seen what
/// arrived in the meantime (D-12).
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_CLOSED`, `NO_LINKED_USER`, refusals of the text and of the files.
pub async fn post(store: &Store, actor: &Actor, key: &str, input: PostMessage) -> Result<Done<Posted>> {
    let mut check = Check::new();
    let body = check.text("body", &input.body, 1..=MAX_TEXT);
    check.done()?;
    let mut tx = first!(store.begin_once(actor, "ticketMessagePost", key, &input).await?);
    let files = attachments::lock_files(&mut tx, actor, &input.file_ids).await?;
    let visibility = input.visibility;
    let mut case = Case::lock(&mut tx, actor, input.ticket_id, rules::posting(visibility)).await?;
    let author = actor.membership.author();
    case.ticket.last_message_seq += 1;
    let message = NewMessage {
        firm_id: case.firm.id,
        subject: case.ticket.id.into(),
        seq: case.ticket.last_message_seq,
        visibility,
        audience: case.ticket.audience(case.client.accountant_id),
        body: &body,
    };
    let message_id = conversation::post(&mut tx, author, message).await?;
    let place = AttachmentTarget { visibility, message_id: Some(message_id), posted_with_message: true };
    attachment::bind(&mut tx, &case.ticket, author, place, &files).await?;
    case.save(&mut tx, author, "ticketMessagePost", Saved::seen_by(visibility)).await?;
    if let Author::Portal(_) = author {
        let news = TicketNews::Written(message_id);
        notify::tell(&mut tx, actor.into(), case.view(), ActId::new(), news).await?;
    }
    tx.commit(Posted { ticket_id: input.ticket_id, message_id }).await
}

/// Marks the conversation as read up to a message (D-12), and also the notifications about these messages (D-11);
/// a mark never moves back.
///
/// # Errors
/// `NOT_FOUND` for the ticket, or for a message that the viewer cannot read.
pub async fn mark_read(
    store: &Store,
    actor: &Actor,
    ticket_id: TicketId,
    upto: Option<MessageId>,
) -> Result<Done<TicketId>> {
    let mut tx = store.begin(actor).await?;
    let seen = tickets::table.filter(visible(&actor.scope())).filter(tickets::id.eq(ticket_id));
    let seen: Option<TicketId> = seen.select(tickets::id).get_result(tx.conn()).await.optional()?;
    seen.or_not_found("id")?;
    if let Some(seq) =
        conversation::mark_read(&mut tx, actor, ticket_id.into(), "upToMessageId", upto).await?
    {
        notification::commands::follow_conversation(&mut tx, actor, ticket_id.into(), seq).await?;
    }
    tx.commit(ticket_id).await
}
