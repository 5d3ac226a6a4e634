//! E-mail deliveries: what became of the mails (D-04, F-02, F-06).

mod subscription;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use guichet_base::error::{self, Code};
use guichet_base::id::{ActId, ClientId, DeliveryId, Id, StaffId, TicketId};
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::subject::Subject;
use guichet_schema::nouns;
use guichet_schema::people::suppression;
use guichet_schema::shared::email_delivery::{commands, model, queries, retry, rules};

use crate::graphql::ability::Ability;
use crate::graphql::counts::counts;
use crate::graphql::desk::ticket::Ticket;
use crate::graphql::loaders::{by_ids, keyed, load, load_optional, seen, spend};
use crate::graphql::mirror::mirror;
use crate::graphql::node::{self, Node};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, known_ids, optional_id, payload};
use crate::graphql::people::client::Client;
use crate::graphql::scalars::{DateTime, Locale};

pub use subscription::{Deliveries, EmailDeliverySubscription};

mirror!(EmailDeliveryStatus => model::DeliveryStatus);

mirror!(EmailDeliveryReason => model::DeliveryReason);

mirror!(EmailDeliveryAbout => model::DeliveryAbout);

mirror!(MailState => model::MailState);

mirror!(EmailDeliveryAct => rules::DeliveryAct);

/// A delivery.
#[derive(Debug, Clone)]
pub struct EmailDelivery(pub model::EmailDelivery);

by_ids!(DeliveryId => EmailDelivery, membership queries::by_ids);

keyed! {
    /// Whether a delivery can be sent again now.
    RetryOf(DeliveryId) => Result<(), Code>, |loads, conn, ids| retry::may(conn, nouns::MAILS, &loads.membership, ids)
}

keyed! {
    /// The mails about an act.
    MailOf(ActId) => queries::ActMail, |loads, conn, ids| queries::of_acts(conn, &loads.scope(), ids)
}

/// The outcome of the mails about one action, independent of the outcome of the action itself.
#[derive(Debug, SimpleObject)]
pub struct MailOutcome {
    /// The combined state of all mails about the action.
    state: MailState,
    /// The list of deliveries, one per recipient, including recipients who could not be reached. Visible to
    /// staff only; empty for clients.
    deliveries: Vec<EmailDelivery>,
}

/// The mails about an act; none when it mailed nobody.
pub async fn mail_of(ctx: &Context<'_>, act: ActId) -> Result<Option<MailOutcome>, ApiError> {
    let Some(mail) = load(ctx, MailOf(act)).await? else { return Ok(None) };
    spend(ctx, mail.deliveries.len())?;
    let deliveries = mail.deliveries.into_iter().map(EmailDelivery).collect();
    Ok(Some(MailOutcome { state: mail.state.into(), deliveries }))
}

/// A mail to one recipient, and the status of its delivery. Visible to staff only; a mail about a
/// notification is visible to its recipient, and to owners and managers, who handle bounces.
#[Object]
impl EmailDelivery {
    /// The ID of the delivery, for example `delivery_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// What the mail is about.
    async fn about(&self) -> EmailDeliveryAbout {
        self.0.about.into()
    }

    /// The object that the mail is about; null when the viewer can no longer see it.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Node>, ApiError> {
        node::of(ctx, self.0.subject).await
    }

    /// The ticket that the mail is about; null when it is about something else.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>, ApiError> {
        load_optional(ctx, self.0.subject.id::<TicketId>()).await
    }

    /// The client that the mail concerns; null when it concerns none.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>, ApiError> {
        load_optional(ctx, self.0.client_id).await
    }

    /// The address of the recipient when the mail was sent or should have been sent; null when there was no
    /// address.
    async fn recipient(&self) -> Option<&str> {
        self.0.recipient.as_deref()
    }

    /// The language of the mail.
    async fn locale(&self) -> Locale {
        self.0.locale.into()
    }

    /// The status of the delivery.
    async fn status(&self) -> EmailDeliveryStatus {
        self.0.status.into()
    }

    /// The reason why the mail is not being delivered; null when it is queued or sent.
    async fn reason(&self) -> Option<EmailDeliveryReason> {
        self.0.reason.map(Into::into)
    }

    /// The `Message-ID` of the mail (RFC 5322), which is the same on every attempt. Use it to search the log
    /// of a mail server.
    async fn message_id(&self) -> &str {
        &self.0.message_id
    }

    /// The number of attempts so far.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The last reply of the mail server; null when there was none.
    async fn smtp_reply(&self) -> Option<&str> {
        self.0.smtp_reply.as_deref()
    }

    /// The date and time when the mail was queued.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the delivery was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The date and time when the mail server accepted the mail; null while it has not.
    async fn sent_at(&self) -> Option<DateTime> {
        self.0.sent_at.map(DateTime)
    }

    /// The actions that the viewer may or may not perform on the delivery now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<EmailDeliveryAct>>, ApiError> {
        let retry = seen(load(ctx, RetryOf(self.0.id)).await?)?;
        Ok(vec![Ability::new(EmailDeliveryAct(rules::DeliveryAct::Retry), retry)])
    }
}

/// A filter of deliveries. A delivery must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct EmailDeliveryFilter {
    /// Deliveries with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Deliveries with one of these statuses.
    status: Option<Vec<EmailDeliveryStatus>>,
    /// Deliveries with one of these values of `about`.
    about: Option<Vec<EmailDeliveryAbout>>,
    /// Deliveries that concern one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Deliveries about one of these tickets.
    ticket_ids: Option<Vec<ID>>,
}

impl FilterInput for EmailDeliveryFilter {
    type Filter = queries::DeliveryFilter;

    fn read(self, _: &Membership) -> error::Result<queries::DeliveryFilter> {
        let status = |status: Vec<EmailDeliveryStatus>| status.into_iter().map(Into::into).collect();
        let subjects = |tickets: Vec<TicketId>| tickets.into_iter().map(Subject::of).collect();
        Ok(queries::DeliveryFilter {
            ids: known_ids(self.ids),
            status: self.status.map(status),
            about: self.about.map(|about| about.into_iter().map(Into::into).collect()),
            clients: known_ids(self.client_ids),
            subjects: known_ids::<TicketId>(self.ticket_ids).map(subjects),
        })
    }
}

connection! {
    /// A page of the list of deliveries.
    EmailDeliveryConnection, EmailDeliveryEdge of EmailDelivery, count EmailDeliveryCount;
    /// Returns the list of deliveries that the viewer can see, newest first. Empty for clients.
    query EmailDeliveryQuery.email_deliveries, filter EmailDeliveryFilter => queries::DeliveryFilter;
    seen by membership, page queries::page, counted queries::count, position queries::position
}

counts! {
    /// The numbers of deliveries by status.
    EmailDeliveryCounts, EmailDeliveryStatusCount of status: EmailDeliveryStatus => model::DeliveryStatus, all as by_status,
    told as EmailDeliveryCountsChanged;
    filter EmailDeliveryFilter => queries::DeliveryFilter, ids DeliveryId, with [];
    /// Returns the numbers of deliveries that the viewer can see, by status. For clients all are 0.
    query EmailDeliveryCountsQuery.email_delivery_counts;
    /// Sends the numbers of deliveries that the viewer can see, by status: in the first message without `after`, and
    /// whenever one of them changes. For clients all are 0.
    subscription EmailDeliveryCountsSubscription.email_delivery_counts_changed, "emailDeliveryCountsChanged",
    DeliveriesCounted;
    shared by |viewer| (viewer.scope(), queries::own_only(viewer)) => (Scope, Option<StaffId>),
    counted |conn, viewer, filter| queries::counts(conn, viewer, filter)
}

/// Input for `emailDeliveryRetry`: the delivery to send again.
#[derive(Debug, InputObject)]
pub struct EmailDeliveryRetryInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the delivery.
    id: ID,
}

/// Input for `emailSuppressionLift`: the address to unblock.
#[derive(Debug, InputObject)]
pub struct EmailSuppressionLiftInput {
    /// The ID of the client whose address it is. Omit it for the address of a staff member; viewers who see
    /// the whole firm can then unblock any address of the firm.
    client_id: Option<ID>,
    /// The e-mail address.
    email: String,
}

payload! {
    /// The result of `emailDeliveryRetry`.
    EmailDeliveryRetryPayload {
        /// The delivery in its current state, also when there are errors.
        email_delivery: Option<EmailDelivery>,
    }
}

payload! {
    /// The result of `emailSuppressionLift`.
    EmailSuppressionLiftPayload {
        /// The client in its current state, also when there are errors; null when no client was given.
        client: Option<Client>,
    }
}

/// Acts on deliveries.
#[derive(Debug, Default)]
pub struct EmailDeliveryMutation;

#[Object]
impl EmailDeliveryMutation {
    /// Sends a failed or unsent mail again. A mail to an address in the record of a client is sent to an
    /// address that the record has now.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`, `DELIVERY_NOT_RETRYABLE`, `NO_RECIPIENT`, `ADDRESS_SUPPRESSED`,
    /// `INVALID_EMAIL`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `TOO_FAST`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn email_delivery_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: EmailDeliveryRetryInput,
    ) -> Result<EmailDeliveryRetryPayload, ApiError> {
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let id = id("id", &input.id)?;
            commands::retry(store, nouns::MAILS, actor, &input.idempotency_key, id).await
        })
        .await?;
        let email_delivery = load_optional(ctx, DeliveryId::decode(&input.id)).await?;
        Ok(EmailDeliveryRetryPayload { email_delivery, user_errors, revision })
    }

    /// Unblocks an address that bounced, so that the firm sends mails to it again.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `INVALID_EMAIL`.
    async fn email_suppression_lift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: EmailSuppressionLiftInput,
    ) -> Result<EmailSuppressionLiftPayload, ApiError> {
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let client: Option<ClientId> = optional_id("clientId", input.client_id.as_ref())?;
            suppression::lift(store, actor, client, &input.email).await
        })
        .await?;
        let client = load_optional(ctx, input.client_id.and_then(|id| ClientId::decode(&id))).await?;
        Ok(EmailSuppressionLiftPayload { client, user_errors, revision })
    }
}
