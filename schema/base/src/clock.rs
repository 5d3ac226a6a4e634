//! Time is a parameter: everything that needs "now" is given a [`Clock`]. There is one time for all processes, that of
//! the database: see [`DatabaseClock`].

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Where the time comes from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, in whole microseconds as PostgreSQL keeps them.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock that all parts of one process share.
pub type SharedClock = Arc<dyn Clock>;

/// An answer of the database about its time.
#[derive(Debug, Clone, Copy)]
pub struct TimeTold {
    /// When it was asked.
    pub asked: Instant,
    /// When its answer arrived.
    pub answered: Instant,
    /// The time that it told, somewhere in between.
    pub time: DateTime<Utc>,
}

/// The database's time, as the answers of the database tell it; between them the process counts the seconds. The clock
/// of the machine has no part in it, so that processes on machines with different clocks agree.
#[derive(Debug)]
pub struct DatabaseClock(Mutex<Known>);

/// At this instant it was that time.
#[derive(Debug, Clone, Copy)]
struct Known {
    at: Instant,
    time: DateTime<Utc>,
}

impl Known {
    fn time_at(self, instant: Instant) -> DateTime<Utc> {
        // At most a few hundred years, so it fits.
        let delta = |duration| TimeDelta::from_std(duration).unwrap_or_default();
        let passed = delta(instant.saturating_duration_since(self.at));
        self.time + passed - delta(self.at.saturating_duration_since(instant))
    }
}

impl DatabaseClock {
    /// A clock that is set by this answer.
    pub fn new(told: TimeTold) -> Self {
        let TimeTold { asked, answered, time } = told;
        let middle = Known { at: asked + answered.saturating_duration_since(asked) / 2, time };
        let clock = Self(Mutex::new(middle));
        clock.adjust(told);
        clock
    }

    /// Sets it again, as far as the answer proves it wrong: small differences come from the way of the answer.
    pub fn adjust(&self, TimeTold { asked, answered, time }: TimeTold) {
        let mut known = self.lock();
        let longest = TimeDelta::from_std(answered.saturating_duration_since(asked)).unwrap_or_default();
        let right = known.time_at(answered).clamp(time, time + longest);
        *known = Known { at: answered, time: right };
        drop(known);
        let ahead = self.ahead_of_machine().num_microseconds().unwrap_or_default();
        AHEAD.store(ahead, Ordering::Relaxed);
    }

    /// How far the database is ahead of this machine's clock.
    pub fn ahead_of_machine(&self) -> TimeDelta {
        self.now() - machine_time()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> DateTime<Utc> {
        let known = *self.lock();
        known.time_at(Instant::now()).trunc_subsecs(6)
    }
}

/// How far the database is ahead of this machine's clock, in microseconds: for ids, which are ordered by time and made
/// where there is no clock.
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// The time since 1970 for the order of ids: the database's, as far as it has told it.
pub(crate) fn time_of_ids() -> Duration {
    let time = machine_time() + TimeDelta::microseconds(AHEAD.load(Ordering::Relaxed));
    (time - DateTime::UNIX_EPOCH).to_std().unwrap_or_default()
}

/// What this machine says. It may be wrong: only to compare it, and where no database is at hand.
#[allow(clippy::disallowed_methods)] // the one place that reads it
pub fn machine_time() -> DateTime<Utc> {
    Utc::now()
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `start`.
    pub fn new(start: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(start.trunc_subsecs(6))))
    }

    /// Moves the clock, forward or back.
    pub fn advance(&self, by: TimeDelta) {
        *self.lock() += by;
    }

    fn lock(&self) -> MutexGuard<'_, DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EPOCH: DateTime<Utc> = DateTime::UNIX_EPOCH;

    /// An answer after `late` ms of the way there and `back` ms of the way back, when the true time is `at` ms.
    fn told(begin: Instant, at: u64, late: u64, back: u64) -> TimeTold {
        let ms = Duration::from_millis;
        let asked = begin + ms(at);
        let time = EPOCH + TimeDelta::from_std(ms(at + late)).unwrap();
        TimeTold { asked, answered: asked + ms(late + back), time }
    }

    proptest! {
        /// However the ways of answers vary, the clock is never further off than the shortest of them took.
        #[test]
        fn it_is_right(answers in proptest::collection::vec((0_u64..100, 0_u64..500, 0_u64..500), 1..20)) {
            let begin = Instant::now();
            let (mut at, mut least) = (0, u64::MAX);
            let mut clock: Option<DatabaseClock> = None;
            for (pause, late, back) in answers {
                at += pause;
                let answer = told(begin, at, late, back);
                at += late + back;
                least = least.min(late + back);
                match &clock {
                    Some(clock) => clock.adjust(answer),
                    None => clock = Some(DatabaseClock::new(answer)),
                }
            }
            let shown = clock.unwrap().lock().time_at(begin + Duration::from_millis(at));
            let off = (shown - EPOCH).num_milliseconds().abs_diff(i64::try_from(at).unwrap());
            prop_assert!(off <= least, "{off} ms with {least} ms");
        }

        /// Answers that do not prove the clock wrong do not move it: time does not jump about.
        #[test]
        fn it_is_steady(late in 1_u64..500, back in 1_u64..500) {
            let begin = Instant::now();
            let clock = DatabaseClock::new(told(begin, 0, 5, 5));
            let later = begin + Duration::from_hours(1);
            let before = clock.lock().time_at(later);
            clock.adjust(told(begin, 1000, late, back));
            let moved = (clock.lock().time_at(later) - before).abs();
            prop_assert!(moved <= TimeDelta::milliseconds(5), "{moved}");
        }
    }

    /// A failover to a server with another time moves it, forward and back.
    #[test]
    fn it_follows_another_server() {
        let begin = Instant::now();
        let clock = DatabaseClock::new(told(begin, 0, 1, 1));
        for hours in [1, -2, 0] {
            let mut answer = told(begin, 10_000, 1, 1);
            answer.time += TimeDelta::hours(hours);
            clock.adjust(answer);
            let off = clock.lock().time_at(answer.answered) - answer.time;
            assert!(off >= TimeDelta::zero() && off <= TimeDelta::milliseconds(2), "{off}");
        }
    }
}
