//! Compares what the relay received with the records.

use std::collections::HashMap;

use guichet_schema::shared::email_delivery::model::{DeliveryStatus, EmailDelivery};

use super::findings::Findings;
use super::office::Office;
use crate::smtp::Sink;

/// How often the relay accepted each mail, by `Message-ID`.
#[derive(Debug, Clone)]
pub struct Copies(HashMap<String, usize>);

impl Copies {
    /// Counts what the relay has accepted so far.
    pub fn of(sink: &Sink) -> Self {
        let mut copies: HashMap<String, usize> = HashMap::new();
        for mail in sink.mails() {
            *copies.entry(format!("<{}>", mail.message_id())).or_default() += 1;
        }
        Self(copies)
    }

    /// Removes and returns the copies of a delivery.
    pub fn take(&mut self, delivery: &EmailDelivery) -> usize {
        self.0.remove(&delivery.message_id).unwrap_or_default()
    }

    /// Every mail of the office must have reached the relay and be recorded as sent; returns the number of extra
    /// copies.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn judge(office: &Office, sink: &Sink, findings: &mut Findings) -> usize {
        let (mut copies, mut unsent, mut missing, mut second) = (Self::of(sink), 0, 0, 0);
        let deliveries = office.deliveries().await;
        for delivery in &deliveries {
            let got = copies.take(delivery);
            unsent += usize::from(delivery.status != DeliveryStatus::Sent);
            missing += usize::from(got == 0);
            second += got.saturating_sub(1);
        }
        findings.count("mails", deliveries.len());
        findings.count("second copies", second);
        findings.expect_equal("mails not SENT", unsent, 0);
        findings.expect_equal("mails lost", missing, 0);
        second
    }

    /// The number of mails that have not been removed.
    pub fn left(&self) -> usize {
        self.0.len()
    }
}
