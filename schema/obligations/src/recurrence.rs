//! Which periods recurring work has, and when the work on them begins (C-08).

use chrono::{Datelike, NaiveDate};

use crate::period::{FiscalYears, Period, PeriodKind, add_months, day_of_month};

/// How often something recurs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Recurrence {
    /// The kind of its periods.
    pub kind: PeriodKind,
    /// For months: how many months a period has. Otherwise 1.
    pub every: u32,
    /// For months: only those that end in one of these months; all if empty.
    pub months: Vec<u32>,
    /// The month in which the work begins, counted from the one in which the period ends.
    pub begin_month: i32,
    /// The day of that month, or its last if it is shorter.
    pub begin_day: u32,
}

impl Recurrence {
    /// Reads the name of one of its periods.
    pub fn parse(&self, name: &str, years: &FiscalYears) -> Option<Period> {
        let period = Period::parse(name, self.every, years)?;
        (period.kind() == self.kind && self.is_chosen(&period)).then_some(period)
    }

    fn is_chosen(&self, period: &Period) -> bool {
        self.kind != PeriodKind::Month
            || self.months.is_empty()
            || self.months.contains(&period.end().month())
    }

    /// The day on which work on a period begins.
    pub fn begins_on(&self, period: &Period) -> NaiveDate {
        day_of_month(add_months(day_of_month(period.end(), 1), self.begin_month), self.begin_day)
    }

    /// The periods from the first to the last, both included, whose work has begun by a day. They are always counted from
    /// the first one, so that nothing drifts.
    pub fn begun(
        &self,
        first: Period,
        last: Option<NaiveDate>,
        by: NaiveDate,
        years: &FiscalYears,
    ) -> impl Iterator<Item = Period> {
        let last = last.unwrap_or(NaiveDate::MAX);
        std::iter::successors(Some(first), |period| period.next(years))
            .take_while(move |period| period.end() <= last && self.begins_on(period) <= by)
            .filter(|period| self.is_chosen(period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::exact_date;

    fn begun(recurrence: &Recurrence, first: &str, last: Option<&str>, by: &str) -> Vec<String> {
        let years = FiscalYears::calendar();
        let parse = |name| Period::parse(name, recurrence.every, &years).unwrap();
        let (first, last) = (parse(first), last.and_then(Period::last_day));
        let periods = recurrence.begun(first, last, exact_date(by).unwrap(), &years);
        periods.map(|period| period.to_string()).collect()
    }

    #[test]
    fn periods_whose_work_has_begun() {
        let monthly =
            Recurrence { kind: PeriodKind::Month, every: 1, months: vec![], begin_month: 0, begin_day: 20 };
        assert_eq!(begun(&monthly, "2025-01", None, "2025-03-19"), ["2025-01", "2025-02"]);
        assert_eq!(begun(&monthly, "2025-01", None, "2025-03-20"), ["2025-01", "2025-02", "2025-03"]);
        assert_eq!(begun(&monthly, "2025-01", Some("2025-02"), "2026-03-20"), ["2025-01", "2025-02"]);
        assert_eq!(begun(&monthly, "2025-05", None, "2025-03-20"), [""; 0]);

        let every_two = Recurrence { every: 2, ..monthly.clone() };
        assert_eq!(begun(&every_two, "2025-02", None, "2025-07-01"), ["2025-02", "2025-04", "2025-06"]);

        let chosen = Recurrence { months: vec![6, 12], ..monthly.clone() };
        assert_eq!(
            begun(&chosen, "2025-01", None, "2026-12-31"),
            ["2025-06", "2025-12", "2026-06", "2026-12"]
        );

        // The last day of February, and not the 31st of January for ever.
        let ends = Recurrence { begin_day: 31, ..monthly };
        assert_eq!(begun(&ends, "2024-01", None, "2024-02-28"), ["2024-01"]);
        assert_eq!(begun(&ends, "2024-01", None, "2024-02-29"), ["2024-01", "2024-02"]);

        let yearly =
            Recurrence { kind: PeriodKind::Year, every: 1, months: vec![], begin_month: 3, begin_day: 1 };
        assert_eq!(begun(&yearly, "2023", None, "2025-02-28"), ["2023"]);
        assert_eq!(begun(&yearly, "2023", None, "2025-03-01"), ["2023", "2024"]);
    }
}
