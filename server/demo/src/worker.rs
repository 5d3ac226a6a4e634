//! Stands in for the workers: each job that an act wrote is settled at the time of the story.

use chrono::{DateTime, TimeDelta};
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use guichet_base::error::{Fault, Result};
use guichet_engine::sql;
use guichet_schema::shared::email_delivery::model::SendEmail;
use guichet_schema::shared::email_delivery::outcome::{DeliveryOutcome, record};

use crate::house::{Mailbox, Stage};
use crate::plot::Act;

const UNKNOWN: &str = "550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table";
const TRY_LATER: &str = "451 4.7.1 Greylisting in action, please come back later";
const MALFORMED: &str = "the recipient's address is not valid";
/// After how many hours a mail is given up.
const GIVEN_UP: i64 = 52;

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = Jsonb)]
    payload: serde_json::Value,
    #[diesel(sql_type = Nullable<Text>)]
    recipient: Option<String>,
}

/// The sending that a row of the queue asks for.
pub fn job(payload: serde_json::Value) -> Result<SendEmail> {
    Ok(serde_json::from_value(payload).map_err(|error| Fault::Broken(error.to_string()))?)
}

impl Stage<'_> {
    /// Settles what the last act left to do. Jobs that were tried already are left alone, and those of others where a firm
    /// lives on in its own transaction, in which it is one moment. Files need nothing more: whoever uploads one passes the
    /// verdict itself.
    pub async fn settle(&mut self) -> Result<()> {
        if self.jobs.jobs_committed().now_or_never().is_none() {
            return Ok(());
        }
        let since = if self.ahead.is_some() { self.whole.now } else { DateTime::UNIX_EPOCH };
        let due: Vec<Due> = sql::kept(
            "WITH due AS (DELETE FROM jobs WHERE firm_id = ? AND attempts = 0 AND created_at BETWEEN ? AND ? AND id > ? RETURNING id, payload)
             SELECT due.payload, delivery.recipient FROM due
             JOIN email_deliveries AS delivery ON delivery.id = (due.payload ->> 'delivery_id')::uuid
             ORDER BY due.id",
        )
        .bind::<SqlUuid, _>(self.firm_id)
        .bind::<Timestamptz, _>(since)
        .bind::<Timestamptz, _>(self.whole.now)
        .bind::<SqlUuid, _>(self.first_job)
        .load(&mut *self.whole.store.conn().await?)
        .await?;
        let fate = self.next_fate.take();
        for Due { payload, recipient } in due {
            let job = job(payload)?;
            match &fate {
                Some(fate) => record(&self.whole.store, job, fate.clone()).await?,
                None => self.send(job, recipient.as_deref().unwrap_or_default()).await?,
            }
        }
        Ok(())
    }

    async fn send(&mut self, job: SendEmail, recipient: &str) -> Result<()> {
        let mailbox = self.mailboxes.get(recipient).copied().unwrap_or(Mailbox::Takes);
        let given_up = self.whole.time() + TimeDelta::hours(GIVEN_UP);
        let reply = TRY_LATER.to_owned();
        match mailbox {
            Mailbox::Bounces => {
                self.after(1..=4, job, DeliveryOutcome::Refused { reply: UNKNOWN.into(), hard_bounce: true })
                    .await
            }
            Mailbox::Malformed => {
                self.after(1..=4, job, DeliveryOutcome::Invalid { reply: MALFORMED.into() }).await
            }
            Mailbox::Busy if given_up < self.whole.now => {
                self.cue(given_up, usize::MAX, Act::GiveUp(job));
                self.after(1..=4, job, DeliveryOutcome::Later { reply }).await
            }
            Mailbox::Busy | Mailbox::Takes => {
                if self.chance.percent(6) {
                    self.after(1..=4, job, DeliveryOutcome::Later { reply }).await?;
                    self.whole.at(self.whole.time() + TimeDelta::minutes(5));
                }
                let queue: [u32; 8] = self.chance.digits();
                let queue: String = queue.iter().map(u32::to_string).collect();
                self.after(
                    1..=40,
                    job,
                    DeliveryOutcome::Sent { reply: format!("250 2.0.0 Ok: queued as {queue}") },
                )
                .await
            }
        }
    }

    /// Records what came of a try so many seconds later.
    async fn after(
        &mut self,
        seconds: std::ops::RangeInclusive<i64>,
        job: SendEmail,
        outcome: DeliveryOutcome,
    ) -> Result<()> {
        self.whole.at(self.whole.time() + TimeDelta::seconds(self.chance.between(seconds)));
        record(&self.whole.store, job, outcome).await
    }

    /// Tries a mail for the last time.
    pub async fn give_up(&self, job: SendEmail) -> Result<()> {
        record(&self.whole.store, job, DeliveryOutcome::Exhausted { reply: TRY_LATER.to_owned() }).await
    }
}
