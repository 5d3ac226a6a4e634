//! Rules of recurring tasks, as pure functions: which periods they have, and which of them are due to begin.

use chrono::NaiveDate;
use guichet_obligations::{FiscalYears, Period, Recurrence};

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
        let Some(first) = self.parse(self.first) else { return Vec::new() };
        let last = self.last.and_then(|last| self.parse(last));
        let pauses: Vec<(NaiveDate, NaiveDate)> = self
            .pauses
            .iter()
            .filter_map(|(from, to)| {
                let to = match to {
                    Some(to) => self.parse(to)?.end(),
                    None => NaiveDate::MAX,
                };
                Some((self.parse(from)?.start(), to))
            })
            .collect();
        let is_paused =
            |period: &Period| pauses.iter().any(|(from, to)| *from <= period.start() && period.end() <= *to);
        let is_served = |period: &Period| self.ended_on.is_none_or(|ended| period.start() <= ended);
        self.recurrence
            .begun(first, last, by, self.years)
            .filter(|period| is_served(period) && !is_paused(period))
            .collect()
    }

    /// A period of this series by its name, whether or not its month is one of the chosen ones.
    fn parse(&self, name: &str) -> Option<Period> {
        Period::parse(name, self.recurrence.every, self.years)
            .filter(|period| period.kind() == self.recurrence.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_obligations::PeriodKind;
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
