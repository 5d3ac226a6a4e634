//! Acts on tickets.

use async_graphql::{Context, Enum, ID, Object};
use futures_util::future::try_join_all;
use guichet_base::error::Result as Business;
use guichet_base::id::{Id, MessageId, TicketId};
use guichet_edge::ApiError;
use guichet_engine::store::Done;
use guichet_schema::desk::ticket::status::StatusChanged;
use guichet_schema::desk::ticket::{attachment, commands, conversation, status, transfer};

use super::attachment::{Attachment, TicketFileAttachInput};
use super::conversation::TicketMessage;
use super::history::TicketTransfer;
use super::input::{
    TicketCreateInput, TicketEditInput, TicketMarkReadInput, TicketMessagePostInput, TicketReopenInput,
    TicketStatusChangeInput, TicketTransferInput,
};
use super::types::Ticket;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{load, load_optional};
use crate::graphql::payload::{Outcome, Revision, UserError, id, optional_id, outcome, payload};
use crate::graphql::shared::email_delivery::{MailOutcome, mail_of};

/// What became of the wish for another status (D-04): the first of its two outcomes; the mail is the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "status::StatusOutcome")]
pub enum TicketStatusOutcome {
    /// It stands there already: nothing changed, nobody is mailed.
    Unchanged,
    /// It changed.
    Changed,
    /// It was closed and is open again.
    Reopened,
}

payload! {
    /// What became of a `ticketCreate`.
    TicketCreatePayload {
        /// The ticket; null when it was refused.
        ticket: Option<Ticket>,
    }
}

payload! {
    /// What became of a `ticketEdit`.
    TicketEditPayload {
        /// The ticket as it stands now, also when the edit was refused.
        ticket: Option<Ticket>,
    }
}

payload! {
    /// What became of a `ticketStatusChange`: two outcomes, which are told apart (D-04).
    TicketStatusChangePayload {
        /// The ticket as it stands now, also when the change was refused.
        ticket: Option<Ticket>,
        /// What became of the status; null when it was refused.
        outcome: Option<TicketStatusOutcome>,
        /// What became of the mail about it; null when nothing changed.
        mail: Option<MailOutcome>,
    }
}

payload! {
    /// What became of a `ticketReopen`: two outcomes, which are told apart (D-04).
    TicketReopenPayload {
        /// The ticket as it stands now, also when the reopening was refused.
        ticket: Option<Ticket>,
        /// What became of the status; null when it was refused.
        outcome: Option<TicketStatusOutcome>,
        /// What became of the mail about it; null when nothing changed.
        mail: Option<MailOutcome>,
    }
}

payload! {
    /// What became of a `ticketTransfer`.
    TicketTransferPayload {
        /// The ticket as it stands now, also when the hand-over was refused.
        ticket: Option<Ticket>,
        /// The hand-over; null when it was refused.
        transfer: Option<TicketTransfer>,
    }
}

payload! {
    /// What became of a `ticketMessagePost`.
    TicketMessagePostPayload {
        /// The message; null when it was refused.
        message: Option<TicketMessage>,
        /// The ticket as it stands now, also when the message was refused.
        ticket: Option<Ticket>,
    }
}

payload! {
    /// What became of a `ticketFileAttach`.
    TicketFileAttachPayload {
        /// The attachments, in the order of the files; none when they were refused.
        attachments: Vec<Attachment>,
        /// The ticket as it stands now, also when the files were refused.
        ticket: Option<Ticket>,
    }
}

payload! {
    /// What became of a `ticketMarkRead`.
    TicketMarkReadPayload {
        /// The ticket as it stands now, also when the mark was refused.
        ticket: Option<Ticket>,
    }
}

/// Acts on tickets.
#[derive(Debug, Default)]
pub struct TicketMutation;

#[Object]
impl TicketMutation {
    /// Opens a ticket (D-03). Staff, and portal users for their own client.
    async fn ticket_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket to be opened.")] mut input: TicketCreateInput,
    ) -> Result<TicketCreatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let key = std::mem::take(&mut input.idempotency_key);
        let result = async { commands::create(&caller.store, actor, &key, input.try_into()?).await };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let ticket = load_optional(ctx, done).await?;
        Ok(TicketCreatePayload { ticket, user_errors, revision })
    }

    /// Edits an open ticket (D-03). Staff.
    async fn ticket_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be changed.")] input: TicketEditInput,
    ) -> Result<TicketEditPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let id = input.id.clone();
        let result = async { commands::edit(&caller.store, actor, input.try_into()?).await };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        Ok(TicketEditPayload { ticket: now(ctx, &id).await?, user_errors, revision })
    }

    /// Sets the status (D-02). Staff. Each real change mails the client and who opened it (D-05); the change
    /// stands whatever becomes of the mail.
    async fn ticket_status_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The status that it should have.")] mut input: TicketStatusChangeInput,
    ) -> Result<TicketStatusChangePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let result = async { status::change_status(&caller.store, actor, &key, input.try_into()?).await };
        let StatusPayload { ticket, outcome, mail, user_errors, revision } =
            status_payload(ctx, &id, result.await).await?;
        Ok(TicketStatusChangePayload { ticket, outcome, mail, user_errors, revision })
    }

    /// Reopens a closed ticket (D-02). Staff, and portal users for as long as their firm lets them.
    async fn ticket_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be reopened.")] mut input: TicketReopenInput,
    ) -> Result<TicketReopenPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let result = async { status::reopen(&caller.store, actor, &key, input.try_into()?).await };
        let StatusPayload { ticket, outcome, mail, user_errors, revision } =
            status_payload(ctx, &id, result.await).await?;
        Ok(TicketReopenPayload { ticket, outcome, mail, user_errors, revision })
    }

    /// Hands an open ticket over to another person or department (D-09). Staff.
    async fn ticket_transfer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hand-over.")] mut input: TicketTransferInput,
    ) -> Result<TicketTransferPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let result = async { transfer::transfer(&caller.store, actor, &key, input.try_into()?).await };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let transfer = load_optional(ctx, done.map(|done| done.transfer_id)).await?;
        Ok(TicketTransferPayload { ticket: now(ctx, &id).await?, transfer, user_errors, revision })
    }

    /// Writes to the other side, or an internal note (D-07). It marks nothing as read (D-12).
    async fn ticket_message_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] mut input: TicketMessagePostInput,
    ) -> Result<TicketMessagePostPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let result = async { conversation::post(&caller.store, actor, &key, input.try_into()?).await };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let message = load_optional(ctx, done.map(|done| done.message_id)).await?;
        Ok(TicketMessagePostPayload { message, ticket: now(ctx, &id).await?, user_errors, revision })
    }

    /// Attaches files to a ticket, open or closed, or to a message of it (D-08).
    async fn ticket_file_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The files, and to what.")] mut input: TicketFileAttachInput,
    ) -> Result<TicketFileAttachPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let result = async { attachment::attach(&caller.store, actor, &key, input.try_into()?).await };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let ids = done.map(|done| done.attachment_ids).unwrap_or_default();
        let attachments = try_join_all(ids.into_iter().map(|id| load(ctx, id))).await?;
        let attachments = attachments.into_iter().flatten().collect();
        Ok(TicketFileAttachPayload { attachments, ticket: now(ctx, &id).await?, user_errors, revision })
    }

    /// Marks the conversation as read, for the viewer alone (D-12).
    async fn ticket_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far the viewer has read.")] input: TicketMarkReadInput,
    ) -> Result<TicketMarkReadPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async {
            let up_to: Option<MessageId> = optional_id("upToMessageId", input.up_to_message_id.as_ref())?;
            conversation::mark_read(&caller.store, actor, id("id", &input.id)?, up_to).await
        };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        Ok(TicketMarkReadPayload { ticket: now(ctx, &input.id).await?, user_errors, revision })
    }
}

/// The ticket as it stands now, so that whoever is refused sees why, and a repeated call the present.
async fn now(ctx: &Context<'_>, id: &ID) -> Result<Option<Ticket>, ApiError> {
    load_optional(ctx, TicketId::decode(id)).await
}

struct StatusPayload {
    ticket: Option<Ticket>,
    outcome: Option<TicketStatusOutcome>,
    mail: Option<MailOutcome>,
    user_errors: Vec<UserError>,
    revision: Option<Revision>,
}

async fn status_payload(
    ctx: &Context<'_>,
    id: &ID,
    result: Business<Done<StatusChanged>>,
) -> Result<StatusPayload, ApiError> {
    let Outcome { done, user_errors, revision } = outcome(Caller::of(ctx), result)?;
    let mail = match done.as_ref().and_then(|done| done.act_id) {
        Some(act) => mail_of(ctx, act).await?,
        None => None,
    };
    let outcome = done.map(|done| done.outcome.into());
    Ok(StatusPayload { ticket: now(ctx, id).await?, outcome, mail, user_errors, revision })
}
