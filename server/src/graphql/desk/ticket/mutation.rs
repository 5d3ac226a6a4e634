//! Acts on tickets.

use async_graphql::{Context, ID, Object};
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
use crate::graphql::mirror::mirror;
use crate::graphql::payload::{MutationOutcome, Revision, UserError, act, id, optional_id, outcome, payload};
use crate::graphql::shared::email_delivery::{MailOutcome, mail_of};

mirror!(TicketStatusOutcome => status::StatusOutcome);

payload! {
    /// The result of `ticketCreate`.
    TicketCreatePayload {
        /// The new ticket; null when there are errors.
        ticket: Option<Ticket>,
    }
}

payload! {
    /// The result of `ticketEdit`.
    TicketEditPayload {
        /// The ticket in its current state, also when there are errors.
        ticket: Option<Ticket>,
    }
}

payload! {
    /// The result of `ticketStatusChange`. The status change and the mail about it have independent outcomes.
    TicketStatusChangePayload {
        /// The ticket in its current state, also when there are errors.
        ticket: Option<Ticket>,
        /// The outcome of the status change; null when there are errors.
        outcome: Option<TicketStatusOutcome>,
        /// The outcome of the mails about the change; null when nothing was changed.
        mail: Option<MailOutcome>,
    }
}

payload! {
    /// The result of `ticketReopen`. The status change and the mail about it have independent outcomes.
    TicketReopenPayload {
        /// The ticket in its current state, also when there are errors.
        ticket: Option<Ticket>,
        /// The outcome of the status change; null when there are errors.
        outcome: Option<TicketStatusOutcome>,
        /// The outcome of the mails about the change; null when nothing was changed.
        mail: Option<MailOutcome>,
    }
}

payload! {
    /// The result of `ticketTransfer`.
    TicketTransferPayload {
        /// The ticket in its current state, also when there are errors.
        ticket: Option<Ticket>,
        /// The new transfer; null when there are errors.
        transfer: Option<TicketTransfer>,
    }
}

payload! {
    /// The result of `ticketMessagePost`.
    TicketMessagePostPayload {
        /// The new message; null when there are errors.
        message: Option<TicketMessage>,
        /// The ticket in its current state, also when there are errors.
        ticket: Option<Ticket>,
    }
}

payload! {
    /// The result of `ticketFileAttach`.
    TicketFileAttachPayload {
        /// The list of new attachments, in the order of the files; empty when there are errors.
        attachments: Vec<Attachment>,
        /// The ticket in its current state, also when there are errors.
        ticket: Option<Ticket>,
    }
}

payload! {
    /// The result of `ticketMarkRead`.
    TicketMarkReadPayload {
        /// The ticket in its current state, also when there are errors.
        ticket: Option<Ticket>,
    }
}

/// Acts on tickets.
#[derive(Debug, Default)]
pub struct TicketMutation;

#[Object]
impl TicketMutation {
    /// Opens a ticket.
    ///
    /// Available to staff, and to portal users for their own client.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`,
    /// `WRONG_CURRENCY`, `SERVICE_ITEM_INACTIVE`, `CHARGE_NOT_OVERDUE`, `DEPARTMENT_WITHOUT_LEAD`,
    /// `FILE_NOT_UPLOADED`, `FILE_ATTACHED`, `FILE_INCOMPLETE`, `FILE_ALTERED`, `FILE_TYPE_MISMATCH`,
    /// `FILE_INFECTED`, `FILE_UNVERIFIABLE`, `FILE_UNUSED`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn ticket_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] mut input: TicketCreateInput,
    ) -> Result<TicketCreatePayload, ApiError> {
        let key = std::mem::take(&mut input.idempotency_key);
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::create(store, actor, &key, input.try_into()?).await)
                .await?;
        let ticket = load_optional(ctx, done).await?;
        Ok(TicketCreatePayload { ticket, user_errors, revision })
    }

    /// Changes an open ticket.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_CLOSED`, `CONFLICT`, `REQUIRED`, `TOO_LONG`,
    /// `INVALID_TEXT`, `OUT_OF_RANGE`, `WRONG_CURRENCY`, `SERVICE_ITEM_INACTIVE`.
    async fn ticket_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TicketEditInput,
    ) -> Result<TicketEditPayload, ApiError> {
        let id = input.id.clone();
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::edit(store, actor, input.try_into()?).await).await?;
        Ok(TicketEditPayload { ticket: now(ctx, &id).await?, user_errors, revision })
    }

    /// Changes the status of a ticket. A change sends a mail to the client and to the person who opened the
    /// ticket; it is kept even if the mail cannot be delivered.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_OPEN`, `REASON_REQUIRED`, `CONFLICT`, `REQUIRED`,
    /// `TOO_LONG`, `INVALID_TEXT`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn ticket_status_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] mut input: TicketStatusChangeInput,
    ) -> Result<TicketStatusChangePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let result = async { status::change_status(&caller.store, actor, &key, input.try_into()?).await };
        let StatusPayload { ticket, outcome, mail, user_errors, revision } =
            status_payload(ctx, &id, result.await).await?;
        Ok(TicketStatusChangePayload { ticket, outcome, mail, user_errors, revision })
    }

    /// Reopens a closed ticket.
    ///
    /// Available to staff, and to portal users of the client within the period that the firm allows.
    ///
    /// Errors: `NOT_FOUND`, `TICKET_OPEN`, `REOPEN_NOT_OFFERED`, `REOPEN_PERIOD_OVER`, `CONFLICT`,
    /// `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn ticket_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] mut input: TicketReopenInput,
    ) -> Result<TicketReopenPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let result = async { status::reopen(&caller.store, actor, &key, input.try_into()?).await };
        let StatusPayload { ticket, outcome, mail, user_errors, revision } =
            status_payload(ctx, &id, result.await).await?;
        Ok(TicketReopenPayload { ticket, outcome, mail, user_errors, revision })
    }

    /// Transfers an open ticket to another staff member or department.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_CLOSED`, `NOTHING_TO_TRANSFER`, `DEPARTMENT_WITHOUT_LEAD`,
    /// `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn ticket_transfer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] mut input: TicketTransferInput,
    ) -> Result<TicketTransferPayload, ApiError> {
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| transfer::transfer(store, actor, &key, input.try_into()?).await)
                .await?;
        let transfer = load_optional(ctx, done.map(|done| done.transfer_id)).await?;
        Ok(TicketTransferPayload { ticket: now(ctx, &id).await?, transfer, user_errors, revision })
    }

    /// Posts a message to the other side, or an internal note. It does not mark the conversation as read.
    ///
    /// Available to staff and to portal users of the client; only staff can post internal notes.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_CLOSED`, `NO_LINKED_USER`, `REQUIRED`, `TOO_LONG`,
    /// `INVALID_TEXT`, `OUT_OF_RANGE`, `FILE_NOT_UPLOADED`, `FILE_ATTACHED`, `FILE_INCOMPLETE`,
    /// `FILE_ALTERED`, `FILE_TYPE_MISMATCH`, `FILE_INFECTED`, `FILE_UNVERIFIABLE`, `FILE_UNUSED`,
    /// `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn ticket_message_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] mut input: TicketMessagePostInput,
    ) -> Result<TicketMessagePostPayload, ApiError> {
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| conversation::post(store, actor, &key, input.try_into()?).await)
                .await?;
        let message = load_optional(ctx, done.map(|done| done.message_id)).await?;
        Ok(TicketMessagePostPayload { message, ticket: now(ctx, &id).await?, user_errors, revision })
    }

    /// Attaches files to an open or closed ticket, or to a message of the viewer in it.
    ///
    /// Available to staff and to portal users of the client; only staff can attach internal files.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`,
    /// `FILE_NOT_UPLOADED`, `FILE_ATTACHED`, `FILE_INCOMPLETE`, `FILE_ALTERED`, `FILE_TYPE_MISMATCH`,
    /// `FILE_INFECTED`, `FILE_UNVERIFIABLE`, `FILE_UNUSED`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn ticket_file_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] mut input: TicketFileAttachInput,
    ) -> Result<TicketFileAttachPayload, ApiError> {
        let (id, key) = (input.id.clone(), std::mem::take(&mut input.idempotency_key));
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| attachment::attach(store, actor, &key, input.try_into()?).await)
                .await?;
        let ids = done.map(|done| done.attachment_ids).unwrap_or_default();
        let attachments = try_join_all(ids.into_iter().map(|id| load(ctx, id))).await?;
        let attachments = attachments.into_iter().flatten().collect();
        Ok(TicketFileAttachPayload { attachments, ticket: now(ctx, &id).await?, user_errors, revision })
    }

    /// Marks the conversation of a ticket as read, for the viewer only.
    ///
    /// Available to staff and to portal users of the client.
    ///
    /// Errors: `NOT_FOUND`.
    async fn ticket_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TicketMarkReadInput,
    ) -> Result<TicketMarkReadPayload, ApiError> {
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let up_to: Option<MessageId> = optional_id("upToMessageId", input.up_to_message_id.as_ref())?;
            conversation::mark_read(store, actor, id("id", &input.id)?, up_to).await
        })
        .await?;
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
    let MutationOutcome { done, user_errors, revision } = outcome(Caller::of(ctx), result)?;
    let mail = match done.as_ref().and_then(|done| done.act_id) {
        Some(act) => mail_of(ctx, act).await?,
        None => None,
    };
    let outcome = done.map(|done| done.outcome.into());
    Ok(StatusPayload { ticket: now(ctx, id).await?, outcome, mail, user_errors, revision })
}
