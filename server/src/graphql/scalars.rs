//! Scalars and enums shared by all nouns.

use std::ops::RangeInclusive;

use async_graphql::{Enum, InputValueResult, Scalar, ScalarType, Value};
use chrono::{Datelike, NaiveDate, Utc};
use guichet_base::locale;
use guichet_edge::Scalars;
use guichet_engine::actor;

use crate::graphql::mirror::mirror;
use crate::graphql::month::export::{FilterObject, OrderObject};
use crate::graphql::month::obligation::DueRule;
use crate::graphql::payload::Revision;

/// All scalars that inputs contain.
pub fn scalars() -> Scalars {
    Scalars::default()
        .with::<SafeInt>()
        .with::<Date>()
        .with::<DateTime>()
        .with::<Revision>()
        .with::<FilterObject>()
        .with::<OrderObject>()
        .with::<DueRule>()
}

/// Declares a scalar for a JSON object, with the message for whoever sends something else.
macro_rules! json_object {
    ($(#[$doc:meta])* $name:ident, else $message:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub serde_json::Value);

        $(#[$doc])*
        #[async_graphql::Scalar]
        impl async_graphql::ScalarType for $name {
            fn parse(value: async_graphql::Value) -> async_graphql::InputValueResult<Self> {
                let read = match value {
                    async_graphql::Value::Object(_) => value.into_json().ok(),
                    _ => None,
                };
                read.map(Self).ok_or_else(|| guichet_edge::invalid_input($message))
            }

            fn to_value(&self) -> async_graphql::Value {
                async_graphql::Value::from_json(self.0.clone()).unwrap_or_default()
            }
        }
    };
}
pub(crate) use json_object;

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
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
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

/// The whole number that a JSON number with a fraction of zero is.
fn whole(number: f64) -> Option<i64> {
    let is_exact = number.fract() == 0.0 && number.abs() <= LARGEST as f64;
    is_exact.then_some(number as i64)
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

/// The years of days that can be meant. What lies outside is a slip of the hand or of a program.
const YEARS: RangeInclusive<i32> = 1900..=2199;
/// The years of moments: all of four digits, because programs use the first and the last as "always".
const YEARS_OF_MOMENTS: RangeInclusive<i32> = 1..=9999;

/// A date without a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A calendar date without a time zone, from 1900 to 2199, in the format of RFC 3339 (`full-date`), for example
/// `2026-11-23`.
#[Scalar(name = "Date", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let date = match &value {
            // chrono accepts other spellings, too.
            Value::String(text) => text.parse().ok().filter(|date: &NaiveDate| date.to_string() == *text),
            _ => None,
        };
        date.filter(|date| YEARS.contains(&date.year())).map(Self).ok_or_else(|| {
            guichet_edge::invalid_input("A Date is a day from 1900 to 2199, such as \"2026-11-23\".")
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// A date and time, from the year 1 to 9999, in the format of RFC 3339 (`date-time`), for example
/// `2026-11-23T14:05:09.120456+00:00`. Results are in UTC; inputs may have any offset.
#[Scalar(name = "DateTime", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let at = match &value {
            Value::String(text) => chrono::DateTime::parse_from_rfc3339(text).ok(),
            _ => None,
        };
        at.map(|at| at.to_utc()).filter(|at| YEARS_OF_MOMENTS.contains(&at.year())).map(Self).ok_or_else(
            || {
                guichet_edge::invalid_input(
                    "A DateTime is a date and time with an offset and a year of four digits, such as \
                 \"2026-11-23T14:05:09Z\".",
                )
            },
        )
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Number;
    use proptest::prelude::*;

    use super::*;

    fn text<T: ScalarType>(text: &str) -> Option<T> {
        T::parse(Value::String(text.to_owned())).ok()
    }

    #[test]
    fn dates_have_four_digits_in_a_sensible_range() {
        for good in ["1900-01-01", "2026-02-28", "2028-02-29", "2199-12-31"] {
            assert_eq!(text::<Date>(good).map(|date| date.0.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "-10000-01-01",
            "+12026-11-29",
            "0001-01-01",
            "1899-12-31",
            "2200-01-01",
            "9999-12-31",
            "2026-02-29",
            "2026-2-28",
            "26-02-28",
            "2026-02-28T00:00:00Z",
            " 2026-02-28",
            "2026/02/28",
            "20260228",
            "2026-00-10",
            "２０２６-02-28",
            "tomorrow",
            "",
        ] {
            assert_eq!(text::<Date>(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn moments_have_an_offset_and_lie_in_a_sensible_range() {
        let utc = |given: &str| text::<DateTime>(given).map(|at| at.0.to_rfc3339());
        for (given, expected) in [
            ("2026-11-23T14:05:09Z", "2026-11-23T14:05:09+00:00"),
            ("2026-11-23T14:05:09.120456-03:00", "2026-11-23T17:05:09.120456+00:00"),
            ("0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(utc(given).as_deref(), Some(expected));
        }
        for bad in [
            "2026-11-23",
            "2026-11-23T14:05:09",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-01:00",
            "-10000-01-01T00:00:00Z",
            "+12026-11-29T00:00:00Z",
            "0000-12-31T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T14:05:09+25:00",
            "",
        ] {
            assert_eq!(utc(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn whole_numbers_are_exact() {
        let number = |number: Number| SafeInt::parse(Value::Number(number)).ok().map(|safe| safe.0);
        for good in [0, 1, -1, LARGEST, -LARGEST] {
            assert_eq!(number(good.into()), Some(good));
        }
        for bad in [LARGEST + 1, -LARGEST - 1, i64::MIN, i64::MAX] {
            assert_eq!(number(bad.into()), None, "{bad}");
        }
        assert_eq!(number(u64::MAX.into()), None);
        // Programs that know only one kind of number write it this way.
        assert_eq!(number(Number::from_f64(480.0).unwrap()), Some(480));
        assert_eq!(number(Number::from_f64(480.5).unwrap()), None);
        assert_eq!(number(Number::from_f64(1e300).unwrap()), None);
    }

    proptest! {
        /// Whatever a scalar accepts, it writes back as the same value.
        #[test]
        fn what_is_read_is_written(
            given in "[-+]?[0-9]{1,6}-[0-9]{2}-[0-9]{2}(T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2}))?"
        ) {
            if let Some(date) = text::<Date>(&given) {
                prop_assert_eq!(date.to_value(), Value::String(given.clone()));
            }
            if let Some(at) = text::<DateTime>(&given) {
                prop_assert_eq!(DateTime::parse(at.to_value()).ok(), Some(at));
            }
        }
    }
}
