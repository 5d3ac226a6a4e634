//! The parts of a process, and the order in which they stop: the last one added stops first. PostgreSQL is added
//! first, then the workers, then HTTP, which stops accepting and drains while the others still run.

use std::error::Error;
use std::future::{Future, pending};
use std::time::Duration;

use futures_util::future::select_all;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Why a part, or the process, failed.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The running parts of a process.
#[derive(Debug)]
pub struct Lifecycle {
    shutdown: CancellationToken,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    limit: Duration,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Failure>>,
}

impl Lifecycle {
    /// A process without parts, which runs until `shutdown`.
    pub fn new(shutdown: CancellationToken) -> Self {
        Self { shutdown, parts: Vec::new() }
    }

    /// Adds and starts a part. It must end when its token is canceled, and is aborted `limit` later.
    pub fn add<F, E>(
        &mut self,
        name: &'static str,
        limit: Duration,
        part: impl FnOnce(CancellationToken) -> F,
    ) where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure>,
    {
        let stop = CancellationToken::new();
        let running = part(stop.clone());
        let task = tokio::spawn(async move { running.await.map_err(Into::into) });
        self.parts.push(Part { name, limit, stop, task });
    }

    /// Waits for the shutdown or for a part that ends by itself, then stops all parts.
    ///
    /// # Errors
    /// The first part that ended by itself, failed, or had to be aborted. The process should then exit with a code
    /// that makes the service manager restart it.
    pub async fn run(mut self) -> Result<(), Failure> {
        let fallen = tokio::select! {
            () = self.shutdown.cancelled() => Ok(()),
            failure = first_to_end(&mut self.parts) => Err(failure),
        };
        let stopped = self.stop().await;
        fallen.and(stopped)
    }

    /// Stops all parts, in reverse order.
    ///
    /// # Errors
    /// The first part that failed or had to be aborted.
    pub async fn stop(self) -> Result<(), Failure> {
        let mut outcome = Ok(());
        for part in self.parts.into_iter().rev() {
            outcome = outcome.and(part.stop().await);
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
                Err(format!("{} did not stop within {:?} and was cut off", self.name, self.limit).into())
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
    async fn parts_stop_in_reverse_order() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let shutdown = CancellationToken::new();
        let mut life = Lifecycle::new(shutdown.clone());
        for name in ["postgres", "workers", "http"] {
            life.add(name, LIMIT, |stop| until_told(stop, name, Arc::clone(&order)));
        }
        shutdown.cancel();
        life.run().await.unwrap();
        assert_eq!(*order.lock().unwrap(), ["http", "workers", "postgres"]);
    }

    #[tokio::test]
    async fn a_part_that_falls_takes_the_others_along() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut life = Lifecycle::new(CancellationToken::new());
        life.add("postgres", LIMIT, |stop| until_told(stop, "postgres", Arc::clone(&order)));
        life.add("http", LIMIT, |_| async { Err::<(), Failure>("no more sockets".into()) });
        assert_eq!(life.run().await.unwrap_err().to_string(), "http: no more sockets");
        assert_eq!(*order.lock().unwrap(), ["postgres"]);

        let mut life = Lifecycle::new(CancellationToken::new());
        life.add("workers", LIMIT, |_| async { Ok::<(), Failure>(()) });
        assert_eq!(life.run().await.unwrap_err().to_string(), "workers ended by itself");
    }

    #[tokio::test]
    async fn a_part_that_hangs_is_cut_off() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let mut life = Lifecycle::new(shutdown);
        life.add("http", Duration::from_millis(1), |_| pending::<Result<(), Failure>>());
        assert_eq!(life.run().await.unwrap_err().to_string(), "http did not stop within 1ms and was cut off");
    }
}
