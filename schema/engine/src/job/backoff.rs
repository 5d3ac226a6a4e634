//! The backoff before a job's next attempt.

use chrono::TimeDelta;

/// The longest wait before the second attempt, in seconds; it doubles with each further attempt.
const BASE: i64 = 15;
/// The longest wait at all, in seconds.
const CAP: i64 = 3600;

/// The wait after this attempt (counted from 1): exponential, up to an hour. The second half of it is random
/// (`random`, from 0 to 1), so that jobs that failed together do not return together.
pub fn backoff(attempt: i32, random: f64) -> TimeDelta {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(16);
    let longest = (BASE << doublings).min(CAP) * 1000;
    // Below 3.6 million: exact as a float, and the cast cannot overflow.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    let chance = (longest as f64 / 2.0 * random.clamp(0.0, 1.0)) as i64;
    TimeDelta::milliseconds(longest / 2 + chance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_up_to_an_hour() {
        let longest: Vec<i64> = (1..=11).map(|attempt| backoff(attempt, 1.0).num_seconds()).collect();
        assert_eq!(longest, [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        assert_eq!(backoff(1, 0.0).num_milliseconds(), 7500);
    }

    proptest! {
        /// The wait is at least half the base, at most the cap, and does not shrink with more attempts for the
        /// same `random`.
        #[test]
        fn stays_in_its_bounds(attempt: i32, random in any::<f64>(), further in 0..40_i32) {
            let wait = backoff(attempt, random);
            prop_assert!(wait >= TimeDelta::milliseconds(BASE * 500));
            prop_assert!(wait <= TimeDelta::seconds(CAP));
            prop_assert!(backoff(attempt.saturating_add(further), random) >= wait);
        }
    }
}
