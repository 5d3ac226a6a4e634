//! Rules of recurring tasks, as pure functions: which periods they have, and which of them are due to begin.

use chrono::NaiveDate;
use guichet_base::text_enum;
use guichet_obligations::{FiscalYears, Period, PeriodKind, Recurrence};

use crate::people::rights::FirmAct;

text_enum! {
    /// An action on a recurring task.
    pub enum RecurringTaskAct {
        /// Change it with `recurringTaskUpdate`, or its dates with `recurringTaskOverrideSet`.
        Update = "UPDATE",
        /// Let it rest with `recurringTaskPause`.
        Pause = "PAUSE",
        /// Let it go on with `recurringTaskResume`.
        Resume = "RESUME",
        /// Take its tasks back with `recurringTaskUndo`.
        Undo = "UNDO",
    }
}

impl RecurringTaskAct {
    /// The right that the action requires.
    pub const fn right(self) -> FirmAct {
        match self {
            Self::Update | Self::Pause | Self::Resume => FirmAct::RecurringTaskUpdate,
            Self::Undo => FirmAct::TaskGenerationRun,
        }
    }
}

/// What decides which periods a recurring task has.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// How often the work recurs.
    pub recurrence: &'a Recurrence,
    /// The fiscal years of the client.
    pub years: &'a FiscalYears,
    /// The first period, by its name.
    pub first: &'a str,
    /// The last one, included.
    pub last: Option<&'a str>,
    /// Pauses, by the names of their first and last periods.
    pub pauses: &'a [(String, Option<String>)],
    /// The last day on which the firm serves the client.
    pub ended_on: Option<NaiveDate>,
}

impl Series<'_> {
    /// The periods whose work has begun by a day, those of pauses left out. An ended client keeps the periods that began
    /// before it ended: annual returns come after the end.
    pub fn begun(&self, by: NaiveDate) -> Vec<Period> {
        let Some(first) = period(self.first, self.recurrence, self.years) else { return Vec::new() };
        // A bound that nobody can read holds, rather than being dropped.
        let last = self.last.map(|last| Period::last_day(last).unwrap_or(NaiveDate::MIN));
        let pauses: Vec<(NaiveDate, NaiveDate)> = self
            .pauses
            .iter()
            .map(|(from, to)| {
                let to = to.as_deref().and_then(Period::last_day).unwrap_or(NaiveDate::MAX);
                (Period::last_day(from).unwrap_or(NaiveDate::MIN), to)
            })
            .collect();
        let is_paused = |period: &Period| pauses.iter().any(|(from, to)| is_between(period, *from, *to));
        let is_served = |period: &Period| self.ended_on.is_none_or(|ended| period.start() <= ended);
        self.recurrence
            .begun(first, last, by, self.years)
            .filter(|period| is_served(period) && !is_paused(period))
            .collect()
    }
}

/// A period of a series by its name. Where the fiscal years of the client are others now, the year in which that one closed.
pub fn period(name: &str, recurrence: &Recurrence, years: &FiscalYears) -> Option<Period> {
    match recurrence.kind {
        PeriodKind::FiscalYear => years.containing(Period::last_day(name)?),
        kind => Period::parse(name, recurrence.every, years).filter(|period| period.kind() == kind),
    }
}

/// The last period of a series that is over when another one begins.
pub fn before(first: Period, next: &Period, years: &FiscalYears) -> Option<Period> {
    let periods = std::iter::successors(Some(first), |period| period.next(years));
    periods.take_while(|period| period.end() < next.start()).last()
}

/// Whether two series have a period in common, by the names of their first and last ones. What nobody can read has no bound.
pub fn overlap(one: (&str, Option<&str>), other: (&str, Option<&str>)) -> bool {
    let first = |name: &str| Period::last_day(name).unwrap_or(NaiveDate::MIN);
    let last = |name: Option<&str>| name.and_then(Period::last_day).unwrap_or(NaiveDate::MAX);
    first(one.0) <= last(other.1) && first(other.0) <= last(one.1)
}

/// Whether a period lies between two others, of which the last days are known: fiscal years may have others now.
pub fn is_between(period: &Period, first: NaiveDate, last: NaiveDate) -> bool {
    let is_begun = match period.kind() {
        PeriodKind::FiscalYear => period.start() <= last,
        _ => period.end() <= last,
    };
    first <= period.end() && is_begun
}

/// Whether work for a period was made under the name of another fiscal year: one that closed in it, when the client's years
/// were others. Only of the past: what is later than all that was made is new.
pub fn is_made_otherwise<'a>(period: &Period, made: impl Iterator<Item = &'a str> + Clone) -> bool {
    let closings = made.filter_map(Period::last_day);
    period.kind() == PeriodKind::FiscalYear
        && closings.clone().any(|closing| (period.start()..=period.end()).contains(&closing))
        && closings.max().is_some_and(|latest| period.end() <= latest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_obligations::MonthDay;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn monthly() -> Recurrence {
        Recurrence { kind: PeriodKind::Month, every: 1, months: vec![], begin_month: 1, begin_day: 1 }
    }

    fn begun(series: &Series<'_>, by: &str) -> Vec<String> {
        series.begun(day(by)).iter().map(ToString::to_string).collect()
    }

    /// C-08: from a period to a period, without pauses, and after the end of a client only what began before it.
    #[test]
    fn c_08_periods_of_a_series() {
        let (recurrence, years) = (monthly(), FiscalYears::calendar());
        let pauses = [("2026-02".to_owned(), Some("2026-03".to_owned())), ("2026-06".to_owned(), None)];
        let series = Series {
            recurrence: &recurrence,
            years: &years,
            first: "2026-01",
            last: None,
            pauses: &[],
            ended_on: None,
        };
        assert_eq!(begun(&series, "2026-04-30"), ["2026-01", "2026-02", "2026-03"]);
        assert_eq!(
            begun(&Series { pauses: &pauses, ..series.clone() }, "2026-12-31"),
            ["2026-01", "2026-04", "2026-05"]
        );
        assert_eq!(
            begun(&Series { last: Some("2026-02"), ..series.clone() }, "2026-12-31"),
            ["2026-01", "2026-02"]
        );
        let ended = Series { ended_on: Some(day("2026-03-15")), ..series.clone() };
        assert_eq!(begun(&ended, "2026-12-31"), ["2026-01", "2026-02", "2026-03"]);
        let yearly = Recurrence { kind: PeriodKind::FiscalYear, ..monthly() };
        let short = FiscalYears::calendar().with(vec![(day("2026-05-10"), day("2026-12-31"))]).unwrap();
        let series = Series {
            recurrence: &yearly,
            years: &short,
            first: "FY2026-12-31",
            last: None,
            pauses: &[],
            ended_on: Some(day("2027-02-01")),
        };
        assert_eq!(
            begun(&series, "2028-06-01"),
            ["FY2026-12-31", "FY2027-12-31"],
            "the year of the end is included"
        );
    }

    /// C-08: a client whose fiscal years change keeps the bounds of its series and its pauses, by the closing days in their
    /// names; past years are not made again under other names, and a short year between is made.
    #[test]
    fn c_08_fiscal_years_change() {
        let yearly = Recurrence { kind: PeriodKind::FiscalYear, ..monthly() };
        let june = FiscalYears::ending(MonthDay::parse("06-30").unwrap());
        let short = june.clone().with(vec![(day("2026-01-01"), day("2026-06-30"))]).unwrap();
        let series = Series {
            recurrence: &yearly,
            years: &june,
            first: "FY2024-12-31",
            last: None,
            pauses: &[],
            ended_on: None,
        };
        assert_eq!(begun(&series, "2027-07-01"), ["FY2025-06-30", "FY2026-06-30", "FY2027-06-30"]);
        let ends = Series { last: Some("FY2026-12-31"), ..series.clone() };
        assert_eq!(begun(&ends, "2029-07-01"), ["FY2025-06-30", "FY2026-06-30"]);
        let one = [("FY2025-12-31".to_owned(), Some("FY2025-12-31".to_owned()))];
        let rests = Series { pauses: &one, ..series.clone() };
        assert_eq!(begun(&rests, "2027-07-01"), ["FY2025-06-30", "FY2027-06-30"]);
        let open = [("FY2025-12-31".to_owned(), None)];
        assert_eq!(begun(&Series { pauses: &open, ..series.clone() }, "2029-07-01"), ["FY2025-06-30"]);
        let unread = [("?".to_owned(), Some("?".to_owned()))];
        assert_eq!(begun(&Series { pauses: &unread, ..series.clone() }, "2029-07-01"), [""; 0]);
        assert_eq!(begun(&Series { last: Some("?"), ..series.clone() }, "2029-07-01"), [""; 0]);

        let made = ["FY2024-12-31", "FY2025-12-31"];
        let is_made = |years: &FiscalYears, on: &str| {
            is_made_otherwise(&years.containing(day(on)).unwrap(), made.iter().copied())
        };
        assert!(is_made(&june, "2025-01-01"), "FY2025-06-30 has the end of FY2024-12-31");
        assert!(!is_made(&june, "2026-01-01"), "FY2026-06-30 is later than all that was made");
        assert!(!is_made(&short, "2026-01-01"));
        assert!(!is_made_otherwise(
            &FiscalYears::calendar().containing(day("2023-02-01")).unwrap(),
            made.into_iter()
        ));
    }

    /// C-08: two series of the same work must not have a period in common.
    #[test]
    fn c_08_overlapping_series() {
        for (one, other, expected) in [
            (("2026-01", Some("2026-12")), ("2026-07", None), true),
            (("2026-01", Some("2026-12")), ("2026-12", None), true),
            (("2026-01", Some("2026-12")), ("2027-01", None), false),
            (("2026-01", None), ("2030-01", Some("2030-02")), true),
            (("FY2026-06-30", Some("FY2026-12-31")), ("FY2027-12-31", None), false),
        ] {
            assert_eq!(overlap(one, other), expected, "{one:?} {other:?}");
            assert_eq!(overlap(other, one), expected, "{other:?} {one:?}");
        }
    }

    proptest! {
        /// Ticking every day gives what one run on the last day gives.
        #[test]
        fn c_08_nothing_is_lost_by_waiting(days in 1..800_i64, every in 1..7_u32, begin_month in -2..3_i32, begin_day in 1..32_u32) {
            let recurrence = Recurrence { every, begin_month, begin_day, ..monthly() };
            let years = FiscalYears::calendar();
            let series = Series { recurrence: &recurrence, years: &years, first: "2024-02", last: None, pauses: &[], ended_on: None };
            let start = day("2024-01-01");
            let mut seen: Vec<Period> = Vec::new();
            for passed in 0..=days {
                for period in series.begun(start + chrono::TimeDelta::days(passed)) {
                    if !seen.contains(&period) {
                        seen.push(period);
                    }
                }
            }
            prop_assert_eq!(seen, series.begun(start + chrono::TimeDelta::days(days)));
        }
    }
}
