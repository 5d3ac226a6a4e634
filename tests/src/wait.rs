//! Waiting for events in other processes.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long anything may take before a test fails; machines are slow and busy.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Returns as soon as `condition` returns a value.
///
/// # Panics
/// When it does not within [`DEADLINE`]; `what` describes what was waited for.
pub async fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
