//! The job that sends one delivery (D-04, F-02): at least once, always with the same `Message-ID`.

use std::time::Duration;

use chrono_tz::Tz;
use guichet_schema::email::Email;
use guichet_schema::email_delivery::model::SendEmail;
use guichet_schema::email_delivery::outcome::{self, Outcome, StatusMail};
use guichet_schema::email_delivery::rules::is_hard_bounce;
use guichet_schema::error::Fault;
use guichet_schema::id::DeliveryId;
use guichet_schema::message_id;
use guichet_schema::money::Money;
use guichet_schema::store::Store;
use lettre::Message;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::letter::Letter;
use crate::mail::{Dkim, Phase, Route, SendError};
use crate::queue::{Hold, Job, JobError};
use crate::ticket_mail::TicketMail;

/// How long all mail waits when our own relay settings do not work.
const PAUSE: Duration = Duration::from_secs(60);
/// Between two tries to write down that a mail was sent.
const AGAIN: Duration = Duration::from_millis(500);

/// What sending works with.
#[derive(Clone)]
pub struct Sender {
    /// The way to the business.
    pub store: Store,
    /// Where mails go.
    pub route: Route,
    /// How mails are signed, where they are.
    pub dkim: Option<Dkim>,
}

impl Sender {
    /// Sends the delivery that the job names, unless it is settled already.
    ///
    /// # Errors
    /// Retried with the queue's backoff: whatever may pass. Failed: what the recipient's server
    /// refused for good, and the last attempt. Paused: a fault of our own relay settings.
    pub async fn run(self, job: Job, SendEmail { delivery_id }: SendEmail) -> Result<(), JobError> {
        let mail = outcome::status_mail(&mut *self.store.conn().await?, delivery_id).await?;
        let Some(mail) = mail else { return Ok(()) };
        let message = match self.write(&mail) {
            Ok(message) => message,
            // Final: the record has an address, or the firm a sender, that no mail can carry.
            Err(error) => {
                return self.settle(delivery_id, Outcome::Invalid { reply: error.to_string() }).await;
            }
        };
        // A task of its own: when the lease is lost while the database is away, the run is dropped, but a
        // mail that is on its way cannot be called back, and what becomes of it must be written down.
        let given_up = CancellationToken::new();
        let carry = self.clone().carry(message, delivery_id, given_up.clone(), job.hold());
        let carried = tokio::spawn(carry.in_current_span());
        let _dropped_with_the_run = given_up.drop_guard();
        match carried.await.map_err(JobError::retry)? {
            Ok(()) => Ok(()),
            Err(error) => self.after(&job, delivery_id, error).await,
        }
    }

    /// Sends, and writes down that it was sent. Meanwhile the lease is kept where it can be had: nobody
    /// else should send what may be out.
    async fn carry(
        self,
        message: Message,
        id: DeliveryId,
        given_up: CancellationToken,
        _hold: Option<Hold>,
    ) -> Result<(), SendError> {
        let accepted = self.route.send_unless(&given_up, &message).await?;
        count("sent");
        self.settle_sent(id, accepted.reply.to_string()).await;
        Ok(())
    }

    async fn after(&self, job: &Job, id: DeliveryId, error: SendError) -> Result<(), JobError> {
        let reply = error.told();
        match &error {
            SendError::Refused { phase, .. } => {
                count("refused");
                let hard_bounce = is_hard_bounce(*phase == Phase::RcptTo, &reply);
                self.settle(id, Outcome::Refused { reply, hard_bounce }).await
            }
            SendError::Invalid(_) => {
                count("invalid");
                self.settle(id, Outcome::Invalid { reply }).await
            }
            SendError::Later(_) if job.attempt >= job.max_attempts => {
                count("exhausted");
                self.settle(id, Outcome::Exhausted { reply }).await?;
                Err(JobError::fail(error))
            }
            SendError::Later(_) => {
                count("deferred");
                self.settle(id, Outcome::Later { reply }).await?;
                Err(JobError::retry(error))
            }
            SendError::Sick(_) => {
                count("relay_sick");
                self.settle(id, Outcome::Later { reply }).await?;
                Err(JobError::pause(error, PAUSE))
            }
        }
    }

    async fn settle(&self, id: DeliveryId, outcome: Outcome) -> Result<(), JobError> {
        Ok(outcome::record(&self.store, id, outcome).await?)
    }

    /// The mail is out: writing that down is tried until it works or the process ends, for each
    /// attempt given up here would send the mail a second time.
    async fn settle_sent(self, id: DeliveryId, reply: String) {
        while let Err(error) = outcome::record(&self.store, id, Outcome::Sent { reply: reply.clone() }).await
        {
            tracing::warn!(delivery = %id, %error, "sent, but not yet recorded");
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn write(&self, mail: &StatusMail) -> Result<Message, WriteError> {
        let delivery = &mail.delivery;
        let from = Email::parse(&mail.mail_from).ok_or(WriteError::Address("sender"))?;
        let to =
            delivery.recipient.as_deref().and_then(Email::parse).ok_or(WriteError::Address("recipient"))?;
        let reply_to = mail.reply_to.as_deref().and_then(Email::parse);
        let zone: Tz =
            mail.zone.parse().map_err(|_| Fault::Broken(format!("zone of {}", delivery.firm_id)))?;
        let price = Money { amount_minor: mail.price_minor, currency: mail.currency.clone() };
        let rendered = TicketMail {
            locale: delivery.locale,
            firm: &mail.firm_name,
            client: &mail.client_name,
            number: mail.ticket_number,
            subject: &mail.subject,
            old: mail.from,
            new: mail.to,
            reason: mail.reason.as_deref(),
            price: (price.amount_minor > 0).then_some(&price),
            acted_by: mail.acted_by.as_deref(),
            at: mail.at.with_timezone(&zone).naive_local(),
            recipient: mail.recipient_name.as_deref(),
            url: None,
            takes_replies: reply_to.is_some(),
        }
        .render();
        let mut message = Letter {
            from_name: &mail.firm_name,
            from: &from,
            reply_to: reply_to.as_ref(),
            to_name: mail.recipient_name.as_deref(),
            to: &to,
            at: mail.at,
            message_id: &delivery.message_id,
            conversation: &message_id::of_conversation(delivery.ticket_id, &to, &from),
        }
        .build(rendered)?;
        if let Some(dkim) = &self.dkim {
            dkim.sign(&mut message);
        }
        Ok(message)
    }
}

/// Why a mail could not be written. Final.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("the {0} address is not valid")]
    Address(&'static str),
    #[error(transparent)]
    Letter(#[from] crate::letter::LetterError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

fn count(outcome: &'static str) {
    metrics::counter!("guichet_mails_total", "outcome" => outcome).increment(1);
}
