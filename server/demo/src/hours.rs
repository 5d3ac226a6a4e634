//! When people do things: staff in office hours, clients while they are awake.

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;

/// The hours of a firm's zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hours {
    zone: Tz,
}

/// The time of the day in which something goes on.
struct Window {
    opens: NaiveTime,
    closes: NaiveTime,
    weekends: bool,
}

const fn clock(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("an hour of the day")
}

const OFFICE: Window = Window { opens: clock(8, 30), closes: clock(18, 30), weekends: false };
const WAKING: Window = Window { opens: clock(7, 0), closes: clock(23, 0), weekends: true };

impl Window {
    fn of(&self, day: NaiveDate) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let closed = matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.weekends;
        (!closed).then(|| (day.and_time(self.opens), day.and_time(self.closes)))
    }
}

impl Hours {
    pub const fn of(zone: Tz) -> Self {
        Self { zone }
    }

    /// That much working time later.
    pub fn office(self, at: DateTime<Utc>, later: TimeDelta) -> DateTime<Utc> {
        self.forward(&OFFICE, at, later)
    }

    /// That much waking time later, weekends too.
    pub fn waking(self, at: DateTime<Utc>, later: TimeDelta) -> DateTime<Utc> {
        self.forward(&WAKING, at, later)
    }

    /// How much working time lies between two moments.
    pub fn working_time(self, from: DateTime<Utc>, until: DateTime<Utc>) -> TimeDelta {
        let (from, until) = (self.local(from), self.local(until));
        from.date()
            .iter_days()
            .take_while(|day| *day <= until.date())
            .filter_map(|day| OFFICE.of(day))
            .map(|(opens, closes)| (closes.min(until) - opens.max(from)).max(TimeDelta::zero()))
            .sum()
    }

    /// The date in the firm's zone.
    pub fn date(self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// The beginning of the first working day from `day` on.
    pub fn morning(self, day: NaiveDate) -> DateTime<Utc> {
        self.office(self.utc(day.and_time(OFFICE.opens)), TimeDelta::zero())
    }

    /// The beginning of work so many days ago.
    pub fn days_before(self, now: DateTime<Utc>, days: i64) -> DateTime<Utc> {
        self.morning(self.date(now - TimeDelta::days(days)))
    }

    /// The moment of that day at which the clocks here show the same as now.
    pub fn same_time_on(self, day: NaiveDate, now: DateTime<Utc>) -> DateTime<Utc> {
        self.utc(day.and_time(self.local(now).time()))
    }

    fn forward(self, window: &Window, at: DateTime<Utc>, later: TimeDelta) -> DateTime<Utc> {
        let (mut local, mut left) = (self.local(at), later);
        loop {
            if let Some((opens, closes)) = window.of(local.date())
                && local < closes
            {
                local = local.max(opens);
                if local + left < closes {
                    return self.utc(local + left);
                }
                left -= closes - local;
            }
            local = (local.date() + Days::new(1)).and_time(window.opens);
        }
    }

    fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.zone).naive_local()
    }

    fn utc(self, local: NaiveDateTime) -> DateTime<Utc> {
        // Summer time begins and ends at night, outside of both windows.
        let at = self.zone.from_local_datetime(&local).earliest();
        at.unwrap_or_else(|| self.zone.from_utc_datetime(&local)).to_utc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARIS: Hours = Hours::of(chrono_tz::Europe::Paris);

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn work_rests_at_night_and_on_weekends() {
        // A Friday in Paris, 18:00 local time.
        let friday = at("2026-11-20T17:00:00Z");
        assert_eq!(PARIS.office(friday, TimeDelta::minutes(20)), at("2026-11-20T17:20:00Z"));
        assert_eq!(PARIS.office(friday, TimeDelta::minutes(45)), at("2026-11-23T07:45:00Z"));
        assert_eq!(PARIS.waking(friday, TimeDelta::hours(6)), at("2026-11-21T07:00:00Z"));
        let week = PARIS.working_time(at("2026-11-16T00:00:00Z"), at("2026-11-22T23:00:00Z"));
        assert_eq!(week, TimeDelta::hours(50));
        assert_eq!(PARIS.working_time(friday, at("2026-11-23T08:00:00Z")), TimeDelta::hours(1));
        assert_eq!(PARIS.morning("2026-11-01".parse().unwrap()), at("2026-11-02T07:30:00Z"));
    }
}
