//! Scalars and enums that all nouns share.

use async_graphql::{Enum, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use guichet_base::locale;
use guichet_engine::actor;

/// A whole number that JSON and JavaScript carry exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafeInt(pub i64);

const LARGEST: i64 = 9_007_199_254_740_991;

/// A whole number from -(2^53)+1 to (2^53)-1, as a JSON number: larger than Int, still exact in
/// every client.
#[Scalar(name = "SafeInt")]
impl ScalarType for SafeInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        };
        number
            .filter(|number| (-LARGEST..=LARGEST).contains(number))
            .map(Self)
            .ok_or_else(|| guichet_edge::invalid_input("A SafeInt is a whole number of at most 53 bits."))
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// A language that Guichet speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "locale::Locale")]
pub enum Locale {
    /// Brazilian Portuguese.
    PtBr,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// English.
    En,
}

/// Rights of a staff member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "actor::StaffRole")]
pub enum StaffRole {
    /// Everything, with settings and staff.
    Owner,
    /// Clients, accesses, price list, charges, bulk acts.
    Manager,
    /// The daily work.
    Member,
}

/// Rights of a portal user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "actor::AccessRole")]
pub enum AccessRole {
    /// Manages the users of its client.
    Admin,
    /// Manages nothing.
    Collaborator,
}

/// Which end of a list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// The smallest first.
    Asc,
    /// The greatest first.
    Desc,
}

/// A day, without a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A day, as `2026-11-23` (RFC 3339, `full-date`), without a time zone.
#[Scalar(name = "Date", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let date = match &value {
            // chrono reads other spellings too, and years that PostgreSQL cannot hold.
            Value::String(text) => text.parse().ok().filter(|date: &NaiveDate| date.to_string() == *text),
            _ => None,
        };
        date.map(Self).ok_or_else(|| guichet_edge::invalid_input("A Date is a day such as 2026-11-23."))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
