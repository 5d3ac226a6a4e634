//! Evaluates a rule for a period and a client.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use guichet_base::country::Country;

use crate::answer::{DayOff, Op, Provisional, Step};
use crate::book::{Book, Jurisdiction};
use crate::calendar::{Calendar, Calendars, MAX_DAYS_OFF};
use crate::client::{Client, Place, Scalar};
use crate::expression::{Anchor, Chain, Choice, Day, Expr, Move, Plan, Reach, SELF, Shift};
use crate::holidays::Holiday;
use crate::period::{Period, add_days, add_months, day_of_month, last_of_month};
use crate::weight::{MAX_DAYS, MAX_DEPTH};

/// For whom and for when a rule is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) book: &'a Book,
    pub(crate) calendars: &'a Calendars<'a>,
    pub(crate) client: &'a Client,
    pub(crate) period: &'a Period,
    /// Whose rule it is; none for the firm's own.
    pub(crate) jurisdiction: Option<&'a Jurisdiction>,
    /// The legal date, for the firm's own dates.
    pub(crate) legal: Option<NaiveDate>,
    /// Whether the firm made the rule.
    pub(crate) is_own: bool,
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
    TooMuch,
}

/// So many days and steps one evaluation takes, over all that it tries: as many as a rule may have, for as many places as
/// differ.
const BUDGET: u64 = 40 * MAX_DAYS;

/// Evaluates a rule. Where an attribute is unknown, every value that it could have is tried, and where a place is
/// unknown, every place that is known; the earliest date is taken, because nothing is late by it.
pub(crate) fn evaluate(asked: Asked<'_>, expr: &Expr) -> Outcome {
    let mut taken = Vec::new();
    let mut left = BUDGET;
    let mut best: Option<Outcome> = None;
    let mut tried = BTreeSet::new();
    loop {
        let mut run = Run {
            asked,
            steps: Vec::new(),
            provisional: BTreeSet::new(),
            open: Vec::new(),
            unknown: 0,
            taken,
            depth: 0,
            left,
            is_over: false,
        };
        let found = run.expr(expr);
        if run.is_over {
            // Half of the combinations would be a guess.
            return Outcome { found: Found::TooMuch, steps: Vec::new(), provisional: BTreeSet::new() };
        }
        let Run { steps, provisional, taken: mut next, left: rest, .. } = run;
        left = rest;
        tried.extend(provisional.iter().filter(|why| why.is_tried()).cloned());
        let outcome = Outcome { found, steps, provisional };
        let mut earliest = match best {
            Some(best) if !is_earlier(outcome.found, best.found) => best,
            _ => outcome,
        };
        // The next combination: the last choice that has another branch takes it.
        while next.last().is_some_and(|(branch, branches)| branch + 1 == *branches) {
            next.pop();
        }
        match next.last_mut() {
            Some((branch, _)) => *branch += 1,
            None => {
                earliest.provisional.extend(tried);
                return earliest;
            }
        }
        best = Some(earliest);
        taken = next;
    }
}

const fn rank(found: Found) -> (u8, NaiveDate) {
    match found {
        Found::On(date) => (0, date),
        Found::NotPublished => (1, NaiveDate::MAX),
        Found::NotDue | Found::TooMuch => (2, NaiveDate::MAX),
    }
}

fn is_earlier(one: Found, other: Found) -> bool {
    rank(one) < rank(other)
}

struct Run<'a> {
    asked: Asked<'a>,
    steps: Vec<Step>,
    provisional: BTreeSet<Provisional>,
    /// The places of which something is unknown, as far as this run has told what they can be.
    open: Vec<Open<'a>>,
    /// How many choices between unknown things were met so far.
    unknown: usize,
    /// The branch, and how many there are, for each of them in their order.
    taken: Vec<(usize, usize)>,
    depth: usize,
    /// What is left of the budget of all runs.
    left: u64,
    is_over: bool,
}

/// A place that is not known as far as its days off need it.
struct Open<'a> {
    country: Country,
    known: Place,
    /// What it can be: a place with holidays of its own, or one without.
    places: Vec<Option<&'a Place>>,
}

/// By which days off somebody goes.
struct Working {
    calendar: Calendar,
    reach: Reach,
    place: Place,
    /// Which of the open places it is, if it is one.
    open: Option<usize>,
    /// For which year it was asked what is not certain.
    year: Option<i32>,
}

impl<'a> Run<'a> {
    /// Takes one from the budget; false when nothing is left.
    const fn spend(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.is_over = true,
        }
        !self.is_over
    }

    fn expr(&mut self, expr: &'a Expr) -> Found {
        self.is_over |= self.depth == MAX_DEPTH;
        if !self.spend() {
            return Found::TooMuch;
        }
        self.depth += 1;
        let found = match self.choose(expr) {
            Plan::Chain(chain) => self.chain(chain),
            Plan::Dates(dates) => match dates.get(&self.asked.period.to_string()) {
                Some(date) => {
                    let op = if self.asked.is_own { Op::OwnTable } else { Op::Table };
                    self.reach(Step::reaching(op, *date))
                }
                None => Found::NotPublished,
            },
        };
        self.depth -= 1;
        found
    }

    /// Which branch of something unknown this run takes.
    fn branch(&mut self, branches: usize) -> usize {
        let at = self.unknown;
        self.unknown += 1;
        if let Some((branch, _)) = self.taken.get(at) {
            return *branch;
        }
        self.taken.push((0, branches));
        0
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
            let case = switch.cases.get(self.branch(switch.cases.len() + 1));
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
            if !self.spend() {
                return Found::TooMuch;
            }
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
                // The holidays of who made that rule count in it.
                let outer = (self.asked.jurisdiction, self.asked.is_own);
                self.asked.jurisdiction = book.get(code).map(|obligation| &obligation.jurisdiction);
                self.asked.is_own = self.asked.jurisdiction.is_some_and(|of| of.country().is_none());
                let found = self.expr(&version.due);
                (self.asked.jurisdiction, self.asked.is_own) = outer;
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
        let mut working = self.working(calendar, chain.reach, from);
        let (mut holidays, mut off_in_a_row) = (Vec::new(), 0);
        let mut left = n.unsigned_abs();
        let mut reached = None;
        for day in days {
            if !self.spend() {
                break;
            }
            match self.day_off(&mut working, day) {
                Some(off) => {
                    holidays.extend(off.name.is_some().then_some(off));
                    off_in_a_row += 1;
                    if off_in_a_row > MAX_DAYS_OFF {
                        reached = None;
                        break;
                    }
                }
                None => {
                    off_in_a_row = 0;
                    reached = Some(day);
                    left = left.saturating_sub(1);
                    if left == 0 {
                        break;
                    }
                }
            }
        }
        if reached.is_none() && n != 0 {
            self.provisional.insert(Provisional::NoWorkingDay);
        }
        let step = Step { number: Some(n), calendar: Some(calendar), days_off: holidays, ..Step::new(op) };
        (reached.unwrap_or(from), step)
    }

    /// Moves a date that is a day off.
    fn shift(&mut self, chain: &Chain, from: NaiveDate) -> NaiveDate {
        let (op, by) = match chain.shift {
            Shift::Keep => return from,
            Shift::Before => (Op::Before, -1),
            Shift::After => (Op::After, 1),
        };
        let Some(calendar) = chain.shift_calendar.or(chain.calendar) else { return from };
        let mut working = self.working(calendar, chain.reach, from);
        let (mut to, mut days_off) = (from, Vec::new());
        while self.spend()
            && let Some(off) = self.day_off(&mut working, to)
        {
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

    /// By which days off a chain goes from a date on.
    fn working(&mut self, calendar: Calendar, reach: Reach, on: NaiveDate) -> Working {
        let Asked { calendars, client, jurisdiction, .. } = self.asked;
        // Those of the city whose rule it is count, not those of the client's seat.
        let mut place = match jurisdiction.and_then(Jurisdiction::city) {
            Some(city) => Place { region: None, city: Some(city.to_owned()) },
            None => client.place(on),
        };
        if let (Some(country), None, Some(city)) = (calendar.country(), &place.region, &place.city) {
            place.region = calendars.region_of(country, city);
        }
        let open = Calendars::is_open(calendar, reach, &place).map(|country| self.open(country, &place));
        Working { calendar, reach, place, open, year: None }
    }

    /// What a place can be of which only this is known.
    fn open(&mut self, country: Country, known: &Place) -> usize {
        let is_this = |open: &Open<'a>| open.country == country && open.known == *known;
        self.open.iter().position(is_this).unwrap_or_else(|| {
            let places: BTreeSet<&Place> = self.asked.calendars.places(country, known).collect();
            let places = std::iter::once(None).chain(places.into_iter().map(Some)).collect();
            self.open.push(Open { country, known: known.clone(), places });
            self.open.len() - 1
        })
    }

    fn day_off(&mut self, working: &mut Working, date: NaiveDate) -> Option<DayOff> {
        let Asked { calendars, jurisdiction, .. } = self.asked;
        let Working { calendar, reach, ref place, open, year } = *working;
        if year != Some(date.year()) {
            let is_of_client = jurisdiction.and_then(Jurisdiction::city).is_none();
            let unknown = calendars.unknown(calendar, reach, place, is_of_client, date.year());
            self.provisional.extend(unknown);
        }
        let day_off = calendars.day_off(calendar, reach, place, date);
        working.year = Some(date.year());
        day_off.or_else(|| self.day_off_of_open(calendar, reach, open?, date))
    }

    /// Why a working day is a day off in a place of which something is unknown. Where the places that it can be differ,
    /// this run takes some of them, and another run the others.
    fn day_off_of_open(
        &mut self,
        calendar: Calendar,
        reach: Reach,
        open: usize,
        date: NaiveDate,
    ) -> Option<DayOff> {
        let calendars = self.asked.calendars;
        let open_place = self.open.get(open)?;
        let holidays: Vec<&Holiday> = calendars.holidays(calendar, open_place.country, reach, date).collect();
        if holidays.is_empty() {
            return None;
        }
        let holiday_at =
            |place: &Place| holidays.iter().filter(|day| day.is_at(place)).min_by_key(|day| day.reach());
        let (off, at_work): (Vec<_>, Vec<_>) =
            open_place.places.iter().copied().partition(|place| place.and_then(holiday_at).is_some());
        let is_off = match (off.is_empty(), at_work.is_empty()) {
            (true, _) => false,
            (false, true) => true,
            (false, false) => self.branch(2) == 1,
        };
        let left = if is_off { off } else { at_work };
        let first = left.first().copied().flatten().filter(|_| is_off).and_then(holiday_at);
        let day_off = first.map(|holiday| DayOff::from(*holiday));
        self.open.get_mut(open)?.places = left;
        day_off
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
