//! The rows of what due rules ask of clients.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use guichet_base::id::{ClientId, FirmId, RegistrationId};
use guichet_base::registration::Kind;
use guichet_engine::tables::{client_attributes, client_events, fiscal_years, registrations};
use guichet_obligations::Scalar;

/// A registration number of a client.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = registrations)]
pub struct ClientRegistration {
    /// Its id.
    pub id: RegistrationId,
    /// The firm.
    pub firm_id: FirmId,
    /// The client.
    pub client_id: ClientId,
    /// What kind of number it is.
    pub kind: Kind,
    /// Digits and capital letters only.
    pub number: String,
    /// What all establishments of the owner have in common.
    pub root: String,
    /// Whether it is the one that its record shows.
    pub is_primary: bool,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
}

/// A value that an attribute of a client has from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = client_attributes)]
pub struct ClientAttribute {
    /// The client.
    pub client_id: ClientId,
    /// Its name in rules, for example `city`.
    pub key: String,
    /// The first day on which it has the value.
    pub valid_from: NaiveDate,
    /// The value; none when it is unknown from that day on.
    #[diesel(column_name = value)]
    pub stored: Option<serde_json::Value>,
}

impl ClientAttribute {
    /// The value; none when it is unknown from that day on.
    pub fn value(&self) -> Option<Scalar> {
        serde_json::from_value(self.stored.clone()?).ok()
    }
}

/// A fiscal year of a client that does not follow the closing day of its record, such as a short first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = fiscal_years)]
pub struct FiscalYear {
    /// The client.
    pub client_id: ClientId,
    /// The firm.
    pub firm_id: FirmId,
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day.
    pub ends_on: NaiveDate,
}

/// The day on which something happened that rules wait for, such as the approval of the accounts of a year.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = client_events)]
pub struct ClientEvent {
    /// The client.
    pub client_id: ClientId,
    /// The firm.
    pub firm_id: FirmId,
    /// Its name in rules, for example `accountsApproved`.
    pub name: String,
    /// The period that it concerns.
    pub period: String,
    /// The day.
    pub happened_on: NaiveDate,
}
