//! E-mail deliveries: what became of the mails (D-04, F-02, F-06).

mod subscription;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use guichet_base::error::Code;
use guichet_base::id::{ActId, ClientId, DeliveryId, Id, TicketId};
use guichet_base::page::PageRequest;
use guichet_engine::subject::Subject;
use guichet_schema::nouns;
use guichet_schema::people::suppression;
use guichet_schema::shared::email_delivery::{commands, model, queries, retry, rules};

use crate::edge::ApiError;
use crate::graphql::ability::Ability;
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::Ticket;
use crate::graphql::loaders::{by_ids, keyed, load, load_optional, seen, spend};
use crate::graphql::node::{self, Node};
use crate::graphql::page::connection;
use crate::graphql::payload::{Outcome, api_id, id, known_ids, outcome, payload, queried};
use crate::graphql::people::client::Client;
use crate::graphql::scalars::Locale;

pub use subscription::EmailDeliverySubscription;

/// Where a delivery stands (D-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::DeliveryStatus")]
pub enum EmailDeliveryStatus {
    /// It will be sent, or tried again.
    Queued,
    /// The recipient's server took it.
    Sent,
    /// It was refused for good, or given up.
    Failed,
    /// There was nowhere to send it to.
    NotSent,
}

/// Why a delivery is not on its way (D-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::DeliveryReason")]
pub enum EmailDeliveryReason {
    /// The client has no address.
    NoAddress,
    /// The address is malformed.
    InvalidAddress,
    /// The address bounced before (F-06).
    SuppressedAfterBounce,
    /// The person has no access any more.
    NoAccess,
    /// The person does not want to be told of such things by mail any more (D-11).
    NotWanted,
    /// Ours to mend: the firm's sender address, or a relay that does not take such a mail.
    SenderFault,
    /// The recipient's server refused it for good.
    Refused,
    /// It was tried as often as allowed.
    AttemptsExhausted,
}

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::DeliveryAbout")]
pub enum EmailDeliveryAbout {
    /// A change of a ticket's status, to its client and opener (D-05).
    StatusChange,
    /// What a staff member is told, to that person (D-11).
    Notification,
}

/// What became of all mails about one act (D-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::MailState")]
pub enum MailState {
    /// All are on their way, or arrived.
    Queued,
    /// Some are.
    Partial,
    /// None is.
    NotSent,
}

/// What somebody may want to do with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::DeliveryAct")]
pub enum EmailDeliveryAct {
    /// Have it sent again: `emailDeliveryRetry` (F-02).
    Retry,
}

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

/// What became of the mails about one act (D-04), apart from the act itself.
#[derive(Debug, SimpleObject)]
pub struct MailOutcome {
    /// Overall.
    state: MailState,
    /// For each recipient, those who could not be written to included. Staff only: empty for clients.
    deliveries: Vec<EmailDelivery>,
}

/// The mails about an act; none when it mailed nobody.
pub async fn mail_of(ctx: &Context<'_>, act: ActId) -> Result<Option<MailOutcome>, ApiError> {
    let Some(mail) = load(ctx, MailOf(act)).await? else { return Ok(None) };
    spend(ctx, mail.deliveries.len())?;
    let deliveries = mail.deliveries.into_iter().map(EmailDelivery).collect();
    Ok(Some(MailOutcome { state: mail.state.into(), deliveries }))
}

/// One mail to one recipient, and what became of it. Staff only; one about a notification is shown to the person to
/// whom it goes, and to owners and managers, who mend bounces.
#[Object]
impl EmailDelivery {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// What it is about.
    async fn about(&self) -> EmailDeliveryAbout {
        self.0.about.into()
    }

    /// The thing that it is about; null when the viewer does not see it any more.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Node>, ApiError> {
        node::find(ctx, &self.0.subject.encode()).await
    }

    /// The ticket that it is about; null when it is about something else.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>, ApiError> {
        load_optional(ctx, self.0.subject.id::<TicketId>()).await
    }

    /// The client whose thing it is about; null when that is no client's.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>, ApiError> {
        load_optional(ctx, self.0.client_id).await
    }

    /// The address, as it was when it was sent or would have been; null when there was none.
    async fn recipient(&self) -> Option<&str> {
        self.0.recipient.as_deref()
    }

    /// The language that it is written in.
    async fn locale(&self) -> Locale {
        self.0.locale.into()
    }

    /// Where it stands.
    async fn status(&self) -> EmailDeliveryStatus {
        self.0.status.into()
    }

    /// Why it is not on its way; null when it is, or arrived.
    async fn reason(&self) -> Option<EmailDeliveryReason> {
        self.0.reason.map(Into::into)
    }

    /// Its Message-ID (RFC 5322), the same on every try: what to ask a mail server's log for.
    async fn message_id(&self) -> &str {
        &self.0.message_id
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The last reply of the recipient's server.
    async fn smtp_reply(&self) -> Option<&str> {
        self.0.smtp_reply.as_deref()
    }

    /// When it was queued.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When the recipient's server took it.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.sent_at
    }

    /// What the viewer may do with it now: one entry an act.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<EmailDeliveryAct>>, ApiError> {
        let retry = seen(load(ctx, RetryOf(self.0.id)).await?)?;
        Ok(vec![Ability::new(EmailDeliveryAct::Retry, retry)])
    }
}

/// Which deliveries are wanted; everything that is set must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct EmailDeliveryFilter {
    /// In one of these statuses.
    status: Option<Vec<EmailDeliveryStatus>>,
    /// About one of these.
    about: Option<Vec<EmailDeliveryAbout>>,
    /// About things of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// About one of these tickets.
    ticket_ids: Option<Vec<ID>>,
}

impl From<EmailDeliveryFilter> for queries::DeliveryFilter {
    fn from(filter: EmailDeliveryFilter) -> Self {
        let status = |status: Vec<EmailDeliveryStatus>| status.into_iter().map(Into::into).collect();
        let subjects = |tickets: Vec<TicketId>| tickets.into_iter().map(Subject::of).collect();
        Self {
            status: filter.status.map(status),
            about: filter.about.map(|about| about.into_iter().map(Into::into).collect()),
            clients: known_ids(filter.client_ids),
            subjects: known_ids::<TicketId>(filter.ticket_ids).map(subjects),
        }
    }
}

connection! {
    /// A page of deliveries.
    EmailDeliveryConnection, EmailDeliveryEdge of EmailDelivery, count EmailDeliveryCount
}

/// Counts when asked.
pub struct EmailDeliveryCount(queries::DeliveryFilter);

#[Object]
impl EmailDeliveryCount {
    /// How many there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let count = queries::count(&mut *caller.conn().await?, &caller.actor()?.membership, &self.0).await;
        queried(caller, count)
    }
}

/// Queries about deliveries.
#[derive(Debug, Default)]
pub struct EmailDeliveryQuery;

#[Object]
impl EmailDeliveryQuery {
    /// The deliveries that the viewer sees, the newest first. Clients are given none.
    async fn email_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which are wanted; all when left out.")] filter: Option<EmailDeliveryFilter>,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<EmailDeliveryConnection, ApiError> {
        let caller = Caller::of(ctx);
        let membership = &caller.actor()?.membership;
        let filter = filter.unwrap_or_default().into();
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, membership, &filter, &part).await;
        let page = queried(caller, page)?;
        Ok(EmailDeliveryConnection::new(page, EmailDeliveryCount(filter), queries::cursor, EmailDelivery))
    }
}

/// A delivery to be sent again (F-02).
#[derive(Debug, InputObject)]
pub struct EmailDeliveryRetryInput {
    /// Names the act: sent twice, it happens once.
    idempotency_key: String,
    /// The delivery.
    id: ID,
}

/// An address to which the firm may write again (F-06).
#[derive(Debug, InputObject)]
pub struct EmailSuppressionLiftInput {
    /// The client on whose record the address is. Left out for an address of staff; who sees the whole firm
    /// can lift any of its suppressions so.
    client_id: Option<ID>,
    /// The address.
    email: String,
}

payload! {
    /// What became of an `emailDeliveryRetry`.
    EmailDeliveryRetryPayload {
        /// The delivery as it stands now, also when the retry was refused.
        email_delivery: Option<EmailDelivery>,
    }
}

payload! {
    /// What became of an `emailSuppressionLift`.
    EmailSuppressionLiftPayload {
        /// The client as it stands now, also when it was refused; null when none was named.
        client: Option<Client>,
    }
}

/// Acts on deliveries.
#[derive(Debug, Default)]
pub struct EmailDeliveryMutation;

#[Object]
impl EmailDeliveryMutation {
    /// Has a failed or unsent delivery sent again (F-02): to the client's present address, where it was for an
    /// address of the client's record. Staff.
    async fn email_delivery_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The delivery to be sent again.")] input: EmailDeliveryRetryInput,
    ) -> Result<EmailDeliveryRetryPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async {
            commands::retry(&caller.store, nouns::MAILS, actor, &input.idempotency_key, id("id", &input.id)?)
                .await
        };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        let email_delivery = load_optional(ctx, DeliveryId::decode(&input.id)).await?;
        Ok(EmailDeliveryRetryPayload { email_delivery, user_errors, revision })
    }

    /// Lets the firm write again to an address that bounced, because somebody knows that it works now (F-06).
    /// Staff.
    async fn email_suppression_lift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address.")] input: EmailSuppressionLiftInput,
    ) -> Result<EmailSuppressionLiftPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async {
            let client: Option<ClientId> =
                input.client_id.as_ref().map(|client| id("clientId", client)).transpose()?;
            suppression::lift(&caller.store, actor, client, &input.email).await
        };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        let client = load_optional(ctx, input.client_id.and_then(|id| ClientId::decode(&id))).await?;
        Ok(EmailSuppressionLiftPayload { client, user_errors, revision })
    }
}
