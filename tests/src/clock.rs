//! The machine's clock, for tests with the real time. The program itself has no such clock: it goes by the database's.

use chrono::{DateTime, SubsecRound, Utc};
use guichet_base::clock::Clock;

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        #[allow(clippy::disallowed_methods, reason = "the server of the tests runs on the same machine")]
        Utc::now().trunc_subsecs(6)
    }
}
