//! Waiting for events in other processes.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long anything may take before a test fails; machines are slow and busy.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// The same for whatever fills in the demo first: thousands of real commands, one after the other, by a build that nobody
/// optimized and beside other tests.
pub const WITH_DEMO: Duration = DEADLINE.saturating_mul(3);
/// The polling interval.
const LOOK: Duration = Duration::from_millis(5);

/// Returns as soon as `condition` returns a value.
///
/// # Panics
/// When it does not within [`DEADLINE`]; `what` describes what was waited for.
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    until_ok(what, async || condition().await.ok_or(())).await
}

/// Returns as soon as `condition` succeeds.
///
/// # Panics
/// When it does not within [`DEADLINE`], with its last error; `what` describes what was waited for.
pub async fn until_ok<T, E: Debug>(what: &str, mut condition: impl AsyncFnMut() -> Result<T, E>) -> T {
    let begun = Instant::now();
    loop {
        match condition().await {
            Ok(value) => return value,
            Err(error) => assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}: {error:#?}"),
        }
        sleep(LOOK).await;
    }
}
