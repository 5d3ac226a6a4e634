//! What can be wrong with an obligation or a rule, before a date is asked of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use guichet_base::country::Country;

use crate::book::{Book, Obligation};
use crate::expression::{self, Anchor, Expr, Plan, SELF};
use crate::period::{FiscalYears, Period, PeriodKind, exact_date};
use crate::version::Version;
use crate::weight::{MAX_DEPTH, Weight, weight};

/// What is wrong with an obligation, or with a rule of the firm's own, which is version 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It has no version.
    Empty,
    /// The bound of a version is no month, year or day, or lies before the other.
    Bounds {
        /// Which version.
        version: usize,
    },
    /// Two versions hold for the same periods.
    Overlap {
        /// The later one in the list.
        version: usize,
    },
    /// A version depends on an obligation that does not exist or is for other periods.
    Rule {
        /// Which version.
        version: usize,
        /// On what it depends.
        code: String,
    },
    /// The obligation depends on itself.
    Circle {
        /// Which version.
        version: usize,
    },
    /// Rules on rules, and rules until an event, lie deeper in each other than eight.
    Depth {
        /// Which version.
        version: usize,
    },
    /// With the rules on which it depends, a version has too many combinations of attributes or counts too many days.
    Size {
        /// Which version.
        version: usize,
    },
    /// A table has a period of another kind.
    Table {
        /// Which version.
        version: usize,
        /// The period.
        period: String,
    },
    /// A version counts by a calendar of another country.
    Calendar {
        /// Which version.
        version: usize,
    },
    /// The period of an extension is of another kind, or is none.
    Extension {
        /// Which extension.
        extension: usize,
        /// The period.
        period: String,
    },
}

impl Book {
    /// What is wrong with an obligation, beside the others of this book.
    pub fn check(&self, obligation: &Obligation) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if obligation.versions.is_empty() {
            wrong.push(Wrong::Empty);
        }
        let mut covered: Vec<(NaiveDate, NaiveDate)> = Vec::new();
        for (index, version) in obligation.versions.iter().enumerate() {
            match version.days() {
                None => wrong.push(Wrong::Bounds { version: index }),
                Some((from, to)) => {
                    if covered.iter().any(|(other_from, other_to)| from <= *other_to && *other_from <= to) {
                        wrong.push(Wrong::Overlap { version: index });
                    }
                    covered.push((from, to));
                }
            }
            let country = obligation.jurisdiction.country();
            let own = Some(obligation.code.as_str());
            self.check_rule(&version.due, obligation.kind, country, own, index, &mut wrong);
        }
        for (index, extension) in obligation.extensions.iter().enumerate() {
            if kind_of(&extension.period) != Some(obligation.kind) {
                wrong.push(Wrong::Extension { extension: index, period: extension.period.clone() });
            }
        }
        wrong
    }

    /// What is wrong with a rule for the firm's own dates of periods of this kind: it may depend on the legal date, and on
    /// the obligations of this book.
    pub fn check_own(&self, rule: &Expr, kind: PeriodKind) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        self.check_rule(rule, kind, None, None, 0, &mut wrong);
        wrong
    }

    /// Checks a rule of an obligation with this code, or of the firm's own without one.
    fn check_rule(
        &self,
        rule: &Expr,
        kind: PeriodKind,
        country: Option<Country>,
        own: Option<&str>,
        version: usize,
        wrong: &mut Vec<Wrong>,
    ) {
        let mut asked = expression::Asked::default();
        expression::asked(rule, &mut asked);
        let mut is_circle = false;
        for code in asked.rules {
            let is_known = match code == SELF {
                true => own.is_none(),
                false => self.get(&code).is_some_and(|other| other.kind == kind),
            };
            if own.is_some_and(|own| code == own || is_known && self.reached([code.clone()]).contains(own)) {
                is_circle = true;
            } else if !is_known {
                wrong.push(Wrong::Rule { version, code });
            }
        }
        let weight = self.weight(rule, MAX_DEPTH, &mut BTreeMap::new());
        if is_circle {
            wrong.push(Wrong::Circle { version });
        } else if weight.depth > MAX_DEPTH {
            wrong.push(Wrong::Depth { version });
        } else if !weight.is_small() {
            wrong.push(Wrong::Size { version });
        }
        for plan in plans(rule) {
            match plan {
                Plan::Chain(chain) => {
                    let calendars = [chain.calendar, chain.shift_calendar].into_iter().flatten();
                    let mut countries = calendars.filter_map(|calendar| calendar.country());
                    if countries.any(|of| country.is_some_and(|country| country != of)) {
                        wrong.push(Wrong::Calendar { version });
                    }
                }
                Plan::Dates(dates) => {
                    if let Some(period) = dates.keys().find(|name| kind_of(name) != Some(kind)) {
                        wrong.push(Wrong::Table { version, period: period.clone() });
                    }
                }
            }
        }
    }

    /// The weight of a rule, with those on which it depends. `deep` is how much deeper it may go.
    fn weight(&self, rule: &Expr, deep: usize, known: &mut BTreeMap<String, Weight>) -> Weight {
        weight(rule, &mut |code| {
            // An obligation that depends on itself ends here, too.
            let Some(deep) = deep.checked_sub(1) else { return Weight::BEYOND };
            if let Some(weight) = known.get(code) {
                return *weight;
            }
            let versions = self.get(code).into_iter().flat_map(|obligation| &obligation.versions);
            let of_version = |version: &Version| self.weight(&version.due, deep, known);
            let weight = versions.map(of_version).fold(Weight::NOTHING, Weight::or);
            known.insert(code.to_owned(), weight);
            weight
        })
    }
}

/// The kind of period that a name is of.
fn kind_of(name: &str) -> Option<PeriodKind> {
    if let Some(closing) = name.strip_prefix("FY") {
        return exact_date(closing).map(|_| PeriodKind::FiscalYear);
    }
    Period::parse(name, 1, &FiscalYears::calendar()).map(|period| period.kind())
}

/// Every plan of a rule, those until an event included.
fn plans(expr: &Expr) -> Vec<&Plan> {
    let mut plans = expr.leaves();
    let mut at = 0;
    while let Some(plan) = plans.get(at) {
        if let Plan::Chain(chain) = plan
            && let Anchor::Event(_, otherwise) = &chain.at
        {
            let inner = otherwise.leaves();
            plans.extend(inner);
        }
        at += 1;
    }
    plans
}
