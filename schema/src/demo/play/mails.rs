//! The mails about changes of status (D-05), long since sent or given up: nothing is left to do.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::clients::Mailbox;
use super::super::house::Person;
use super::super::rows::{DeliveryRow, SuppressionRow};
use super::{Life, Stage};
use crate::shared::email_delivery::model::{DeliveryReason, DeliveryStatus, SendEmail};
use crate::shared::email_delivery::rules::{Candidate, Planned, is_hard_bounce, plan};
use guichet_base::id::{ActId, DeliveryId, Id, TicketId};
use guichet_base::message_id;
use guichet_engine::job::Payload;

/// What became of a mail.
struct Fate {
    status: DeliveryStatus,
    reason: Option<DeliveryReason>,
    attempts: i32,
    reply: Option<String>,
    at: DateTime<Utc>,
}

const UNKNOWN_USER: &str = "550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table";
const TRY_LATER: &str = "451 4.7.1 Greylisting in action, please come back later";

impl Stage<'_> {
    pub(super) fn announce(&mut self, life: &Life<'_>, cause: ActId, by: &Person, at: DateTime<Utc>) {
        if !self.draft.traced {
            return;
        }
        let customer = life.customer;
        let of_client = |address| Candidate { address, account_id: None, locale: customer.locale };
        let mut client: Vec<_> = customer.addresses.iter().cloned().map(Some).map(of_client).collect();
        if client.is_empty() {
            client.push(of_client(None));
        }
        let opener = Candidate {
            address: Some(life.opener.email.address().to_owned()),
            account_id: Some(life.opener.account_id),
            locale: life.opener.locale,
        };
        for planned in plan(client, Some(opener), by.email.ci(), &self.suppressed) {
            self.deliver(life, cause, planned, at);
        }
    }

    fn deliver(&mut self, life: &Life<'_>, cause: ActId, planned: Planned, at: DateTime<Utc>) {
        let Planned { candidate, email, reason } = planned;
        let mailbox = match candidate.account_id {
            None => life.customer.mailbox,
            Some(_) => Mailbox::Takes,
        };
        let fate = self.fate(mailbox, reason, at);
        let id: DeliveryId = self.draft.chance.id(at);
        let recipient = email.as_ref().map(|email| email.address().to_owned()).or(candidate.address);
        let recipient_ci = email.as_ref().map(|email| email.ci().to_owned());
        let recipient_ci = recipient_ci.or_else(|| recipient.as_ref().map(|text| text.to_lowercase()));
        let is_sent = fate.status == DeliveryStatus::Sent;
        self.draft.rows.email_deliveries.push(DeliveryRow {
            id,
            firm_id: life.row.firm_id,
            cause_id: cause,
            subject_noun: TicketId::NOUN,
            subject_id: life.row.id,
            client_id: life.row.client_id,
            account_id: candidate.account_id,
            recipient,
            recipient_ci: recipient_ci.clone(),
            locale: candidate.locale,
            status: fate.status,
            reason: fate.reason,
            message_id: message_id::of_delivery(id, &self.house.mail_from),
            attempts: fate.attempts,
            smtp_reply: fate.reply.clone(),
            version: 1 + fate.attempts,
            created_at: at,
            updated_at: fate.at,
            sent_at: is_sent.then_some(fate.at),
        });
        if let (Some(DeliveryReason::Refused), Some(reply), Some(email_ci)) =
            (fate.reason, fate.reply, recipient_ci)
            && is_hard_bounce(true, &reply)
            && self.suppressed.insert(email_ci.clone())
        {
            let (firm_id, delivery_id) = (life.row.firm_id, Some(id));
            let row = SuppressionRow { firm_id, email_ci, smtp_reply: reply, delivery_id, at: fate.at };
            self.draft.rows.email_suppressions.push(row);
        }
    }

    fn fate(&mut self, mailbox: Mailbox, reason: Option<DeliveryReason>, at: DateTime<Utc>) -> Fate {
        let status = DeliveryStatus::NotSent;
        if reason.is_some() {
            return Fate { status, reason, attempts: 0, reply: None, at };
        }
        let chance = &mut self.draft.chance;
        let soon = (at + TimeDelta::seconds(chance.between(1..=40))).min(self.now);
        // With the queue's backoff an address is tried for two days at least.
        let given_up = at + TimeDelta::hours(73);
        match mailbox {
            Mailbox::Bounces => Fate {
                status: DeliveryStatus::Failed,
                reason: Some(DeliveryReason::Refused),
                attempts: 1,
                reply: Some(UNKNOWN_USER.into()),
                at: soon,
            },
            Mailbox::Busy if given_up <= self.now => Fate {
                status: DeliveryStatus::Failed,
                reason: Some(DeliveryReason::AttemptsExhausted),
                attempts: SendEmail::MAX_ATTEMPTS,
                reply: Some(TRY_LATER.into()),
                at: given_up,
            },
            Mailbox::Takes | Mailbox::Busy => {
                let queued: u32 = chance.digits::<8>().iter().fold(0, |id, digit| id * 10 + digit);
                Fate {
                    status: DeliveryStatus::Sent,
                    reason: None,
                    attempts: 1,
                    reply: Some(format!("250 2.0.0 Ok: queued as {queued:07X}")),
                    at: soon,
                }
            }
        }
    }
}
