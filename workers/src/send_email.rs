//! The job that sends one delivery (D-04, F-02): at least once, always with the same `Message-ID`.

use std::time::Duration;

use guichet_base::email::Email;
use guichet_base::message_id;
use guichet_engine::job::backoff;
use guichet_engine::store::Store;
use guichet_mail::{Dkim, Phase, Route, SendError, Unsendable};
use guichet_queue::{Job, JobError};
use guichet_schema::nouns;
use guichet_schema::shared::email_delivery::content::{self, Errand};
use guichet_schema::shared::email_delivery::kind::{Mailing, Mails};
use guichet_schema::shared::email_delivery::letter::Letter;
use guichet_schema::shared::email_delivery::model::SendEmail;
use guichet_schema::shared::email_delivery::outcome::{self, DeliveryOutcome};
use guichet_schema::shared::email_delivery::rules::is_hard_bounce;
use guichet_schema::shared::sender::rules::{Addresses, SenderPolicy};
use lettre::{Address, Message};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::envelope::{Envelope, EnvelopeError};
use crate::letter;
use crate::metrics::{self, Mail};

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
    /// From which addresses firms may write.
    pub policy: SenderPolicy,
    /// The kinds of mails that it knows.
    pub mails: Mails,
}

impl Sender {
    /// Sends every kind of mail that there is.
    pub fn new(store: Store, route: Route, dkim: Option<Dkim>, policy: SenderPolicy) -> Self {
        Self { store, route, dkim, policy, mails: nouns::MAILS }
    }

    /// Sends the delivery that the job names, unless it is settled already.
    ///
    /// # Errors
    /// Retried with the queue's backoff: whatever may pass. Failed: what the recipient's server
    /// refused for good, and the last attempt. Paused: a fault of our own relay settings.
    pub async fn run(self, job: Job, order: SendEmail) -> Result<(), JobError> {
        let mut conn = self.store.conn().await?;
        let errand = content::of_job(&mut conn, self.mails, &self.policy, order).await?;
        drop(conn);
        let (mailing, letter) = match errand {
            None => return Ok(()),
            Some(Errand::Withhold(reason)) => {
                metrics::mail(Mail::Withheld);
                return self.settle(order, DeliveryOutcome::Withheld { reason }).await;
            }
            Some(Errand::Send { mailing, letter }) => (mailing, letter),
        };
        let message = match self.write(&mailing, &letter) {
            Ok(message) => message,
            // Final: the record has an address, or the firm a sender, that no mail can carry.
            Err(error) => {
                metrics::mail(Mail::Invalid);
                return self.settle(order, error.outcome()).await;
            }
        };
        // From here on a stop waits until it is written down what became of the mail, and once its body is
        // on its way the job is not given back: another worker would send a copy that could be avoided.
        let open = self.route.stay_open();
        let point = job.point.clone();
        match self.route.send_if(&message, move || point.pass()).await {
            Ok(accepted) => {
                metrics::mail(Mail::Sent);
                // A task of its own: the run may reach its limit while the database is away, but what this
                // process knows must still be written down.
                let settled = tokio::spawn(self.settle_sent(order, accepted.reply.to_string(), open));
                settled.await.map_err(JobError::retry)
            }
            Err(error) => self.after(&job, &mailing, order, error).await,
        }
    }

    async fn after(
        &self,
        job: &Job,
        mailing: &Mailing,
        order: SendEmail,
        error: SendError,
    ) -> Result<(), JobError> {
        let reply = error.told();
        match &error {
            SendError::Refused { phase, .. } => {
                metrics::mail(Mail::Refused);
                let hard_bounce = is_hard_bounce(*phase == Phase::RcptTo, &reply);
                self.settle(order, DeliveryOutcome::Refused { reply, hard_bounce }).await
            }
            SendError::Invalid(why) => {
                metrics::mail(Mail::Invalid);
                let outcome = match why {
                    Unsendable::Address(_) => DeliveryOutcome::Invalid { reply },
                    // Nothing is wrong with the recipient: our relay does not take it, or we wrote it wrong.
                    Unsendable::NeedsSmtpUtf8
                    | Unsendable::NeedsEightBitMime
                    | Unsendable::Recipients(_)
                    | Unsendable::NoMessageId => DeliveryOutcome::SenderFault { reply },
                };
                self.settle(order, outcome).await
            }
            SendError::Later(_) if job.attempt >= job.max_attempts => {
                metrics::mail(Mail::Exhausted);
                self.settle(order, DeliveryOutcome::Exhausted { reply }).await?;
                Err(JobError::fail(error))
            }
            SendError::Later(_) => {
                metrics::mail(Mail::Deferred);
                self.settle(order, DeliveryOutcome::Later { reply }).await?;
                Err(JobError::retry(error))
            }
            SendError::Sick(trouble) => {
                metrics::mail(Mail::RelaySick);
                self.settle(order, DeliveryOutcome::Later { reply }).await?;
                if trouble.phase != Phase::MailFrom {
                    return Err(JobError::pause(error, PAUSE));
                }
                // It may be this firm's sender alone that the relay does not take.
                let wait = backoff(mailing.delivery.attempts + 1, rand::random()).to_std().unwrap_or(PAUSE);
                Err(JobError::pause_and_yield(error, PAUSE, wait))
            }
        }
    }

    async fn settle(&self, order: SendEmail, outcome: DeliveryOutcome) -> Result<(), JobError> {
        Ok(outcome::record(&self.store, order, outcome).await?)
    }

    /// The mail is out: writing that down is tried until it works or the process ends, for each
    /// attempt given up here would send the mail a second time. Until then the route stays open.
    async fn settle_sent(self, order: SendEmail, reply: String, open: Option<TaskTrackerToken>) {
        let sent = || DeliveryOutcome::Sent { reply: reply.clone() };
        while let Err(error) = outcome::record(&self.store, order, sent()).await {
            tracing::warn!(delivery = %order.delivery_id, %error, "sent, but not yet recorded");
            tokio::time::sleep(AGAIN).await;
        }
        drop(open);
    }

    fn write(&self, mailing: &Mailing, letter: &Letter) -> Result<Message, WriteError> {
        let delivery = &mailing.delivery;
        let Addresses { from, reply_to } = &mailing.addresses;
        let from = from.as_ref().and_then(|email| postal(email.address())).ok_or(WriteError::Sender)?;
        let to = delivery.recipient.as_deref().and_then(postal).ok_or(WriteError::Recipient)?;
        let reply_to = reply_to.as_ref().and_then(|email| postal(email.address()));
        let domain = message_id::domain(&mailing.mail_from);
        let (noun, id) = (delivery.subject.noun, delivery.subject.id);
        let mut message = Envelope {
            from_name: &mailing.firm_name,
            from: &from,
            reply_to: reply_to.as_ref(),
            to_name: mailing.recipient_name.as_deref(),
            to: &to,
            at: delivery.created_at,
            message_id: &delivery.message_id,
            conversation: &message_id::of_conversation(noun, id, &to, &domain),
        }
        .build(letter::render(letter, mailing))?;
        if let Some(dkim) = &self.dkim {
            dkim.sign(&mut message);
        }
        Ok(message)
    }
}

/// An address that mails can carry.
fn postal(address: &str) -> Option<Email> {
    Email::parse(address).filter(|email| email.address().parse::<Address>().is_ok())
}

/// Why a mail could not be written. Final.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("no mail can carry the sender address")]
    Sender,
    #[error("the recipient's address is not valid")]
    Recipient,
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

impl WriteError {
    /// Whose fault it is.
    fn outcome(&self) -> DeliveryOutcome {
        let reply = self.to_string();
        match self {
            Self::Recipient => DeliveryOutcome::Invalid { reply },
            Self::Sender | Self::Envelope(_) => DeliveryOutcome::SenderFault { reply },
        }
    }
}
