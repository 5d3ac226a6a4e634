//! Scalars and enums shared by all nouns.

use async_graphql::{Enum, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use guichet_base::locale;
use guichet_engine::actor;

use crate::graphql::mirror::mirror;

/// A whole number that JSON and JavaScript represent exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafeInt(pub i64);

const LARGEST: i64 = 9_007_199_254_740_991;

/// A whole number from -(2^53)+1 to (2^53)-1, as a JSON number: larger than `Int`, and still exact in every
/// client.
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

mirror!(Locale => locale::Locale);

mirror!(StaffRole => actor::StaffRole);

mirror!(AccessRole => actor::AccessRole);

/// The direction in which a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// Ascending: the smallest value first.
    Asc,
    /// Descending: the largest value first.
    Desc,
}

/// A date without a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A calendar date without a time zone, in the format of RFC 3339 (`full-date`), for example `2026-11-23`.
#[Scalar(name = "Date", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let date = match &value {
            // chrono accepts other spellings too, and years that PostgreSQL cannot store.
            Value::String(text) => text.parse().ok().filter(|date: &NaiveDate| date.to_string() == *text),
            _ => None,
        };
        date.map(Self).ok_or_else(|| guichet_edge::invalid_input("A Date is a day such as 2026-11-23."))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
