//! How much work a rule can be, so that what cannot be evaluated in time is refused when it is read.

use crate::expression::{Anchor, Chain, Choice, Expr, Move, OF_PERIOD, Plan, Shift};

/// The most work that a rule can be, whoever asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    /// How many rules lie inside each other: those of other obligations, and those until an event.
    pub(crate) depth: usize,
    /// How many combinations of unknown attributes there are.
    runs: u64,
    /// How many days are looked at, and steps are taken, in all of them.
    days: u64,
}

/// Rules on rules and rules until an event nest at most so deep.
pub(crate) const MAX_DEPTH: usize = 8;
/// So many combinations of unknown attributes a rule may have, the rules on which it depends included.
const MAX_RUNS: u64 = 512;
/// And so many days and steps in all of them.
pub(crate) const MAX_DAYS: u64 = 10_000;

/// A month.
const NTH: u64 = 31;
/// Days between two business days when an office works once a week.
const BUSINESS_DAY: u64 = 7;
/// A weekend with holidays on both sides.
const SHIFT: u64 = 7;

impl Weight {
    /// What costs nothing.
    pub(crate) const NOTHING: Self = Self { depth: 0, runs: 1, days: 0 };
    /// More than any rule may have.
    pub(crate) const BEYOND: Self = Self { depth: usize::MAX, runs: u64::MAX, days: u64::MAX };

    const fn days(days: u64) -> Self {
        Self { days, ..Self::NOTHING }
    }

    /// Whether its combinations and days can be evaluated.
    pub(crate) const fn is_small(self) -> bool {
        self.runs <= MAX_RUNS && self.days <= MAX_DAYS
    }

    /// One after the other: each combination of the one with each of the other.
    fn then(self, next: Self) -> Self {
        let days = |one: Self, other: Self| one.days.saturating_mul(other.runs);
        Self {
            depth: self.depth.max(next.depth),
            runs: self.runs.saturating_mul(next.runs),
            days: days(self, next).saturating_add(days(next, self)),
        }
    }

    /// Both, as branches of what is not known.
    fn and(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            runs: self.runs.saturating_add(other.runs),
            days: self.days.saturating_add(other.days),
        }
    }

    /// One of them, but nobody knows here which.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            runs: self.runs.max(other.runs),
            days: self.days.max(other.days),
        }
    }
}

/// The weight of a rule, with what the obligations weigh on which it depends.
pub(crate) fn weight(expr: &Expr, rules: &mut dyn FnMut(&str) -> Weight) -> Weight {
    let mut weight = branches(expr, &mut |plan| match plan {
        Plan::Chain(chain) => of_chain(chain, rules),
        Plan::Dates(_) => Weight::NOTHING,
    });
    weight.depth = weight.depth.saturating_add(1);
    weight.then(Weight::days(1))
}

fn branches<T>(choice: &Choice<T>, leaf: &mut dyn FnMut(&T) -> Weight) -> Weight {
    let switch = match choice {
        Choice::Is(value) => return leaf(value),
        Choice::By(switch) => switch,
    };
    // The period is always known.
    let add = if OF_PERIOD.contains(&switch.by.as_str()) { Weight::or } else { Weight::and };
    let last = branches(&switch.otherwise, leaf);
    switch.cases.iter().fold(last, |sum, case| add(sum, branches(&case.is, leaf)))
}

fn of_chain(chain: &Chain, rules: &mut dyn FnMut(&str) -> Weight) -> Weight {
    let anchor = match &chain.at {
        Anchor::PeriodStart | Anchor::PeriodEnd => Weight::NOTHING,
        Anchor::Rule(code) => rules(code),
        Anchor::Event(_, otherwise) => weight(otherwise, rules),
    };
    let shift = Weight::days(if chain.shift == Shift::Keep { 0 } else { SHIFT });
    let steps = chain.go.iter().map(|step| match step {
        Move::Months(n) | Move::Days(n) => branches(n, &mut |_| Weight::days(1)),
        Move::Day(day) => branches(day, &mut |_| Weight::days(1)),
        Move::Nth(n) => branches(n, &mut |_| Weight::days(NTH)),
        Move::BusinessDays(n) => {
            branches(n, &mut |n| Weight::days(u64::from(n.unsigned_abs()) * BUSINESS_DAY))
        }
    });
    steps.fold(anchor.then(shift), Weight::then)
}
