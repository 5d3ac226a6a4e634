//! What the relay got, beside what the records say.

use std::collections::HashMap;

use guichet_schema::email_delivery::model::EmailDelivery;

use crate::smtp::Sink;

/// How often the relay accepted each mail, by `Message-ID`.
#[derive(Debug, Clone)]
pub struct Copies(HashMap<String, usize>);

impl Copies {
    /// Counts what the relay accepted so far.
    pub fn of(sink: &Sink) -> Self {
        let mut copies: HashMap<String, usize> = HashMap::new();
        for mail in sink.mails() {
            *copies.entry(format!("<{}>", mail.message_id())).or_default() += 1;
        }
        Self(copies)
    }

    /// Takes out those of a delivery.
    pub fn take(&mut self, delivery: &EmailDelivery) -> usize {
        self.0.remove(&delivery.message_id).unwrap_or_default()
    }

    /// How many different mails were not taken out.
    pub fn left(&self) -> usize {
        self.0.len()
    }
}
