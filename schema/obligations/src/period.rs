//! Periods: what a piece of work is about, whenever it is due.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};
use guichet_base::text_enum;

text_enum! {
    /// How long the periods of an obligation or of recurring work are.
    pub enum PeriodKind {
        /// A calendar month, or several that end with it.
        Month = "MONTH",
        /// A calendar quarter.
        Quarter = "QUARTER",
        /// A calendar year.
        Year = "YEAR",
        /// A fiscal year of the client.
        FiscalYear = "FISCAL_YEAR",
    }
}

/// A period with its bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    kind: PeriodKind,
    start: NaiveDate,
    end: NaiveDate,
}

/// A day of each year, such as the one on which fiscal years end. 29 February means the last day of February.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonthDay {
    month: u32,
    day: u32,
}

/// The fiscal years of a client: they end on a day of each year, except those that are listed, such as a short first
/// one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FiscalYears {
    closing: MonthDay,
    /// First and last day, in order, without overlaps.
    listed: Vec<(NaiveDate, NaiveDate)>,
}

/// The years in which dates are known to make sense, as for the API's `Date`.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

pub(crate) fn date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    YEARS.contains(&year).then(|| NaiveDate::from_ymd_opt(year, month, day)).flatten()
}

/// The day of this month, or its last day if it is shorter.
pub(crate) fn day_of_month(month: NaiveDate, day: u32) -> NaiveDate {
    month.with_day(day.clamp(1, month.num_days_in_month().into())).unwrap_or(month)
}

pub(crate) fn last_of_month(month: NaiveDate) -> NaiveDate {
    day_of_month(month, 31)
}

pub(crate) fn add_days(date: NaiveDate, days: i64) -> NaiveDate {
    let count = Days::new(days.unsigned_abs());
    let moved = if days < 0 { date.checked_sub_days(count) } else { date.checked_add_days(count) };
    moved.unwrap_or(date)
}

/// The same day so many months on, or the last day of that month if it is shorter.
pub(crate) fn add_months(date: NaiveDate, months: i32) -> NaiveDate {
    let count = Months::new(months.unsigned_abs());
    let moved = if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) };
    moved.unwrap_or(date)
}

impl Period {
    /// The calendar month.
    pub fn month(year: i32, month: u32) -> Option<Self> {
        Self::months(year, month, 1)
    }

    /// The months that end with this one; they are named by it.
    pub fn months(year: i32, month: u32, count: u32) -> Option<Self> {
        let last = date(year, month, 1)?;
        let start = add_months(last, 1 - i32::try_from(count.max(1)).ok()?);
        Some(Self { kind: PeriodKind::Month, start, end: last_of_month(last) })
    }

    /// The calendar quarter, 1 to 4.
    pub fn quarter(year: i32, quarter: u32) -> Option<Self> {
        let start = (1..=4).contains(&quarter).then(|| date(year, quarter * 3 - 2, 1)).flatten()?;
        Some(Self { kind: PeriodKind::Quarter, start, end: last_of_month(add_months(start, 2)) })
    }

    /// The calendar year.
    pub fn year(year: i32) -> Option<Self> {
        Some(Self { kind: PeriodKind::Year, start: date(year, 1, 1)?, end: date(year, 12, 31)? })
    }

    /// A fiscal year with these bounds.
    pub fn fiscal_year(start: NaiveDate, end: NaiveDate) -> Option<Self> {
        let inside = YEARS.contains(&start.year()) && YEARS.contains(&end.year());
        (start <= end && inside).then_some(Self { kind: PeriodKind::FiscalYear, start, end })
    }

    /// The period of this kind in which a day lies.
    pub fn containing(kind: PeriodKind, day: NaiveDate, years: &FiscalYears) -> Option<Self> {
        match kind {
            PeriodKind::Month => Self::month(day.year(), day.month()),
            PeriodKind::Quarter => Self::quarter(day.year(), day.quarter()),
            PeriodKind::Year => Self::year(day.year()),
            PeriodKind::FiscalYear => years.containing(day),
        }
    }

    /// Reads a name as [`Display`](fmt::Display) writes it. A name of a month may stand for the several months that end
    /// with it. The fiscal year must be one of the client's.
    pub fn parse(name: &str, every: u32, years: &FiscalYears) -> Option<Self> {
        if let Some(closing) = name.strip_prefix("FY") {
            let closing = exact_date(closing)?;
            return years.containing(closing).filter(|period| period.end == closing);
        }
        let (year, rest) = match name.split_once('-') {
            Some((year, rest)) => (year, Some(rest)),
            None => (name, None),
        };
        let year = digits(year, 4)?;
        let year = i32::try_from(year).ok()?;
        match rest {
            None => Self::year(year),
            Some(rest) => match rest.strip_prefix('Q') {
                Some(quarter) => Self::quarter(year, digits(quarter, 1)?),
                None => Self::months(year, digits(rest, 2)?, every),
            },
        }
    }

    /// The last day of the period with this name. That of a fiscal year is in its name, whatever the client's years are now.
    pub fn last_day(name: &str) -> Option<NaiveDate> {
        match name.strip_prefix("FY") {
            Some(closing) => exact_date(closing),
            None => Self::parse(name, 1, &FiscalYears::calendar()).map(|period| period.end),
        }
    }

    /// Its kind.
    pub const fn kind(&self) -> PeriodKind {
        self.kind
    }

    /// Its first day, by which the version of a rule is found.
    pub const fn start(&self) -> NaiveDate {
        self.start
    }

    /// Its last day.
    pub const fn end(&self) -> NaiveDate {
        self.end
    }

    /// The next period of the same kind and length.
    pub fn next(&self, years: &FiscalYears) -> Option<Self> {
        let day = self.end.succ_opt()?;
        match self.kind {
            PeriodKind::Month => {
                let months = self.length();
                let last = add_months(day, i32::try_from(months).ok()? - 1);
                Self::months(last.year(), last.month(), months)
            }
            kind => Self::containing(kind, day, years),
        }
    }

    /// How many months it has, counted by their names.
    pub fn length(&self) -> u32 {
        let months = |day: NaiveDate| day.year() * 12 + day.month0().cast_signed();
        (months(self.end) - months(self.start) + 1).unsigned_abs()
    }
}

/// The name of the period: `2025-03`, `2025-Q1`, `2025`, or `FY2025-06-30` with the closing day, because countries do not
/// agree on which year a fiscal year belongs to.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PeriodKind::Month => write!(f, "{}", self.end.format("%Y-%m")),
            PeriodKind::Quarter => write!(f, "{}-Q{}", self.end.year(), self.end.quarter()),
            PeriodKind::Year => write!(f, "{}", self.end.year()),
            PeriodKind::FiscalYear => write!(f, "FY{}", self.end),
        }
    }
}

impl MonthDay {
    /// The day, if a year can have it.
    pub fn new(month: u32, day: u32) -> Option<Self> {
        // A leap year has every day that any year has.
        date(2024, month, day).map(|_| Self { month, day })
    }

    /// Reads `MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.split_once('-')?;
        Self::new(digits(month, 2)?, digits(day, 2)?)
    }

    /// That day in a year.
    fn of(self, year: i32) -> Option<NaiveDate> {
        let month = NaiveDate::from_ymd_opt(year, self.month, 1)?;
        // "02-28" as a closing day means the end of February.
        let is_end = self.month == 2 && self.day >= 28;
        Some(if is_end { last_of_month(month) } else { day_of_month(month, self.day) })
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl FiscalYears {
    /// Years that end on this day.
    pub const fn ending(closing: MonthDay) -> Self {
        Self { closing, listed: Vec::new() }
    }

    /// The same, with years that do not follow the pattern. `None` if two of them overlap or one ends before it begins.
    #[must_use]
    pub fn with(mut self, mut listed: Vec<(NaiveDate, NaiveDate)>) -> Option<Self> {
        listed.sort_unstable();
        let ordered = listed.iter().all(|(start, end)| start <= end)
            && listed.windows(2).all(|pair| pair[0].1 < pair[1].0);
        self.listed = listed;
        ordered.then_some(self)
    }

    /// Calendar years.
    pub const fn calendar() -> Self {
        Self::ending(MonthDay { month: 12, day: 31 })
    }

    /// The fiscal year in which a day lies: a listed one, or the one by the pattern, cut where a listed one begins or
    /// ends. Before the first listed one they close on the day before it begins: the pattern is how they close since.
    pub fn containing(&self, day: NaiveDate) -> Option<Period> {
        if let Some((start, end)) = self.listed.iter().find(|(start, end)| (*start..=*end).contains(&day)) {
            return Period::fiscal_year(*start, *end);
        }
        let after_listed =
            self.listed.iter().filter(|(_, end)| *end < day).filter_map(|(_, end)| end.succ_opt()).max();
        let before_listed = self
            .listed
            .iter()
            .filter(|(start, _)| *start > day)
            .filter_map(|(start, _)| start.pred_opt())
            .min();
        let pattern = match (after_listed, before_listed) {
            (None, Some(last)) => MonthDay { month: last.month(), day: last.day() },
            _ => self.closing,
        };
        let closing = |year: i32| pattern.of(year);
        let this = closing(day.year())?;
        let (before, end) = match day <= this {
            true => (closing(day.year() - 1)?, this),
            false => (this, closing(day.year() + 1)?),
        };
        let start = before.succ_opt()?.max(after_listed.unwrap_or(NaiveDate::MIN));
        Period::fiscal_year(start, end.min(before_listed.unwrap_or(NaiveDate::MAX)))
    }

    /// The years from `from` on that have begun by a day, in order.
    pub fn begun(&self, from: NaiveDate, by: NaiveDate) -> impl Iterator<Item = Period> {
        std::iter::successors(self.containing(from), |year| year.next(self))
            .take_while(move |year| year.start <= by)
    }

    /// The years that are listed, in order.
    pub fn listed(&self) -> &[(NaiveDate, NaiveDate)] {
        &self.listed
    }
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// A date as `YYYY-MM-DD`, and in no other spelling.
pub(crate) fn exact_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let year = digits(parts.next()?, 4)?;
    let (month, day) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    date(i32::try_from(year).ok()?, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        exact_date(text).unwrap()
    }

    fn june() -> FiscalYears {
        FiscalYears::ending(MonthDay::parse("06-30").unwrap())
    }

    #[test]
    fn names_and_bounds() {
        for (name, start, end) in [
            ("2025-03", "2025-03-01", "2025-03-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2025-Q1", "2025-01-01", "2025-03-31"),
            ("2025-Q4", "2025-10-01", "2025-12-31"),
            ("2025", "2025-01-01", "2025-12-31"),
            ("FY2025-06-30", "2024-07-01", "2025-06-30"),
        ] {
            let period = Period::parse(name, 1, &june()).unwrap();
            assert_eq!((period.start(), period.end()), (day(start), day(end)), "{name}");
            assert_eq!(period.to_string(), name);
        }
        for name in [
            "2025-13",
            "2025-3",
            "2025-Q5",
            "25",
            "2025-Q",
            "FY2025-07-30",
            "FY2025",
            "",
            "2025-03-01",
            "1899-01",
            "２０２５",
        ] {
            assert_eq!(Period::parse(name, 1, &june()), None, "{name}");
        }
    }

    #[test]
    fn a_name_says_its_last_day() {
        for (name, last) in [
            ("2024-02", Some("2024-02-29")),
            ("2025-Q1", Some("2025-03-31")),
            ("2025", Some("2025-12-31")),
            ("FY2025-05-10", Some("2025-05-10")),
            ("FY2025", None),
            ("2025-13", None),
        ] {
            assert_eq!(Period::last_day(name), last.map(day), "{name}");
        }
    }

    #[test]
    fn several_months_are_named_by_the_last() {
        let years = FiscalYears::calendar();
        let first = Period::parse("2025-02", 2, &years).unwrap();
        assert_eq!((first.start(), first.end()), (day("2025-01-01"), day("2025-02-28")));
        let names: Vec<String> = std::iter::successors(Some(first), |period| period.next(&years))
            .take(7)
            .map(|period| period.to_string())
            .collect();
        assert_eq!(names, ["2025-02", "2025-04", "2025-06", "2025-08", "2025-10", "2025-12", "2026-02"]);
    }

    #[test]
    fn a_year_that_ends_with_february() {
        let years = FiscalYears::ending(MonthDay::parse("02-28").unwrap());
        let leap = years.containing(day("2024-02-29")).unwrap();
        assert_eq!((leap.start(), leap.end()), (day("2023-03-01"), day("2024-02-29")));
        assert_eq!(leap.next(&years).unwrap().end(), day("2025-02-28"));
    }

    #[test]
    fn short_years_and_a_change_of_the_closing_day() {
        let listed = vec![(day("2024-09-15"), day("2024-12-31")), (day("2026-01-01"), day("2026-06-30"))];
        let years = FiscalYears::calendar().with(listed).unwrap();
        let names: Vec<String> =
            std::iter::successors(years.containing(day("2024-10-01")), |period| period.next(&years))
                .take(4)
                .map(|period| format!("{} {period}", period.start()))
                .collect();
        assert_eq!(
            names,
            [
                "2024-09-15 FY2024-12-31",
                "2025-01-01 FY2025-12-31",
                "2026-01-01 FY2026-06-30",
                "2026-07-01 FY2026-12-31"
            ]
        );
        // A client that changed its closing day had calendar years before.
        let changed = june().with(vec![(day("2026-01-01"), day("2026-06-30"))]).unwrap();
        let names: Vec<String> = changed
            .begun(day("2024-03-01"), day("2026-07-01"))
            .map(|period| format!("{} {period}", period.start()))
            .collect();
        assert_eq!(
            names,
            [
                "2024-01-01 FY2024-12-31",
                "2025-01-01 FY2025-12-31",
                "2026-01-01 FY2026-06-30",
                "2026-07-01 FY2027-06-30"
            ]
        );
        assert!(
            FiscalYears::calendar()
                .with(vec![(day("2024-01-01"), day("2024-06-30")), (day("2024-06-30"), day("2024-12-31"))])
                .is_none()
        );
    }

    proptest! {
        /// Periods of a kind follow each other without a gap, and each is found by its name and by each of its days.
        #[test]
        fn periods_tile_time(year in 1950i32..2150, month in 1u32..=12, dom in 1u32..=31, kind in 0usize..4, closing in 1u32..=12) {
            let years = FiscalYears::ending(MonthDay::new(closing, 28).unwrap());
            let day = day_of_month(date(year, month, 1).unwrap(), dom);
            let period = Period::containing(PeriodKind::ALL[kind], day, &years).unwrap();
            prop_assert!((period.start()..=period.end()).contains(&day));
            let next = period.next(&years).unwrap();
            prop_assert_eq!(period.end().succ_opt(), Some(next.start()));
            prop_assert_eq!(Period::parse(&period.to_string(), 1, &years), Some(period));
        }

        #[test]
        fn months_never_drift(year in 1950i32..2150, month in 1u32..=12, dom in 1u32..=31, months in -60i32..60) {
            let from = day_of_month(date(year, month, 1).unwrap(), dom);
            let to = add_months(from, months);
            prop_assert!(to.day() == from.day() || to == last_of_month(to) && to.day() < from.day());
        }
    }
}
