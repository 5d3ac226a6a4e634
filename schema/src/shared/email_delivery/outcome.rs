//! What the worker records about a delivery. It acts for the system, within the delivery's firm.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use guichet_base::error::Result;
use guichet_base::foreign;
use guichet_base::id::{DeliveryId, FirmId, Id};
use guichet_engine::condition::Condition;
use guichet_engine::feed::Event;
use guichet_engine::job::NewJob;
use guichet_engine::job::awaited::Awaited;
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::{email_deliveries, email_suppressions};

use super::announce::send_job;
use super::model::{DeliveryReason, DeliveryStatus, EmailDelivery, SendEmail};
use super::queries::audience;

/// The delivery of a job, if there is something to do: it is queued, or failed, because only an operator who
/// retries the dead letter starts its job again; and the job is of the current round.
pub(super) fn to_be_sent(job: SendEmail) -> Condition<email_deliveries::table> {
    let given_up = email_deliveries::reason.is_not_distinct_from(DeliveryReason::AttemptsExhausted);
    let waits = email_deliveries::status.eq(DeliveryStatus::Queued).or(given_up);
    let of_job = email_deliveries::id.eq(job.delivery_id).and(email_deliveries::round.eq(job.round));
    Condition::new(of_job.and(waits))
}

/// No delivery stays queued without anything to send it (F-02).
impl Awaited for SendEmail {
    const WAITING: &'static str = "SELECT jsonb_build_object('delivery_id', id, 'round', round) AS payload
        FROM email_deliveries WHERE status = 'QUEUED'";
    const DEFAULTS: &'static str = r#"{"round": 1}"#;

    async fn job(&self, tx: &mut Tx) -> Result<Option<NewJob>> {
        let firm: Option<FirmId> = email_deliveries::table
            .filter(to_be_sent(*self))
            .select(email_deliveries::firm_id)
            .for_update()
            .get_result(tx.conn())
            .await
            .optional()?;
        firm.map(|firm| send_job(self.delivery_id, self.round, firm)).transpose()
    }

    async fn give_up(self, store: &Store) -> Result<()> {
        let reply = "given up after repeated crashes".to_owned();
        record(store, self, DeliveryOutcome::Exhausted { reply }).await
    }
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// 250 after DATA.
    Sent {
        /// The server's reply.
        reply: String,
    },
    /// Failed for now; the job tries again.
    Later {
        /// The server's reply, or what broke.
        reply: String,
    },
    /// Refused permanently.
    Refused {
        /// The server's reply.
        reply: String,
        /// Whether the address itself is bad: a hard bounce (F-06).
        hard_bounce: bool,
    },
    /// Mails cannot be addressed to it at all.
    Invalid {
        /// The reason.
        reply: String,
    },
    /// The firm's sender address is not valid, or our relay does not accept the mail: the recipient is not at
    /// fault.
    SenderFault {
        /// The reason.
        reply: String,
    },
    /// Not attempted, because the mail must not be sent any more.
    Withheld {
        /// The reason.
        reason: DeliveryReason,
    },
    /// All attempts failed.
    Exhausted {
        /// The last reply.
        reply: String,
    },
}

/// Records the outcome of an attempt, suppresses a bounced address (F-06) and writes the event (D-04). A settled
/// delivery does not change.
///
/// # Errors
/// When the database does not answer: retry; recording the same outcome twice changes nothing.
pub async fn record(store: &Store, job: SendEmail, outcome: DeliveryOutcome) -> Result<()> {
    let mut tx = store.begin(By::system()).await?;
    let delivery: Option<EmailDelivery> = email_deliveries::table
        .filter(to_be_sent(job))
        .select(EmailDelivery::as_select())
        .for_update()
        .get_result(tx.conn())
        .await
        .optional()?;
    let Some(delivery) = delivery else { return Ok(()) };
    write(&mut tx, &delivery, outcome).await?;
    tx.commit(()).await?;
    Ok(())
}

async fn write(tx: &mut Tx, delivery: &EmailDelivery, outcome: DeliveryOutcome) -> Result<()> {
    let now = tx.now;
    let (status, reason, words) = match &outcome {
        DeliveryOutcome::Sent { reply } => (DeliveryStatus::Sent, None, Some(reply)),
        DeliveryOutcome::Later { reply } => (DeliveryStatus::Queued, None, Some(reply)),
        DeliveryOutcome::Refused { reply, .. } => {
            (DeliveryStatus::Failed, Some(DeliveryReason::Refused), Some(reply))
        }
        DeliveryOutcome::Invalid { reply } => {
            (DeliveryStatus::NotSent, Some(DeliveryReason::InvalidAddress), Some(reply))
        }
        DeliveryOutcome::SenderFault { reply } => {
            (DeliveryStatus::NotSent, Some(DeliveryReason::SenderFault), Some(reply))
        }
        DeliveryOutcome::Exhausted { reply } => {
            (DeliveryStatus::Failed, Some(DeliveryReason::AttemptsExhausted), Some(reply))
        }
        DeliveryOutcome::Withheld { reason } => (DeliveryStatus::NotSent, Some(*reason), None),
    };
    // The relay's own words, or those of a library.
    let reply = words.map(|words| foreign::kept(words));
    let update = diesel::update(email_deliveries::table.find(delivery.id)).set((
        email_deliveries::status.eq(status),
        email_deliveries::reason.eq(reason),
        email_deliveries::smtp_reply.eq(reply.as_ref().or(delivery.smtp_reply.as_ref())),
        email_deliveries::attempts.eq(delivery.attempts + i32::from(reply.is_some())),
        email_deliveries::version.eq(delivery.version + 1),
        email_deliveries::updated_at.eq(now),
        email_deliveries::sent_at.eq((status == DeliveryStatus::Sent).then_some(now)),
    ));
    sql::keep(1, update).execute(tx.conn()).await?;
    if reason == Some(DeliveryReason::Discarded) {
        tx.audit(Some(delivery.firm_id), "mailDiscard", DeliveryId::NOUN, Some(delivery.id.uuid()));
    }
    if let (DeliveryOutcome::Refused { hard_bounce: true, .. }, Some(recipient), Some(reply)) =
        (&outcome, &delivery.recipient, &reply)
    {
        let ci = guichet_base::email::Email::parse(recipient)
            .map_or_else(|| recipient.to_lowercase(), |e| e.ci().to_owned());
        let added = diesel::insert_into(email_suppressions::table)
            .values((
                email_suppressions::firm_id.eq(delivery.firm_id),
                email_suppressions::email_ci.eq(ci),
                email_suppressions::smtp_reply.eq(reply),
                email_suppressions::delivery_id.eq(delivery.id),
                email_suppressions::at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(tx.conn())
            .await?;
        if added > 0 {
            tx.audit(Some(delivery.firm_id), "emailSuppress", DeliveryId::NOUN, Some(delivery.id.uuid()));
        }
    }
    changed(tx, delivery).await
}

/// Writes the event that a delivery changed.
pub(super) async fn changed(tx: &mut Tx, delivery: &EmailDelivery) -> Result<()> {
    let of_subject = reach::held_audience(tx.conn(), delivery.subject).await?;
    tx.event(delivery.firm_id, Event::changed(delivery.id, audience(of_subject, delivery.staff_id)));
    Ok(())
}
