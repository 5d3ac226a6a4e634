//! The health of the queue, for readiness and for the exit code.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use apalis_core::error::WorkerError;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Without a claim for so long, the queue is not ready.
const SILENCE: Duration = Duration::from_secs(15);
/// A worker that has run for so long starts with a clean record.
const PROBATION: Duration = Duration::from_secs(60);
/// After so many crashes in a row the process ends.
const DEATHS: u32 = 5;

/// The queue cannot go on: the process should exit with a failure and be started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkersDied {
    /// The worker of a kind crashed repeatedly.
    #[error("the worker of the jobs `{0}` keeps dying")]
    Kind(&'static str),
    /// A part ended without a reason.
    #[error("the job queue's {0} ended")]
    Part(&'static str),
}

/// The health of this process's queue. Clones share the same state.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    claimed: Mutex<Option<Instant>>,
    down: AtomicUsize,
}

impl Health {
    /// Whether jobs are claimed, and every kind has a running worker.
    pub fn is_ready(&self) -> bool {
        let claimed = *self.0.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.is_some_and(|at| at.elapsed() < SILENCE) && self.0.down.load(Ordering::Relaxed) == 0
    }

    /// The queue answered a claim, or all slots were busy.
    pub(super) fn claimed(&self) {
        *self.0.claimed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// Runs the worker of a kind until `drain`; restarts it a few times when it crashes, with delays that double from
/// `wait`.
///
/// # Errors
/// When it keeps crashing.
pub(super) async fn watch<F>(
    kind: &'static str,
    health: Health,
    wait: Duration,
    drain: CancellationToken,
    mut start: impl FnMut() -> F,
) -> Result<(), WorkersDied>
where
    F: Future<Output = Result<(), WorkerError>> + Send + 'static,
{
    let mut deaths = 0;
    loop {
        let began = Instant::now();
        // A separate task, so that a panic ends here.
        let ended = tokio::spawn(start()).await;
        if drain.is_cancelled() {
            return Ok(());
        }
        deaths = if began.elapsed() >= PROBATION { 1 } else { deaths + 1 };
        tracing::error!(kind, deaths, ?ended, "a worker died");
        if deaths >= DEATHS {
            return Err(WorkersDied::Kind(kind));
        }
        health.0.down.fetch_add(1, Ordering::Relaxed);
        let go_on = drain.run_until_cancelled(sleep(wait * 2_u32.pow(deaths - 1))).await.is_some();
        health.0.down.fetch_sub(1, Ordering::Relaxed);
        if !go_on {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn a_worker_that_keeps_dying_is_given_up() {
        let mut starts = 0;
        let start = || {
            starts += 1;
            let panics = starts % 2 == 0;
            async move {
                assert!(!panics, "a bug");
                Ok(()) // ended without being asked to
            }
        };
        let ended = watch("mail", Health::default(), WAIT, CancellationToken::new(), start).await;
        assert_eq!(ended, Err(WorkersDied::Kind("mail")));
        assert_eq!(starts, DEATHS);
    }

    #[tokio::test]
    async fn a_worker_that_is_asked_to_ends_well() {
        let drain = CancellationToken::new();
        let (health, mut starts) = (Health::default(), 0);
        let ended = watch("mail", health.clone(), WAIT, drain.clone(), || {
            starts += 1;
            let drain = drain.clone();
            let dies = starts == 1;
            async move {
                if !dies {
                    drain.cancel();
                    drain.cancelled().await;
                }
                Ok(())
            }
        });
        assert_eq!(ended.await, Ok(()));
        assert_eq!(starts, 2);
        assert!(!health.is_ready(), "nothing was claimed yet");
        health.claimed();
        assert!(health.is_ready());
    }
}
