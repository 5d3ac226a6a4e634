//! The parts of a process, and the order in which they stop: first those that serve and work, all at once, which finish
//! what they have in hand while the others still run; then what these use; PostgreSQL last.

use std::error::Error;
use std::future::{Future, pending};
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::service_manager;

/// Why a part, or the process, failed.
pub type Failure = Box<dyn Error + Send + Sync>;

/// When a part stops: all parts of one turn at once, and each turn after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Those that serve requests and do jobs.
    First,
    /// What they use.
    Then,
    /// PostgreSQL.
    Last,
}

/// The running parts of a process.
#[derive(Debug)]
pub struct Lifecycle {
    shutdown: CancellationToken,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    turn: Turn,
    limit: Duration,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Failure>>,
}

impl Lifecycle {
    /// A process without parts, which runs until `shutdown`.
    pub fn new(shutdown: CancellationToken) -> Self {
        Self { shutdown, parts: Vec::new() }
    }

    /// Adds and starts a part. It must end when its token is canceled, and is cut off `limit` later.
    pub fn add<F, E>(
        &mut self,
        name: &'static str,
        turn: Turn,
        limit: Duration,
        part: impl FnOnce(CancellationToken) -> F,
    ) where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure>,
    {
        let stop = CancellationToken::new();
        let running = part(stop.clone());
        let task = tokio::spawn(async move { running.await.map_err(Into::into) });
        self.parts.push(Part { name, turn, limit, stop, task });
    }

    /// Waits for the shutdown or for a part that ends by itself, then stops all parts.
    ///
    /// # Errors
    /// The first part that ended by itself, or failed. The process should then exit with a code that makes the service
    /// manager restart it.
    pub async fn run(mut self) -> Result<(), Failure> {
        let fallen = tokio::select! {
            () = self.shutdown.cancelled() => Ok(()),
            failure = first_to_end(&mut self.parts) => Err(failure),
        };
        let stopped = self.stop().await;
        fallen.and(stopped)
    }

    /// Stops all parts, turn by turn. One that does not stop in time is cut off, which is no failure: whatever it waits
    /// for would have kept it longer than a stop may take, and nothing depends on how it ends.
    ///
    /// # Errors
    /// The first part that failed.
    pub async fn stop(self) -> Result<(), Failure> {
        service_manager::stopping();
        let mut parts = self.parts;
        let mut outcome = Ok(());
        for turn in [Turn::First, Turn::Then, Turn::Last] {
            let stopping = parts.extract_if(.., |part| part.turn == turn).map(Part::stop);
            outcome = join_all(stopping).await.into_iter().fold(outcome, Result::and);
        }
        outcome
    }
}

impl Part {
    async fn stop(mut self) -> Result<(), Failure> {
        tracing::debug!(part = self.name, "stopping");
        self.stop.cancel();
        match timeout(self.limit, &mut self.task).await {
            Ok(ended) => self.outcome(ended),
            Err(_) => {
                self.task.abort();
                tracing::warn!(part = self.name, limit = ?self.limit, "did not stop in time and was cut off");
                Ok(())
            }
        }
    }

    fn outcome(&self, ended: Result<Result<(), Failure>, JoinError>) -> Result<(), Failure> {
        let outcome = ended.unwrap_or_else(|panic| Err(panic.into()));
        outcome.map_err(|error| format!("{}: {error}", self.name).into())
    }
}

/// Removes and reports the first part that ends by itself; waits forever when there is none.
async fn first_to_end(parts: &mut Vec<Part>) -> Failure {
    if parts.is_empty() {
        return pending().await;
    }
    let (ended, index, _) = select_all(parts.iter_mut().map(|part| &mut part.task)).await;
    let part = parts.remove(index);
    match part.outcome(ended) {
        Ok(()) => format!("{} ended by itself", part.name).into(),
        Err(failure) => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    async fn until_told(
        stop: CancellationToken,
        name: &'static str,
        order: Arc<Mutex<Vec<&'static str>>>,
    ) -> Result<(), Failure> {
        stop.cancelled().await;
        order.lock().unwrap().push(name);
        Ok(())
    }

    #[tokio::test]
    async fn parts_stop_turn_by_turn() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let shutdown = CancellationToken::new();
        let mut life = Lifecycle::new(shutdown.clone());
        let parts = [("http", Turn::First), ("postgres", Turn::Last), ("hints", Turn::Then)];
        for (name, turn) in parts {
            life.add(name, turn, LIMIT, |stop| until_told(stop, name, Arc::clone(&order)));
        }
        shutdown.cancel();
        life.run().await.unwrap();
        assert_eq!(*order.lock().unwrap(), ["http", "hints", "postgres"]);
    }

    /// Requests and jobs finish at the same time: together they take no longer than the slower of them.
    #[tokio::test]
    async fn parts_of_a_turn_stop_at_once() {
        let shutdown = CancellationToken::new();
        let mut life = Lifecycle::new(shutdown.clone());
        let both = Arc::new(tokio::sync::Barrier::new(2));
        for name in ["http", "workers"] {
            let both = Arc::clone(&both);
            life.add(name, Turn::First, LIMIT, |stop| async move {
                stop.cancelled().await;
                both.wait().await;
                Ok::<(), Failure>(())
            });
        }
        shutdown.cancel();
        life.run().await.unwrap();
    }

    #[tokio::test]
    async fn a_part_that_falls_takes_the_others_along() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut life = Lifecycle::new(CancellationToken::new());
        life.add("postgres", Turn::Last, LIMIT, |stop| until_told(stop, "postgres", Arc::clone(&order)));
        life.add("http", Turn::First, LIMIT, |_| async { Err::<(), Failure>("no more sockets".into()) });
        assert_eq!(life.run().await.unwrap_err().to_string(), "http: no more sockets");
        assert_eq!(*order.lock().unwrap(), ["postgres"]);

        let mut life = Lifecycle::new(CancellationToken::new());
        life.add("workers", Turn::First, LIMIT, |_| async { Ok::<(), Failure>(()) });
        assert_eq!(life.run().await.unwrap_err().to_string(), "workers ended by itself");
    }

    #[tokio::test]
    async fn a_part_that_hangs_is_cut_off() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let mut life = Lifecycle::new(shutdown);
        life.add("http", Turn::First, Duration::from_millis(1), |_| pending::<Result<(), Failure>>());
        life.add("hints", Turn::Then, LIMIT, |stop| until_told(stop, "hints", Arc::default()));
        life.run().await.unwrap();
    }
}
