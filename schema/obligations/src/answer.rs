//! What is answered: a date, the steps to it, and what is not certain.

use chrono::NaiveDate;
use guichet_base::country::Country;
use guichet_base::text_enum;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::client::Scalar;
use crate::expression::Reach;
use crate::holidays::Holiday;

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// On a date.
    Due(Box<Due>),
    /// The authority has not published a date yet.
    NotPublished,
    /// No rule covers the period: nothing is due.
    NotDue,
    /// The rule goes deeper, has more cases or counts more days than rules may. [`Book::check`](crate::Book::check)
    /// refuses such a rule.
    TooMuch,
}

impl Answer {
    /// The date, if there is one.
    pub const fn due(&self) -> Option<&Due> {
        match self {
            Self::Due(due) => Some(due),
            Self::NotPublished | Self::NotDue | Self::TooMuch => None,
        }
    }
}

/// A date and how it came about. It is kept with what it is the date of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// The date.
    pub date: NaiveDate,
    /// The obligation, if it is the rule's own date or an extension of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obligation: Option<String>,
    /// The id of the version of the rule, if it is the rule's own date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where the date is written: the law of the version, the extension, or the reason of the override.
    pub source: String,
    /// The region or city by whose days off it was found, as far as the rule asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How it was found.
    pub steps: Vec<Step>,
    /// How the firm's own date was found, which no client learns; only of a task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_steps: Vec<Step>,
    /// How the day was found until which the client hands in; only of a task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hand_in_steps: Vec<Step>,
    /// Why it may still change; empty when it is certain.
    pub provisional: Vec<Provisional>,
    /// What would hold without what does.
    pub beaten: Vec<Beaten>,
}

impl Due {
    /// What clients may know of it: without how the firm's own dates were found.
    #[must_use]
    pub fn shown(self) -> Self {
        Self { target_steps: Vec::new(), hand_in_steps: Vec::new(), ..self }
    }

    /// A day that a person set, and who; `instead` of what the rules say. Nothing moves it.
    pub fn set(day: NaiveDate, by: &str, instead: Option<&Self>) -> Self {
        let beaten = instead.map(|due| Beaten { date: due.date, source: due.source.clone() });
        Self {
            date: day,
            obligation: None,
            version: None,
            source: by.to_owned(),
            place: None,
            target_steps: Vec::new(),
            hand_in_steps: Vec::new(),
            steps: vec![Step { source: Some(by.to_owned()), ..Step::reaching(Op::Override, day) }],
            provisional: Vec::new(),
            beaten: beaten.into_iter().collect(),
        }
    }
}

/// A date that something else is preferred to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beaten {
    /// The date.
    pub date: NaiveDate,
    /// The law, the extension or the reason.
    pub source: String,
}

text_enum! {
    /// What a step does.
    pub enum Op {
        /// Begins on the first day of the period.
        PeriodStart = "PERIOD_START",
        /// Begins on the last day of the period.
        PeriodEnd = "PERIOD_END",
        /// Begins on the date of another obligation.
        Rule = "RULE",
        /// Begins on the legal date.
        LegalDate = "LEGAL_DATE",
        /// Begins on the day of an event.
        Event = "EVENT",
        /// Goes some months on.
        Months = "MONTHS",
        /// Goes to a day of the month.
        Day = "DAY",
        /// Goes to the last day of the month.
        LastDay = "LAST_DAY",
        /// Goes to the n-th business day of the month, or the n-th from its end.
        NthBusinessDay = "NTH_BUSINESS_DAY",
        /// Goes some days on.
        Days = "DAYS",
        /// Goes some business days on.
        BusinessDays = "BUSINESS_DAYS",
        /// Moves from a day off to the working day before.
        Before = "BEFORE",
        /// Moves from a day off to the working day after.
        After = "AFTER",
        /// Takes the date from the authority's table.
        Table = "TABLE",
        /// Takes the date from a table of the firm's own.
        OwnTable = "OWN_TABLE",
        /// Takes the date of an extension.
        Extension = "EXTENSION",
        /// Takes the date that the firm wrote for this client.
        Override = "OVERRIDE",
        /// Chooses by an attribute.
        Choose = "CHOOSE",
    }
}

/// A step on the way to a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What it does.
    pub op: Op,
    /// The date before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The date after; none for a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// How many, or which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i32>,
    /// By which calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// The days off that it passed: all when it moved, holidays only when it counted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub days_off: Vec<DayOff>,
    /// The obligation, event or attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value of the attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Scalar>,
    /// The law, the extension or the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A day off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DayOff {
    /// The day.
    pub date: NaiveDate,
    /// The name of the holiday in the language of its country; none on a day of the week that is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How far the holiday reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Reach>,
    /// The law or decree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Why a date may still change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Provisional {
    /// The record of the client lacks an attribute. The date is the earliest that it could be.
    AttributeMissing {
        /// The name of the attribute.
        key: String,
    },
    /// The record of the client lacks a part of the place. The date is the earliest of all places that are known; what
    /// nobody knows of others may still move it.
    PlaceMissing {
        /// `region` or `city`.
        key: String,
    },
    /// The region of the city whose rule it is is not known. The date is the earliest of all regions.
    RegionUnknown {
        /// The country.
        country: Country,
        /// The code of the city.
        city: String,
    },
    /// Something that the rule waits for has not happened.
    EventUnknown {
        /// The name of the event.
        name: String,
    },
    /// The holidays of a place and year are not final.
    CalendarYear {
        /// The country.
        country: Country,
        /// The region.
        region: Option<String>,
        /// The city.
        city: Option<String>,
        /// The year.
        year: i32,
    },
    /// There is no working day within a month.
    NoWorkingDay,
}

impl From<&Holiday> for DayOff {
    fn from(holiday: &Holiday) -> Self {
        Self {
            date: holiday.date,
            name: Some(holiday.name.clone()),
            level: Some(holiday.reach()),
            source: Some(holiday.source.clone()),
        }
    }
}

impl Provisional {
    /// Whether it says that several dates were tried for it.
    pub(crate) const fn is_tried(&self) -> bool {
        matches!(self, Self::AttributeMissing { .. } | Self::PlaceMissing { .. } | Self::RegionUnknown { .. })
    }
}

impl Step {
    pub(crate) const fn new(op: Op) -> Self {
        Self {
            op,
            from: None,
            to: None,
            number: None,
            calendar: None,
            days_off: Vec::new(),
            key: None,
            value: None,
            source: None,
        }
    }

    /// A step to a date.
    pub const fn reaching(op: Op, to: NaiveDate) -> Self {
        let mut step = Self::new(op);
        step.to = Some(to);
        step
    }
}
