//! Workers, whatever happens to handlers, processes and the database.

mod failing;
mod starting;
mod stopping;
mod surviving;

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use guichet_engine::hint;
use guichet_engine::job::JobStatus;
use guichet_queue::{Health, Job, JobError, Timing, Workers, WorkersDied};
use guichet_tests::wait::{DEADLINE, until};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::database::Database;
use super::*;

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);
/// The time limit of handlers in tests that are not about it.
pub const LONG: Duration = Duration::from_secs(600);

/// With these times nothing happens by itself; a test changes what it needs.
pub const QUIET: Timing = Timing {
    lease: NEVER,
    renew: NEVER,
    rescue: NEVER,
    notice: Duration::ZERO,
    spread: Duration::ZERO,
    sweep: NEVER,
    grace: NEVER,
    patience: NEVER,
    restart: NEVER,
};

pub fn often() -> Duration {
    Duration::from_millis(20)
}

/// Workers that run until they are stopped.
pub struct Running {
    stop: CancellationToken,
    health: Health,
    pub task: JoinHandle<Result<(), WorkersDied>>,
}

pub fn start(workers: Workers) -> Running {
    let (stop, health) = (CancellationToken::new(), workers.health());
    let task = tokio::spawn(workers.run(stop.clone()));
    Running { stop, health, task }
}

impl Running {
    async fn ready(&self) {
        until("the workers are ready", async || self.health.is_ready().then_some(())).await;
    }

    pub async fn stop(self) {
        self.stop.cancel();
        timeout(DEADLINE, self.task).await.expect("the workers stop").unwrap().unwrap();
    }
}

pub async fn empty(conn: &mut AsyncPgConnection) {
    until("the queue is empty", async || rows(conn).await.is_empty().then_some(())).await;
}

/// The only job, once it fulfils `is`.
pub async fn once(conn: &mut AsyncPgConnection, is: impl Fn(&JobRow) -> bool) -> JobRow {
    until("the job is as awaited", async || rows(conn).await.into_iter().find(&is)).await
}

/// The jobs that handlers got.
pub struct Seen(pub UnboundedReceiver<(Job, Ping)>);

impl Seen {
    pub async fn next(&mut self) -> (Job, Ping) {
        timeout(DEADLINE, self.0.recv()).await.expect("a handler runs").unwrap()
    }
}

/// A handler that reports each job to [`Seen`] and then runs `then`.
pub fn telling<F>(
    then: impl Fn(Job, Ping) -> F + Clone + Send + Sync + 'static,
) -> (impl Fn(Job, Ping) -> F + Clone + Send + Sync + 'static, Seen)
where
    F: Future<Output = Result<(), JobError>> + Send + 'static,
{
    let (tell, told): (UnboundedSender<(Job, Ping)>, _) = unbounded_channel();
    let handler = move |job: Job, ping: Ping| {
        tell.send((job.clone(), ping)).unwrap();
        then(job, ping)
    };
    (handler, Seen(told))
}

pub async fn well(_: Job, _: Ping) -> Result<(), JobError> {
    Ok(())
}
