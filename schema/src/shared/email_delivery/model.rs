//! The rows and enums of deliveries.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use guichet_base::id::{AccountId, ActId, ClientId, DeliveryId, FirmId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::text_enum;
use guichet_engine::job::Payload;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{email_deliveries, email_suppressions};

text_enum! {
    /// The status of a delivery.
    pub enum DeliveryStatus {
        /// The mail is waiting to be sent, or will be retried.
        Queued = "QUEUED",
        /// The mail server accepted the mail.
        Sent = "SENT",
        /// The mail was refused permanently, or all attempts failed.
        Failed = "FAILED",
        /// The mail was not sent; see `reason`.
        NotSent = "NOT_SENT",
    }
}

text_enum! {
    /// The reason why a mail is not being delivered.
    pub enum DeliveryReason {
        /// The client has no address.
        NoAddress = "NO_ADDRESS",
        /// The address is not valid.
        InvalidAddress = "INVALID_ADDRESS",
        /// Mails to the address are suppressed after an earlier bounce.
        SuppressedAfterBounce = "SUPPRESSED_AFTER_BOUNCE",
        /// The recipient no longer has access.
        NoAccess = "NO_ACCESS",
        /// The recipient no longer wants mails about such notifications.
        NotWanted = "NOT_WANTED",
        /// The mail was waiting in a database that was restored from a backup, and the operator of Guichet discarded
        /// it, because it may have been sent before.
        Discarded = "DISCARDED",
        /// The sender address of the firm is not valid, or the mail relay does not accept the mail.
        SenderFault = "SENDER_FAULT",
        /// The mail server of the recipient refused the mail permanently (hard bounce).
        Refused = "REFUSED",
        /// All attempts failed (soft bounces).
        AttemptsExhausted = "ATTEMPTS_EXHAUSTED",
    }
}

text_enum! {
    /// What a mail is about.
    pub enum DeliveryAbout {
        /// A status change of a ticket, sent to the client and to the person who opened the ticket.
        StatusChange = "STATUS_CHANGE",
        /// A notification, sent to the staff member whom it is for.
        Notification = "NOTIFICATION",
        /// The proof of the sender of the firm, which is lost, sent to the owners.
        SenderLost = "SENDER_LOST",
        /// Documents that were delivered, sent to the client.
        DocumentsDelivered = "DOCUMENTS_DELIVERED",
        /// A receipt for files that were handed in, sent to the person who did.
        DocumentReceipt = "DOCUMENT_RECEIPT",
    }
}

text_enum! {
    /// The combined state of all mails about one action.
    pub enum MailState {
        /// All mails are queued or sent.
        Queued = "QUEUED",
        /// Some mails are queued or sent.
        Partial = "PARTIAL",
        /// No mail is queued or sent.
        NotSent = "NOT_SENT",
    }
}

/// A mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = email_deliveries)]
pub struct EmailDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The sending firm.
    pub firm_id: FirmId,
    /// The action that the mail is about.
    pub cause_id: ActId,
    /// The thing that it is about.
    #[diesel(
        select_expression = (email_deliveries::subject_noun, email_deliveries::subject_id),
        select_expression_type = (email_deliveries::subject_noun, email_deliveries::subject_id)
    )]
    pub subject: Subject,
    /// The client whose thing that is; none where it is no client's.
    pub client_id: Option<ClientId>,
    /// The account of the recipient; none for an address in the client's record.
    pub account_id: Option<AccountId>,
    /// The address; none when the client has none.
    pub recipient: Option<String>,
    /// The language.
    pub locale: Locale,
    /// The status.
    pub status: DeliveryStatus,
    /// Why it is not being delivered.
    pub reason: Option<DeliveryReason>,
    /// Its Message-ID in angle brackets, the same on every attempt.
    pub message_id: String,
    /// How many attempts were made.
    pub attempts: i32,
    /// The last reply of the recipient's server.
    pub smtp_reply: Option<String>,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the recipient's server accepted it.
    pub sent_at: Option<DateTime<Utc>>,
    /// How often sending was requested, from 1.
    pub round: i32,
    /// What the conversation with this recipient was called when it began.
    pub thread_subject: Option<String>,
    /// What it is about.
    pub about: DeliveryAbout,
    /// The staff member whom it tells something: nobody else sees it but those who look after the firm.
    pub staff_id: Option<StaffId>,
    /// What its kind remembers of the act.
    pub facts: serde_json::Value,
}

/// An address to which a firm sends nothing until it is corrected (F-06).
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = email_suppressions)]
pub struct EmailSuppression {
    /// The firm.
    pub firm_id: FirmId,
    /// The address in lower case.
    pub email_ci: String,
    /// The reply of its server.
    pub smtp_reply: String,
    /// The delivery that bounced, if known.
    pub delivery_id: Option<DeliveryId>,
    /// When it was suppressed.
    pub at: DateTime<Utc>,
}

/// The job that sends one delivery.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SendEmail {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// The round of the delivery: once it is sent again, the job of an earlier round does nothing.
    #[serde(default = "first_round")]
    pub round: i32,
}

const fn first_round() -> i32 {
    1
}

impl Payload for SendEmail {
    const KIND: &'static str = "email.send";
    // With the queue's random backoff: at least two days, at most four.
    const MAX_ATTEMPTS: i32 = 104;
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use guichet_engine::job::backoff;

    proptest! {
        /// D-04: whatever the random part, a relay may be away for two days without losing a mail.
        #[test]
        fn d_04_tried_for_two_days(chances in proptest::collection::vec(0.0..=1.0, 103)) {
            prop_assert_eq!(chances.len() as i32, SendEmail::MAX_ATTEMPTS - 1);
            let span = |chance: &dyn Fn(usize) -> f64| -> TimeDelta {
                (1..SendEmail::MAX_ATTEMPTS).map(|attempt| backoff(attempt, chance(attempt as usize - 1))).sum()
            };
            let (shortest, longest) = (span(&|_| 0.0), span(&|_| 1.0));
            let by_chance = span(&|nth| chances[nth]);
            prop_assert!(shortest >= TimeDelta::hours(48) && longest <= TimeDelta::hours(97));
            prop_assert!((shortest..=longest).contains(&by_chance));
        }
    }
}
