//! Background work: a list of reconcilers, each with a rhythm, a time limit and an error of its own.
//!
//! A reconciler needs no input and is idempotent: it compares what is there with what should be there, and corrects
//! the difference. Each one runs in its own task, so that one that fails or hangs does not delay the others.
//!
//! The list, with the interval of each, is [`crate::reconcilers`] in `lib.rs`.

use std::error::Error as StdError;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

type BoxError = Box<dyn StdError + Send + Sync>;
type Turn = Box<dyn Fn() -> BoxFuture<'static, Result<usize, BoxError>> + Send + Sync>;

/// A piece of background work that runs periodically.
pub struct Reconciler {
    /// The name in logs and errors.
    pub name: &'static str,
    every: Duration,
    limit: Duration,
    turn: Turn,
}

/// Why a turn failed. The next turn tries again.
#[derive(Debug, thiserror::Error)]
pub enum TurnFailed {
    /// It returned an error.
    #[error("{0}")]
    Failed(#[source] BoxError),
    /// It exceeded its time limit and was cancelled.
    #[error("not done within {0:?}")]
    TimedOut(Duration),
    /// It panicked.
    #[error("panicked")]
    Panicked,
}

impl Reconciler {
    /// Creates a reconciler that waits for `every` between two turns. A turn returns how many things it corrected.
    /// After `limit` it is cancelled, so it must be safe to cancel at any point.
    pub fn new<F, E>(
        name: &'static str,
        every: Duration,
        limit: Duration,
        turn: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<usize, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let turn = move || {
            let turn = turn();
            async move { turn.await.map_err(Into::into) }.boxed()
        };
        Self { name, every, limit, turn: Box::new(turn) }
    }

    /// Runs one turn. Returns how many things it corrected.
    ///
    /// # Errors
    /// When the turn fails, panics or exceeds its time limit.
    pub async fn turn(&self) -> Result<usize, TurnFailed> {
        // The closure is called inside, so that a panic of it is caught too.
        let turn = AssertUnwindSafe(async { (self.turn)().await }).catch_unwind();
        match timeout(self.limit, turn).await {
            Ok(Ok(ended)) => ended.map_err(TurnFailed::Failed),
            Ok(Err(_)) => Err(TurnFailed::Panicked),
            Err(_) => Err(TurnFailed::TimedOut(self.limit)),
        }
    }

    /// Runs turns until `stop`. The first one runs at once, so that a process that crashes often still gets to it.
    pub async fn run(self, stop: CancellationToken) {
        while let Some(ended) = stop.run_until_cancelled(self.turn()).await {
            match ended {
                Ok(0) => {}
                Ok(done) => tracing::info!(reconciler = self.name, done, "reconciled"),
                Err(error) => {
                    tracing::warn!(reconciler = self.name, %error, "reconciling failed; it is tried again");
                }
            }
            if stop.run_until_cancelled(sleep(self.every)).await.is_none() {
                return;
            }
        }
    }
}

impl fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciler").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::io;

    use tokio::sync::mpsc;
    use tokio::task::JoinSet;

    use super::*;

    /// Reconcilers that fail, panic or hang are tried again, and do not keep others from running.
    #[tokio::test]
    async fn one_that_fails_starves_no_other() {
        const SOON: Duration = Duration::from_millis(1);
        let (told, mut turns) = mpsc::unbounded_channel();
        let tell = move |name| {
            let told = told.clone();
            move || told.send(name).unwrap_or_default()
        };
        let [fails, panics, hangs, works] = ["fails", "panics", "hangs", "works"].map(tell);
        let list = [
            Reconciler::new("fails", SOON, SOON, move || {
                fails();
                ready(Err(io::Error::other("no")))
            }),
            Reconciler::new("panics", SOON, SOON, move || {
                panics();
                async {
                    assert!(SOON.is_zero(), "a fault");
                    Ok::<usize, io::Error>(0)
                }
            }),
            Reconciler::new("hangs", SOON, SOON, move || {
                hangs();
                pending::<io::Result<usize>>()
            }),
            Reconciler::new("works", SOON, SOON, move || {
                works();
                ready(Ok::<_, io::Error>(1))
            }),
        ];
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        for reconciler in list {
            running.spawn(reconciler.run(stop.clone()));
        }
        let mut left = ["fails", "panics", "hangs", "works"].repeat(3);
        while !left.is_empty() {
            let turn = turns.recv().await.unwrap();
            if let Some(at) = left.iter().position(|name| *name == turn) {
                left.remove(at);
            }
        }
        stop.cancel();
        running.join_all().await;
    }

    #[tokio::test]
    async fn each_has_an_error_of_its_own() {
        const LIMIT: Duration = Duration::from_millis(1);
        let turn = async |reconciler: Reconciler| reconciler.turn().await.map_err(|error| error.to_string());
        let failing = Reconciler::new("a", LIMIT, LIMIT, || ready(Err(io::Error::other("no"))));
        assert_eq!(turn(failing).await, Err("no".to_owned()));
        let hanging = Reconciler::new("b", LIMIT, LIMIT, pending::<io::Result<usize>>);
        assert_eq!(turn(hanging).await, Err("not done within 1ms".to_owned()));
        let working = Reconciler::new("c", LIMIT, LIMIT, || ready(Ok::<_, io::Error>(7)));
        assert_eq!(turn(working).await, Ok(7));
    }
}
