//! Files on tickets and their messages (D-08).

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use chrono::{DateTime, Utc};
use guichet_base::error::{self, Error};
use guichet_base::id::{AttachmentId, Id, MessageId, TicketId};
use guichet_edge::ApiError;
use guichet_schema::desk::ticket::attachment::{AttachFiles, AttachTo};
use guichet_schema::shared::attachment::queries;
use guichet_schema::shared::file::model;

use super::conversation::{MessageVisibility, TicketMessage};
use super::types::Ticket;
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_optional, seen};
use crate::graphql::payload::{api_id, id, ids};
use crate::graphql::shared::file::File;

keyed! {
    /// The attachments of a ticket, those of its messages included.
    OnTicket(TicketId) => [model::Attachment], |loads, conn, ids| async {
        let rows = queries::of_things(conn, &loads.membership, ids).await?;
        error::Result::Ok(grouped(rows, |attachment| TicketId::from_uuid(attachment.subject.id)))
    }
}

keyed! {
    /// The attachments of a message.
    OnMessage(MessageId) => [model::Attachment], |loads, conn, ids| queries::of_messages(conn, &loads.membership, ids)
}

keyed! {
    /// The first attachment of a ticket with the same bytes as this one.
    DuplicateOf(AttachmentId) => model::Attachment, |loads, conn, ids| queries::duplicates(conn, &loads.membership, ids)
}

/// An attachment.
#[derive(Debug, Clone)]
pub struct Attachment(pub model::Attachment);

by_ids!(AttachmentId => Attachment, membership queries::by_ids);

/// A file on a ticket, or on a message of one. Its uploader attached it.
#[Object]
impl Attachment {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The file.
    async fn file(&self, ctx: &Context<'_>) -> Result<File, ApiError> {
        seen(load(ctx, self.0.file_id).await?)
    }

    /// The ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket, ApiError> {
        seen(load(ctx, TicketId::from_uuid(self.0.subject.id)).await?)
    }

    /// The message that it goes with; null for one on the ticket itself.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<TicketMessage>, ApiError> {
        load_optional(ctx, self.0.message_id).await
    }

    /// Who may see it: that of its message, if it has one. Clients meet `PUBLIC` only (D-07).
    async fn visibility(&self) -> MessageVisibility {
        self.0.visibility.into()
    }

    /// The first attachment of the ticket with the same bytes, where this is not it: they were handed in already
    ///
    async fn duplicate_of(&self, ctx: &Context<'_>) -> Result<Option<Attachment>, ApiError> {
        Ok(load(ctx, DuplicateOf(self.0.id)).await?.map(Attachment))
    }

    /// When it was attached.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// What files are attached to: exactly one of these.
#[derive(Debug, OneofObject)]
pub enum TicketFileAttachTarget {
    /// To the ticket itself, for those to see that this says. Internal ones are for staff only.
    Visibility(MessageVisibility),
    /// To a message or note that the viewer wrote; whoever reads it sees them.
    MessageId(ID),
}

/// Files to be attached to a ticket (D-08).
#[derive(Debug, InputObject)]
pub struct TicketFileAttachInput {
    /// Names the act: sent twice, it happens once.
    pub(super) idempotency_key: String,
    /// The ticket, open or closed (D-03).
    pub(super) id: ID,
    /// The files, 1 to 20: uploaded by the viewer, and on nothing yet. They may still be verified; others see
    /// them once they are stored. A ticket takes 500, those of its messages included.
    file_ids: Vec<ID>,
    /// To what of it.
    to: TicketFileAttachTarget,
}

impl TryFrom<TicketFileAttachInput> for AttachFiles {
    type Error = Error;

    fn try_from(input: TicketFileAttachInput) -> error::Result<Self> {
        Ok(Self {
            ticket_id: id("id", &input.id)?,
            file_ids: ids("fileIds", &input.file_ids)?,
            to: match &input.to {
                TicketFileAttachTarget::Visibility(visibility) => AttachTo::Ticket((*visibility).into()),
                TicketFileAttachTarget::MessageId(given) => AttachTo::Message(id("messageId", given)?),
            },
        })
    }
}
