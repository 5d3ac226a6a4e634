//! What rules ask of a client.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::period::Period;

/// A value that rules compare.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text, such as a code.
    Text(String),
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

/// Where somebody has their seat, by official codes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// ISO 3166-2.
    pub region: Option<String>,
    /// IBGE, INE, INSEE or DICO.
    pub city: Option<String>,
}

/// The facts about one client. Attributes hold from a day on, until the next value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Client {
    attributes: BTreeMap<String, BTreeMap<NaiveDate, Option<Scalar>>>,
    events: BTreeMap<(String, String), NaiveDate>,
}

/// The key of the attribute that says the region of a place.
pub const REGION: &str = "region";
/// The key of the attribute that says the city of a place.
pub const CITY: &str = "city";
/// The legal forms that rules tell apart. Each has a name in every language.
pub const LEGAL_FORMS: [&str; 4] = ["SOLE", "COMPANY", "SA", "OTHER"];

impl Client {
    /// Adds the value that an attribute has from a day on; none when it is unknown from then on.
    #[must_use]
    pub fn with(mut self, key: &str, from: NaiveDate, value: Option<Scalar>) -> Self {
        self.attributes.entry(key.to_owned()).or_default().insert(from, value);
        self
    }

    /// Adds a value that an attribute always has.
    #[must_use]
    pub fn always(self, key: &str, value: impl Into<Scalar>) -> Self {
        self.with(key, NaiveDate::MIN, Some(value.into()))
    }

    /// Adds the day of something that rules wait for, for a period.
    #[must_use]
    pub fn happened(mut self, event: &str, period: &str, on: NaiveDate) -> Self {
        self.events.insert((event.to_owned(), period.to_owned()), on);
        self
    }

    /// The value of an attribute on a day.
    pub fn attribute(&self, key: &str, on: NaiveDate) -> Option<&Scalar> {
        self.attributes.get(key)?.range(..=on).next_back()?.1.as_ref()
    }

    /// The days from which an attribute has another value, in order.
    pub fn changes(&self, key: &str) -> impl Iterator<Item = NaiveDate> {
        self.attributes.get(key).into_iter().flat_map(|values| values.keys().copied())
    }

    /// The place on a day.
    pub fn place(&self, on: NaiveDate) -> Place {
        let text = |key| self.attribute(key, on).map(ToString::to_string);
        Place { region: text(REGION), city: text(CITY) }
    }

    /// The day of an event of a period.
    pub fn event(&self, name: &str, period: &Period) -> Option<NaiveDate> {
        // A tuple of owned texts cannot be looked up by borrowed ones.
        self.events.get(&(name.to_owned(), period.to_string())).copied()
    }

    /// Only what a rule with these keys can ask: clients that agree in it have the same dates.
    #[must_use]
    pub fn narrowed(&self, keys: &std::collections::BTreeSet<String>, period: &Period) -> Self {
        let attributes = self.attributes.iter().filter(|(key, _)| keys.contains(*key));
        let events =
            self.events.iter().filter(|((name, of), _)| keys.contains(name) && *of == period.to_string());
        Self {
            attributes: attributes.map(|(key, values)| (key.clone(), values.clone())).collect(),
            events: events.map(|(key, on)| (key.clone(), *on)).collect(),
        }
    }
}
