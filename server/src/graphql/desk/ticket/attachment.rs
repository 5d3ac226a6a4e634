//! Files on tickets and their messages (D-08).

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use guichet_base::error::{self, Error};
use guichet_base::id::{AttachmentId, Id, MessageId, TaskId, TicketId};
use guichet_edge::ApiError;
use guichet_schema::desk::ticket::attachment::{AttachFiles, AttachTo};
use guichet_schema::shared::attachment::queries;
use guichet_schema::shared::file::model;

use super::conversation::{MessageVisibility, TicketMessage};
use super::types::Ticket;
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_optional, seen};
use crate::graphql::month::task::Task;
use crate::graphql::payload::{api_id, id, ids};
use crate::graphql::scalars::DateTime;
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

/// A file that is attached to a ticket or a task, or to a message of one, by the person who uploaded it.
#[Object]
impl Attachment {
    /// The ID of the attachment, for example `attachment_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The attached file.
    async fn file(&self, ctx: &Context<'_>) -> Result<File, ApiError> {
        seen(load(ctx, self.0.file_id).await?)
    }

    /// The ticket; null when the file is attached to something else.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>, ApiError> {
        load_optional(ctx, self.0.subject.id::<TicketId>()).await
    }

    /// The task; null when the file is attached to something else.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Task>, ApiError> {
        load_optional(ctx, self.0.subject.id::<TaskId>()).await
    }

    /// The message of the ticket that the file is attached to; null when it is attached to something else.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<TicketMessage>, ApiError> {
        load_optional(ctx, self.0.message_id).await
    }

    /// Who can see the attachment; the same as for its message, if it has one. Always `PUBLIC` for clients.
    async fn visibility(&self) -> MessageVisibility {
        self.0.visibility.into()
    }

    /// The earliest attachment of the same ticket or task with the same content, if this is not the earliest one.
    async fn duplicate_of(&self, ctx: &Context<'_>) -> Result<Option<Attachment>, ApiError> {
        Ok(load(ctx, DuplicateOf(self.0.id)).await?.map(Attachment))
    }

    /// The date and time when the file was attached.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// The target of attached files; exactly one of the fields.
#[derive(Debug, OneofObject)]
pub enum TicketFileAttachTarget {
    /// Attaches the files to the ticket itself, visible as given. Only staff can attach internal files.
    Visibility(MessageVisibility),
    /// The ID of a message or internal note of the viewer. Everybody who can read it sees the files.
    MessageId(ID),
}

/// Input for `ticketFileAttach`: the files to attach to a ticket.
#[derive(Debug, InputObject)]
pub struct TicketFileAttachInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The ID of the ticket, which may be open or closed.
    pub(super) id: ID,
    /// The IDs of the files, 1 to 20: uploaded by the viewer and not attached to anything yet. They may still
    /// be in verification; others see them once they are stored. A ticket can have at most 500 attachments,
    /// including those of its messages.
    file_ids: Vec<ID>,
    /// The target within the ticket.
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
