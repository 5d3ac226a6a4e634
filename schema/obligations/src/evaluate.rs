//! Evaluates a rule for a period and a client.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use crate::answer::{DayOff, Op, Provisional, Step};
use crate::book::Book;
use crate::calendar::{Calendar, Calendars, MAX_DAYS_OFF};
use crate::client::{Client, Place, Scalar};
use crate::expression::{Anchor, Chain, Choice, Day, Expr, Move, Plan, Reach, SELF, Shift};
use crate::period::{Period, add_days, add_months, day_of_month, last_of_month};

/// For whom and for when a rule is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) book: &'a Book,
    pub(crate) calendars: &'a Calendars<'a>,
    pub(crate) client: &'a Client,
    pub(crate) period: &'a Period,
    /// Whose holidays count, when it is not the client's place.
    pub(crate) seat: Option<&'a Place>,
    /// The legal date, for the firm's own dates.
    pub(crate) legal: Option<NaiveDate>,
}

/// What a rule gives.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) found: Found,
    pub(crate) steps: Vec<Step>,
    pub(crate) provisional: BTreeSet<Provisional>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    On(NaiveDate),
    NotPublished,
    NotDue,
}

/// Rules on rules and rules until an event nest at most so deep; validation refuses more.
pub(crate) const MAX_DEPTH: usize = 8;
/// So many combinations of unknown attributes are tried.
const MAX_RUNS: usize = 512;

/// Evaluates a rule. Where an attribute is unknown, every value that it could have is tried, and the earliest date is
/// taken, because nothing is late by it.
pub(crate) fn evaluate(asked: Asked<'_>, expr: &Expr) -> Outcome {
    let mut taken = Vec::new();
    let mut best: Option<Outcome> = None;
    let mut missing = BTreeSet::new();
    for _ in 0..MAX_RUNS {
        let mut run =
            Run { asked, steps: Vec::new(), provisional: BTreeSet::new(), unknown: 0, taken, depth: 0 };
        let found = run.expr(expr);
        let Run { steps, provisional, taken: mut next, .. } = run;
        missing.extend(
            provisional.iter().filter(|why| matches!(why, Provisional::AttributeMissing { .. })).cloned(),
        );
        let outcome = Outcome { found, steps, provisional };
        best = Some(match best {
            Some(best) if !is_earlier(outcome.found, best.found) => best,
            _ => outcome,
        });
        // The next combination: the last choice that has another branch takes it.
        while next.last().is_some_and(|(branch, branches)| branch + 1 == *branches) {
            next.pop();
        }
        match next.last_mut() {
            Some((branch, _)) => *branch += 1,
            None => break,
        }
        taken = next;
    }
    let mut best = best.expect("a rule was evaluated");
    best.provisional.extend(missing);
    best
}

const fn rank(found: Found) -> (u8, NaiveDate) {
    match found {
        Found::On(date) => (0, date),
        Found::NotPublished => (1, NaiveDate::MAX),
        Found::NotDue => (2, NaiveDate::MAX),
    }
}

fn is_earlier(one: Found, other: Found) -> bool {
    rank(one) < rank(other)
}

struct Run<'a> {
    asked: Asked<'a>,
    steps: Vec<Step>,
    provisional: BTreeSet<Provisional>,
    /// How many unknown attributes were met so far.
    unknown: usize,
    /// The branch, and how many there are, for each of them in their order.
    taken: Vec<(usize, usize)>,
    depth: usize,
}

impl<'a> Run<'a> {
    fn expr(&mut self, expr: &'a Expr) -> Found {
        if self.depth == MAX_DEPTH {
            return Found::NotDue;
        }
        self.depth += 1;
        let found = match self.choose(expr) {
            Plan::Chain(chain) => self.chain(chain),
            Plan::Dates(dates) => match dates.get(&self.asked.period.to_string()) {
                Some(date) => self.reach(Step::reaching(Op::Table, *date)),
                None => Found::NotPublished,
            },
        };
        self.depth -= 1;
        found
    }

    /// Notes a step and where it leads.
    fn reach(&mut self, step: Step) -> Found {
        let found = step.to.map_or(Found::NotDue, Found::On);
        self.steps.push(step);
        found
    }

    fn choose<T>(&mut self, choice: &'a Choice<T>) -> &'a T {
        let switch = match choice {
            Choice::Is(value) => return value,
            Choice::By(switch) => switch,
        };
        if let Some(value) = self.of_period(&switch.by) {
            let case = switch.cases.iter().find(|case| case.test.holds(&value));
            return self.choose(case.map_or(&*switch.otherwise, |case| &case.is));
        }
        let period = self.asked.period;
        let Some(value) = self.asked.client.attribute(&switch.by, period.end()) else {
            self.provisional.insert(Provisional::AttributeMissing { key: switch.by.clone() });
            let at = self.unknown;
            self.unknown += 1;
            if self.taken.len() == at {
                self.taken.push((0, switch.cases.len() + 1));
            }
            let case = switch.cases.get(self.taken[at].0);
            return self.choose(case.map_or(&*switch.otherwise, |case| &case.is));
        };
        self.steps.push(Step {
            key: Some(switch.by.clone()),
            value: Some(value.clone()),
            ..Step::new(Op::Choose)
        });
        let case = switch.cases.iter().find(|case| case.test.holds(value));
        self.choose(case.map_or(&*switch.otherwise, |case| &case.is))
    }

    /// What the period answers to a key.
    fn of_period(&self, key: &str) -> Option<Scalar> {
        let end = self.asked.period.end();
        match key {
            "month" => Some(Scalar::Number(end.month().into())),
            "quarter" => Some(Scalar::Number(end.quarter().into())),
            // The end of February is one closing day, in leap years, too.
            "fiscalEnd" if end.month() == 2 && end == last_of_month(end) => Some("02-28".into()),
            "fiscalEnd" => Some(Scalar::Text(end.format("%m-%d").to_string())),
            _ => None,
        }
    }

    fn chain(&mut self, chain: &'a Chain) -> Found {
        let mut date = match self.anchor(&chain.at) {
            Found::On(date) => date,
            other => return other,
        };
        for step in &chain.go {
            let (to, mut step) = self.go(chain, step, date);
            step.from = Some(date);
            step.to = Some(to);
            self.steps.push(step);
            date = to;
        }
        Found::On(self.shift(chain, date))
    }

    fn anchor(&mut self, anchor: &'a Anchor) -> Found {
        let Asked { book, client, period, .. } = self.asked;
        match anchor {
            Anchor::PeriodStart => self.reach(Step::reaching(Op::PeriodStart, period.start())),
            Anchor::PeriodEnd => self.reach(Step::reaching(Op::PeriodEnd, period.end())),
            Anchor::Rule(code) if code == SELF => match self.asked.legal {
                Some(date) => self.reach(Step::reaching(Op::LegalDate, date)),
                None => Found::NotDue,
            },
            Anchor::Rule(code) => {
                let Some(version) = book.version(code, period) else { return Found::NotDue };
                let found = self.expr(&version.due);
                if let Found::On(date) = found {
                    let source = Some(version.source.clone());
                    self.steps.push(Step {
                        key: Some(code.clone()),
                        source,
                        ..Step::reaching(Op::Rule, date)
                    });
                }
                found
            }
            Anchor::Event(name, otherwise) => match client.event(name, period) {
                Some(date) => self.reach(Step { key: Some(name.clone()), ..Step::reaching(Op::Event, date) }),
                None => {
                    self.provisional.insert(Provisional::EventUnknown { name: name.clone() });
                    self.expr(otherwise)
                }
            },
        }
    }

    fn go(&mut self, chain: &Chain, step: &'a Move, from: NaiveDate) -> (NaiveDate, Step) {
        match step {
            Move::Months(n) => {
                let n = *self.choose(n);
                (add_months(from, n), Step { number: Some(n), ..Step::new(Op::Months) })
            }
            Move::Days(n) => {
                let n = *self.choose(n);
                (add_days(from, n.into()), Step { number: Some(n), ..Step::new(Op::Days) })
            }
            Move::Day(day) => match *self.choose(day) {
                Day::Last => (last_of_month(from), Step::new(Op::LastDay)),
                Day::Number(n) => {
                    (day_of_month(from, n), Step { number: Some(n.cast_signed()), ..Step::new(Op::Day) })
                }
            },
            Move::Nth(n) => {
                let n = *self.choose(n);
                self.count(chain, Op::NthBusinessDay, n, Days::of_month(from, n), from)
            }
            Move::BusinessDays(n) => {
                let n = *self.choose(n);
                self.count(chain, Op::BusinessDays, n, Days::after(from, n), from)
            }
        }
    }

    /// Counts business days; if the days end before, the last one counts.
    fn count(&mut self, chain: &Chain, op: Op, n: i32, days: Days, from: NaiveDate) -> (NaiveDate, Step) {
        let Some(calendar) = chain.calendar else { return (from, Step::new(op)) };
        let place = self.place(from);
        let mut holidays = Vec::new();
        let mut left = n.unsigned_abs();
        let mut reached = from;
        for day in days {
            match self.day_off(calendar, chain.reach, &place, day) {
                Some(off) => holidays.extend(off.name.is_some().then_some(off)),
                None => {
                    reached = day;
                    left = left.saturating_sub(1);
                    if left == 0 {
                        break;
                    }
                }
            }
        }
        let step = Step { number: Some(n), calendar: Some(calendar), days_off: holidays, ..Step::new(op) };
        (reached, step)
    }

    /// Moves a date that is a day off.
    fn shift(&mut self, chain: &Chain, from: NaiveDate) -> NaiveDate {
        let (op, by) = match chain.shift {
            Shift::Keep => return from,
            Shift::Before => (Op::Before, -1),
            Shift::After => (Op::After, 1),
        };
        let Some(calendar) = chain.shift_calendar.or(chain.calendar) else { return from };
        let place = self.place(from);
        let (mut to, mut days_off) = (from, Vec::new());
        while let Some(off) = self.day_off(calendar, chain.reach, &place, to) {
            days_off.push(off);
            if days_off.len() > MAX_DAYS_OFF {
                self.provisional.insert(Provisional::NoWorkingDay);
                return from;
            }
            to = add_days(to, by);
        }
        if to != from {
            let step =
                Step { from: Some(from), calendar: Some(calendar), days_off, ..Step::reaching(op, to) };
            self.steps.push(step);
        }
        to
    }

    fn place(&self, on: NaiveDate) -> Place {
        self.asked.seat.cloned().unwrap_or_else(|| self.asked.client.place(on))
    }

    fn day_off(
        &mut self,
        calendar: Calendar,
        reach: Reach,
        place: &Place,
        date: NaiveDate,
    ) -> Option<DayOff> {
        self.provisional.extend(self.asked.calendars.unknown(calendar, reach, place, date.year()));
        self.asked.calendars.day_off(calendar, reach, place, date)
    }
}

/// Days one after the other, forward or back.
struct Days {
    next: NaiveDate,
    by: i64,
    last: Option<NaiveDate>,
}

impl Days {
    /// Those of the month, from its end if `n` is negative.
    fn of_month(month: NaiveDate, n: i32) -> Self {
        let (first, last) = (day_of_month(month, 1), last_of_month(month));
        match n < 0 {
            true => Self { next: last, by: -1, last: Some(first) },
            false => Self { next: first, by: 1, last: Some(last) },
        }
    }

    /// Those after a day, before it if `n` is negative.
    fn after(day: NaiveDate, n: i32) -> Self {
        let by = i64::from(n.signum());
        Self { next: add_days(day, by), by, last: None }
    }
}

impl Iterator for Days {
    type Item = NaiveDate;

    fn next(&mut self) -> Option<NaiveDate> {
        let day = self.next;
        let is_over =
            self.by == 0 || self.last.is_some_and(|last| if self.by < 0 { day < last } else { day > last });
        self.next = add_days(day, self.by);
        (!is_over).then_some(day)
    }
}
