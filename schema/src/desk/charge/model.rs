//! The row of a charge.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use guichet_base::id::{ChargeId, ClientId, FirmId, TicketId};
use guichet_base::money::Money;
use guichet_base::text_enum;
use guichet_engine::tables::charges;

text_enum! {
    /// The status of a charge.
    pub enum ChargeStatus {
        /// The client owes the amount.
        Open = "OPEN",
        /// The amount is paid.
        Paid = "PAID",
        /// The amount is no longer owed.
        Canceled = "CANCELED",
    }
}

/// An amount that a client owes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = charges)]
pub struct Charge {
    /// Its id.
    pub id: ChargeId,
    /// The firm to which it is owed.
    pub firm_id: FirmId,
    /// The client that owes it.
    pub client_id: ClientId,
    /// The ticket that created it; none when created by hand.
    pub ticket_id: Option<TicketId>,
    /// What it is owed for.
    pub description: String,
    /// Minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// The due date, in the firm's time zone.
    pub due_on: NaiveDate,
    /// The status.
    pub status: ChargeStatus,
    /// When it was marked as paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Charge {
    /// The amount.
    pub fn amount(&self) -> Money {
        Money { amount_minor: self.amount_minor, currency: self.currency.clone() }
    }
}
