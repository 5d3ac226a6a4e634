//! The rows and enums of deliveries.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ActId, ClientId, DeliveryId, FirmId, TicketId};
use crate::job::Payload;
use crate::locale::Locale;
use crate::tables::{email_deliveries, email_suppressions};
use crate::text_enum;

text_enum! {
    /// Where a delivery stands (D-04).
    pub enum DeliveryStatus {
        /// It will be sent, or tried again.
        Queued = "QUEUED",
        /// The recipient's server took it: 250 after DATA.
        Sent = "SENT",
        /// It was refused for good, or given up.
        Failed = "FAILED",
        /// There was nowhere to send it to.
        NotSent = "NOT_SENT",
    }
}

text_enum! {
    /// Why a delivery is not on its way (D-04).
    pub enum DeliveryReason {
        /// The client has no address.
        NoAddress = "NO_ADDRESS",
        /// The address is malformed.
        InvalidAddress = "INVALID_ADDRESS",
        /// The address bounced before (F-06).
        SuppressedAfterBounce = "SUPPRESSED_AFTER_BOUNCE",
        /// The recipient's server refused it for good.
        Refused = "REFUSED",
        /// It was tried as often as allowed.
        AttemptsExhausted = "ATTEMPTS_EXHAUSTED",
    }
}

text_enum! {
    /// What became of all mails about one act (D-04).
    pub enum MailState {
        /// All are on their way, or were.
        Queued = "QUEUED",
        /// Some are.
        Partial = "PARTIAL",
        /// None is.
        NotSent = "NOT_SENT",
    }
}

/// A mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = email_deliveries)]
pub struct EmailDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The firm in whose name it goes.
    pub firm_id: FirmId,
    /// The act that it tells of.
    pub cause_id: ActId,
    /// The ticket that it is about.
    pub ticket_id: TicketId,
    /// The ticket's client.
    pub client_id: ClientId,
    /// The account that it is for; none for an address of the client's record.
    pub account_id: Option<AccountId>,
    /// The address; none when the client has none.
    pub recipient: Option<String>,
    /// The language.
    pub locale: Locale,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Why it is not on its way.
    pub reason: Option<DeliveryReason>,
    /// Its Message-ID with angle brackets, the same on every try.
    pub message_id: String,
    /// How often it was tried.
    pub attempts: i32,
    /// The last reply of the recipient's server.
    pub smtp_reply: Option<String>,
    /// Counts its changes.
    pub version: i32,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was taken by the recipient's server.
    pub sent_at: Option<DateTime<Utc>>,
}

/// An address to which a firm sends nothing until it is corrected (F-06).
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = email_suppressions)]
pub struct EmailSuppression {
    /// The firm.
    pub firm_id: FirmId,
    /// The address in lower case.
    pub email_ci: String,
    /// What its server said.
    pub smtp_reply: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// The job that sends one delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendEmail {
    /// Which.
    pub delivery_id: DeliveryId,
}

impl Payload for SendEmail {
    const KIND: &'static str = "email.send";
    // With the queue's backoff, capped at an hour: about two days.
    const MAX_ATTEMPTS: i32 = 54;
}
