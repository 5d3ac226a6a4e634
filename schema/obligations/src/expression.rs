//! The grammar of due rules: a chain of anchor, steps and shift; a table of dates; a switch wherever a value or a whole
//! rule stands.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use guichet_base::text_enum;

use crate::calendar::Calendar;
use crate::client::{CITY, REGION, Scalar};

/// A due rule.
pub type Expr = Choice<Plan>;

/// A value, or a switch that chooses it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Choice<T> {
    /// The value.
    Is(T),
    /// Chosen by the period or by an attribute of the client.
    By(Switch<T>),
}

/// A choice by a key: the first case that holds, else the last value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Switch<T> {
    /// `month`, `quarter` or `fiscalEnd` of the period, or the name of an attribute of the client.
    pub by: String,
    /// Tried in their order.
    pub cases: Vec<Case<T>>,
    /// When no case holds.
    pub otherwise: Box<Choice<T>>,
}

/// A case of a switch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case<T> {
    /// When it holds.
    pub test: Test,
    /// What it gives.
    pub is: Choice<T>,
}

/// A condition on a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// It is one of these.
    In(Vec<Scalar>),
    /// It lies between these, both included; at least one is given, and both are of one type.
    Range(Option<Scalar>, Option<Scalar>),
}

/// What a rule without switches is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Plan {
    /// Steps from an anchor.
    Chain(Chain),
    /// The authority's own table, by the names of periods.
    Dates(BTreeMap<String, NaiveDate>),
}

/// Steps from an anchor, and what to do when they lead to a day off.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chain {
    /// Where to begin.
    pub at: Anchor,
    /// In their order.
    pub go: Vec<Move>,
    /// By which business days are counted, and days off are told.
    pub calendar: Option<Calendar>,
    /// Down to which level holidays count.
    pub reach: Reach,
    /// What to do on a day off.
    pub shift: Shift,
    /// The calendar for the shift, when it is another.
    pub shift_calendar: Option<Calendar>,
}

/// Where a chain begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// The first day of the period.
    PeriodStart,
    /// The last day of the period.
    PeriodEnd,
    /// The date of another obligation for the same period, without its extensions; or, with [`SELF`], the legal date that
    /// the firm's own dates follow.
    Rule(String),
    /// A day that is written on the client, and the rule for a provisional one until then.
    Event(String, Box<Expr>),
}

/// The name of the legal date in rules for the firm's own dates.
pub const SELF: &str = "self";

/// A step of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Move {
    /// The same day so many months on, cut to the month's last day.
    Months(Choice<i32>),
    /// A day of the month that is reached, cut to its last day.
    Day(Choice<Day>),
    /// The n-th business day of the month that is reached; negative from its end.
    Nth(Choice<i32>),
    /// Days on.
    Days(Choice<i32>),
    /// Business days strictly after; before, if negative.
    BusinessDays(Choice<i32>),
}

/// A day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Day {
    /// By its number, 1 to 31.
    Number(u32),
    /// The last one.
    Last,
}

text_enum! {
    /// Down to which level holidays count.
    pub enum Reach {
        /// Holidays of the whole country.
        National = "NATIONAL",
        /// Those of the region, too.
        Region = "REGION",
        /// Those of the municipality, too.
        City = "CITY",
    }
}

text_enum! {
    /// What happens to a date that is a day off.
    pub enum Shift {
        /// It moves to the working day before.
        Before = "BEFORE",
        /// It moves to the working day after.
        After = "AFTER",
        /// It stays.
        Keep = "KEEP",
    }
}

/// Keys that the period answers.
pub(crate) const OF_PERIOD: [&str; 3] = ["month", "quarter", "fiscalEnd"];

impl Test {
    /// Whether a value fulfils it.
    pub fn holds(&self, value: &Scalar) -> bool {
        match self {
            Self::In(values) => values.contains(value),
            Self::Range(from, to) => {
                let alike = |bound: &Scalar| std::mem::discriminant(bound) == std::mem::discriminant(value);
                from.as_ref().is_none_or(|from| alike(from) && from <= value)
                    && to.as_ref().is_none_or(|to| alike(to) && value <= to)
            }
        }
    }
}

impl<T> Choice<T> {
    /// Every value that can be chosen.
    pub(crate) fn leaves(&self) -> Vec<&T> {
        match self {
            Self::Is(value) => vec![value],
            Self::By(switch) => {
                let cases = switch.cases.iter().flat_map(|case| case.is.leaves());
                cases.chain(switch.otherwise.leaves()).collect()
            }
        }
    }

    /// The keys of its switches.
    fn keys(&self, into: &mut BTreeSet<String>) {
        if let Self::By(switch) = self {
            into.insert(switch.by.clone());
            switch.cases.iter().for_each(|case| case.is.keys(into));
            switch.otherwise.keys(into);
        }
    }
}

/// What a rule asks beside the period.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Attributes and events of the client; `region` and `city` when holidays of places count.
    pub(crate) keys: BTreeSet<String>,
    /// Other obligations.
    pub(crate) rules: BTreeSet<String>,
}

/// Collects what a rule asks.
pub(crate) fn asked(expr: &Expr, into: &mut Asked) {
    expr.keys(&mut into.keys);
    for plan in expr.leaves() {
        let Plan::Chain(chain) = plan else { continue };
        match &chain.at {
            Anchor::PeriodStart | Anchor::PeriodEnd => {}
            Anchor::Rule(code) => {
                into.rules.insert(code.clone());
            }
            Anchor::Event(name, otherwise) => {
                into.keys.insert(name.clone());
                asked(otherwise, into);
            }
        }
        for step in &chain.go {
            match step {
                Move::Months(n) | Move::Nth(n) | Move::Days(n) | Move::BusinessDays(n) => {
                    n.keys(&mut into.keys)
                }
                Move::Day(day) => day.keys(&mut into.keys),
            }
        }
        if chain.reach != Reach::National {
            into.keys.extend([REGION, CITY].map(str::to_owned));
        }
    }
    into.keys.retain(|key| !OF_PERIOD.contains(&key.as_str()));
}
