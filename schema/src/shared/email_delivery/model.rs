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
        /// The person has no access any more.
        NoAccess = "NO_ACCESS",
        /// The person does not want to be told of such things by mail any more (D-11).
        NotWanted = "NOT_WANTED",
        /// Ours to mend: the firm's sender address, or a relay that does not take such a mail.
        SenderFault = "SENDER_FAULT",
        /// The recipient's server refused it for good.
        Refused = "REFUSED",
        /// It was tried as often as allowed.
        AttemptsExhausted = "ATTEMPTS_EXHAUSTED",
    }
}

text_enum! {
    /// What a mail is about.
    pub enum DeliveryAbout {
        /// A change of a ticket's status, to its client and opener (D-05).
        StatusChange = "STATUS_CHANGE",
        /// What a staff member is told, to that person (D-11).
        Notification = "NOTIFICATION",
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
    /// The thing that it is about.
    #[diesel(
        select_expression = (email_deliveries::subject_noun, email_deliveries::subject_id),
        select_expression_type = (email_deliveries::subject_noun, email_deliveries::subject_id)
    )]
    pub subject: Subject,
    /// The client whose thing that is; none where it is no client's.
    pub client_id: Option<ClientId>,
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
    /// How often it was asked for, from 1.
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
    /// What its server said.
    pub smtp_reply: String,
    /// The delivery that bounced; none where it is not known.
    pub delivery_id: Option<DeliveryId>,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// The job that sends one delivery.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SendEmail {
    /// Which.
    pub delivery_id: DeliveryId,
    /// For which round of it: once it is asked for again, the job of an earlier one does nothing.
    #[serde(default = "first_round")]
    pub round: i32,
}

const fn first_round() -> i32 {
    1
}

impl Payload for SendEmail {
    const KIND: &'static str = "email.send";
    // With the queue's backoff: two days at least, four at most, as chance will have it.
    const MAX_ATTEMPTS: i32 = 104;
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use guichet_engine::job::backoff;

    proptest! {
        /// D-04: whatever chance says, a relay may be away for two days and loses no mail.
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
