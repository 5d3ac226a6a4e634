//! A worker with a misbehaving relay, mail by mail.
//!
//! The backoff is not waited for: once the database shows that a mail waits, and for how long, it is made due.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::DeliveryId;
use guichet_engine::job::{JobStatus, Payload, queue};
use guichet_engine::tables::jobs;
use guichet_schema::shared::email_delivery::model::{
    DeliveryReason, DeliveryStatus, EmailDelivery, SendEmail,
};

use super::copies::Copies;
use super::findings::Findings;
use super::office::Office;
use crate::smtp::{Act, Rule, Sink, Step};

/// Within this time an attempt is over, and a due mail has been sent.
pub const SOON: Duration = Duration::from_secs(20);
/// The first backoff, minus the time that a busy machine takes to check it.
const WAIT: TimeDelta = TimeDelta::seconds(3);

/// What must happen to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Sent as usual.
    Sent,
    /// Tried again after the backoff.
    Later,
    /// All mail is paused: the fault is ours.
    Paused,
    /// Final for this recipient.
    Refused,
}

fn fate(step: Step, act: &Act) -> Fate {
    match (act, step) {
        (Act::Slow(_), _) => Fate::Sent,
        (Act::Reply(535, _), _) => Fate::Paused,
        (Act::Reply(500.., _), Step::Rcpt | Step::EndOfData) => Fate::Refused,
        // A refused DATA command is not final for a recipient.
        (Act::Reply(500.., _), Step::Data) => Fate::Later,
        (Act::Reply(500.., _), _) => Fate::Paused,
        _ => Fate::Later,
    }
}

/// An office whose one worker has one session with the relay, so that a fault's aftermath affects the next mail.
pub struct Room {
    /// The office that sends the mails.
    pub office: Office,
    /// The relay.
    pub sink: Sink,
    /// The results.
    pub findings: Findings,
    mails: usize,
    /// Mails that the relay accepted, but whose reply did not reach us in time.
    unheard: usize,
    refused: usize,
}

impl Room {
    /// Starts without any results.
    pub fn new(office: Office, sink: Sink) -> Self {
        Self { office, sink, findings: Findings::default(), mails: 0, unheard: 0, refused: 0 }
    }

    /// Creates one mail to a new recipient.
    pub async fn mail(&mut self) -> EmailDelivery {
        self.mails += 1;
        self.office.mail_to(&format!("client-{}@example.com", self.mails)).await
    }

    /// One mail that meets this fault once, on its own session; returns what must happen to it.
    pub async fn case(&mut self, name: &str, step: Step, act: Act) -> Fate {
        let case = format!("{name} at {step:?}");
        self.sink.hang_up("");
        self.sink.wait_until(|state| state.open == 0).await;
        let before = self.sink.see(|state| (state.sessions, state.accepted));
        self.sink.rule(Rule::new(step, act.clone()).times(1));
        let mail = self.mail().await;
        let fate = fate(step, &act);
        let (kept, late) = (matches!(act, Act::KeepAndDrop), matches!(act, Act::Hold));
        self.first_try(&case, mail.id, fate).await;
        let accepted = self.sink.see(|state| state.accepted) - before.1;
        let taken = u64::from(fate == Fate::Sent || kept);
        self.findings.expect_equal(&format!("{case}: mails taken at the first try"), accepted, taken);
        // Now the reply arrives, on a session that must not be used any more.
        self.sink.release();
        self.unheard += usize::from(step == Step::EndOfData && (kept || late));
        self.again(&case, mail.id, fate).await;
        let in_doubt =
            !matches!(act, Act::Reply(..) | Act::Slow(_)) || matches!(act, Act::Reply(421 | 535, _));
        if in_doubt {
            self.not_used_again(&case, before.0 + 1, step);
        }
        fate
    }

    /// Waits until the first attempt is over, and compares what was recorded.
    pub async fn first_try(&mut self, case: &str, id: DeliveryId, fate: Fate) {
        let wanted = match fate {
            Fate::Sent => DeliveryStatus::Sent,
            Fate::Later | Fate::Paused => DeliveryStatus::Queued,
            Fate::Refused => DeliveryStatus::Failed,
        };
        let office = &self.office;
        let is_over = async || {
            let rests = job(office, id).await.is_none_or(|job| job.0 != JobStatus::Running);
            rests && office.delivery(id).await.attempts > 0
        };
        let over = office.within(SOON, is_over).await;
        let found = self.office.delivery(id).await;
        self.findings.expect(over, format!("{case}: not tried within {SOON:?}"));
        self.findings.expect_equal(
            &format!("{case}: first try"),
            (found.status, found.attempts),
            (wanted, 1),
        );
        let job = job(&self.office, id).await;
        let wait = job.map(|(_, run_at)| run_at - self.office.store.now());
        let pauses = self.pauses().await;
        match fate {
            Fate::Sent | Fate::Refused => {
                self.findings.expect(job.is_none(), format!("{case}: its job is left"))
            }
            Fate::Later => {
                let waits = wait.is_some_and(|wait| wait > WAIT);
                self.findings.expect(waits, format!("{case}: waits for {wait:?}"));
            }
            Fate::Paused => self.findings.expect(job.is_some(), format!("{case}: its job is gone")),
        }
        self.findings.expect_equal(&format!("{case}: pauses"), pauses, usize::from(fate == Fate::Paused));
    }

    /// Makes the mail due again, and compares what happens to it.
    pub async fn again(&mut self, case: &str, id: DeliveryId, fate: Fate) {
        if fate == Fate::Refused {
            self.refused += 1;
            let reason = self.office.delivery(id).await.reason;
            return self.findings.expect_equal(case, reason, Some(DeliveryReason::Refused));
        }
        let mut conn = self.office.store.conn().await.expect("the database answers");
        queue::resume(&mut conn, SendEmail::KIND).await.expect("a pause can be ended");
        let now = self.office.store.now();
        let due = diesel::update(jobs::table).set(jobs::run_at.eq(now));
        due.execute(&mut conn).await.expect("jobs can be made due");
        drop(conn);
        let office = &self.office;
        let sent =
            office.within(SOON, async || office.delivery(id).await.status == DeliveryStatus::Sent).await;
        self.findings.expect(sent, format!("{case}: not sent afterwards"));
    }

    /// Nothing may be sent on this session after the step that failed.
    fn not_used_again(&mut self, case: &str, session: u32, step: Step) {
        let said = self.sink.see(|state| {
            let said = state.commands.iter().filter(|(of, _)| *of == session);
            said.map(|(_, verb)| verb.clone()).collect::<Vec<_>>()
        });
        let verb = match step {
            Step::Connect => None,
            Step::Ehlo => Some("EHLO"),
            Step::StartTls => Some("STARTTLS"),
            Step::Auth => Some("AUTH"),
            Step::Mail => Some("MAIL"),
            Step::Rcpt => Some("RCPT"),
            Step::Data | Step::EndOfData => Some("DATA"),
            Step::Reset => Some("RSET"),
        };
        let after = verb.map_or(&said[..], |verb| {
            let at = said.iter().rposition(|said| said == verb);
            at.map_or(&said[..], |at| &said[at + 1..])
        });
        let used = after.iter().any(|verb| verb != "QUIT");
        self.findings.expect(!used, format!("{case}: afterwards {after:?} on the same session"));
    }

    /// The number of paused kinds.
    pub async fn pauses(&self) -> usize {
        let mut conn = self.office.store.conn().await.expect("the database answers");
        let now = self.office.store.now();
        queue::pauses(&mut conn, now).await.expect("pauses are read").len()
    }

    /// Counts a mail that the relay accepted, but whose reply did not reach us in time.
    pub fn unheard(&mut self) {
        self.unheard += 1;
    }

    /// Compares the records with what the relay accepted.
    pub async fn judge(&mut self) {
        let deliveries = self.office.deliveries().await;
        let mut copies = Copies::of(&self.sink);
        let (mut lost, mut lies, mut refused, mut second) = (0, 0, 0, 0);
        for delivery in &deliveries {
            let got = copies.take(delivery);
            second += got.saturating_sub(1);
            match delivery.status {
                DeliveryStatus::Sent => lies += usize::from(got == 0),
                DeliveryStatus::Failed => refused += 1 + got,
                DeliveryStatus::Queued | DeliveryStatus::NotSent => lost += 1,
            }
        }
        self.findings.count("mails", deliveries.len());
        self.findings.count("lost", lost);
        self.findings.count("false SENT", lies);
        self.findings.count("second copies, their 250 unheard", second);
        self.findings.expect_equal("mails", deliveries.len(), self.mails);
        self.findings.expect_equal("mails lost", lost, 0);
        self.findings.expect_equal("false SENT", lies, 0);
        self.findings.expect_equal("mails refused", refused, self.refused);
        self.findings.expect_equal("second copies", second, self.unheard);
        self.findings.expect_equal("mails with a Message-ID of no delivery", copies.left(), 0);
        self.findings.expect_equal("dead letters", self.office.queue().await.dead, 0);
    }
}

/// The job of a delivery: its status, and when it is due.
async fn job(office: &Office, id: DeliveryId) -> Option<(JobStatus, DateTime<Utc>)> {
    let mut conn = office.store.conn().await.expect("the database answers");
    let payload =
        serde_json::to_value(SendEmail { delivery_id: id, round: 1 }).expect("an id is written as JSON");
    let job = jobs::table.filter(jobs::payload.eq(payload)).select((jobs::status, jobs::run_at));
    job.first(&mut conn).await.optional().expect("jobs are read")
}
