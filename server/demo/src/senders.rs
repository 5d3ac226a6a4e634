//! From which addresses the mails of the firms come: one firm has proved its domain, one has lost its proof, one never
//! had any.

use std::iter::{once, repeat_n};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_engine::tables::sender_proofs;
use guichet_schema::people::firm::senders::{Question, checked};
use guichet_schema::shared::email_delivery::outcome::DeliveryOutcome;
use guichet_schema::shared::sender::model::SenderFinding::{Found, Missing};
use guichet_schema::shared::sender::rules::SenderPolicy;

use crate::house::Stage;

/// Between two looks at the record.
const HALF_A_DAY: TimeDelta = TimeDelta::hours(12);
/// Looks at a record that is gone, until its proof ends.
const LOOKS: usize = 7;

impl Stage<'_> {
    pub async fn prove_sender(&mut self, since: DateTime<Utc>) -> Result<()> {
        let missing = match self.texts.firm.country.as_str() {
            "BR" => 0,
            "FR" => LOOKS,
            _ => return Ok(()),
        };
        let question = Question::of(self.firm_id, &self.texts.firm.domain);
        for (look, found) in (0..).zip(once(Found).chain(repeat_n(Missing, missing))) {
            self.whole.at(since + HALF_A_DAY * look);
            checked(&self.whole.store, &SenderPolicy::default(), &question, found).await?;
        }
        self.next_fate = Some(DeliveryOutcome::Sent { reply: "250 2.0.0 Ok".into() });
        self.settle().await?;
        // Nobody asks the DNS about domains that exist in a story only.
        let never = self.whole.now + TimeDelta::days(36_500);
        diesel::update(sender_proofs::table.find(self.firm_id))
            .set(sender_proofs::check_at.eq(never))
            .execute(&mut self.whole.store.conn().await?)
            .await?;
        Ok(())
    }
}
