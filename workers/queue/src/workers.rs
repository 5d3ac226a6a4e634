//! The workers of a process.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use guichet_engine::job::Payload;
use guichet_engine::store::Store;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::assignment::Job;
use super::claimer::{Claimer, Lane};
use super::connection::QueueConnection;
use super::error::JobError;
use super::inbox::Inbox;
use super::keeper::Keeper;
use super::launch::{Equipment, Launch, launch};
use super::leases::Leases;
use super::metrics;
use super::renewer;
use super::settle::SettleLayer;
use super::settler::Settler;
use super::watchdog::{Health, WorkersDied, watch};

/// How long recording the last results may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The timing of the queue. With the defaults, a crashed worker's jobs are picked up in less than 30 s, and a job
/// without a hint within a second.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The duration of a lease without renewal.
    pub lease: Duration,
    /// How often leases are renewed.
    pub renew: Duration,
    /// How often expired leases are checked; the queue is measured at most at every fifth check.
    pub rescue: Duration,
    /// The notice period: how long a worker with an expired lease may still renew it before the job is given to
    /// another. Longer than a renewal may take, because all leases may have expired when the database comes back.
    pub notice: Duration,
    /// The time over which the jobs of one crash return after that.
    pub spread: Duration,
    /// How often the queue is checked without a hint.
    pub sweep: Duration,
    /// How long jobs in flight may continue after a stop; the rest are released.
    pub grace: Duration,
    /// How long after a stop those may continue that have passed their point of no return. Then they are released, too,
    /// although their effect may be repeated.
    pub patience: Duration,
    /// The delay before a crashed worker is restarted; it doubles each time.
    pub restart: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            // 15 + 6 + 3, plus a second each for the intervals between checks: below 30.
            lease: Duration::from_secs(15),
            renew: Duration::from_secs(5),
            rescue: Duration::from_secs(1),
            notice: Duration::from_secs(6),
            spread: Duration::from_secs(3),
            sweep: Duration::from_secs(1),
            // Docker kills ten seconds after its stop signal.
            grace: Duration::from_secs(7),
            // A relay that scans a mail before it answers needs seconds.
            patience: Duration::from_secs(20),
            restart: Duration::from_secs(1),
        }
    }
}

struct Kind {
    name: &'static str,
    concurrency: usize,
    limit: Duration,
    launch: Launch,
}

/// The workers of a process: register the kinds, then [`Workers::run`]. They use three connections beside those of
/// the store's pool.
#[must_use]
pub struct Workers {
    store: Store,
    timing: Timing,
    kinds: Vec<Kind>,
    health: Health,
}

impl Workers {
    /// Starts without kinds.
    pub fn new(store: Store) -> Self {
        Self { store, timing: Timing::default(), kinds: Vec::new(), health: Health::default() }
    }

    /// Changes the timing.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Runs the jobs with the payload `P`: at most `concurrency` at once, each for at most `limit`, after which
    /// the attempt has failed. The handler must be able to start again wherever an earlier attempt was
    /// interrupted.
    ///
    /// # Panics
    /// When the kind has a handler already.
    pub fn register<P, H, F>(mut self, concurrency: usize, limit: Duration, handler: H) -> Self
    where
        P: Payload,
        H: Fn(Job, P) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        assert!(self.kinds.iter().all(|kind| kind.name != P::KIND), "two handlers of {}", P::KIND);
        self.kinds.push(Kind { name: P::KIND, concurrency, limit, launch: launch(limit, handler) });
        self
    }

    /// Their health, once they run.
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Runs jobs until `shutdown`, then lets those in flight finish and releases the rest. Dropping it instead
    /// releases everything in the background.
    ///
    /// # Errors
    /// When a part of the queue failed: the process should exit with a failure and be started again.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), WorkersDied> {
        metrics::begin(self.kinds.iter().map(|kind| kind.name));
        let timing = self.timing;
        let mut crew = Crew::start(self);
        let fallen = tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            died = crew.first_to_end() => Err(died),
        };
        crew.stop(timing).await;
        fallen
    }
}

/// All running parts.
struct Crew {
    /// Canceled: no more claims.
    stop: CancellationToken,
    /// Canceled: no more jobs are started.
    drain: CancellationToken,
    /// Canceled: no run continues that can be undone.
    cut: CancellationToken,
    /// Canceled: no run continues.
    abandon: CancellationToken,
    /// Canceled: nothing continues; also when this is dropped.
    end: CancellationToken,
    claimer: JoinHandle<()>,
    settler: JoinHandle<()>,
    helpers: JoinSet<&'static str>,
    workers: JoinSet<Result<(), WorkersDied>>,
}

impl Crew {
    fn start(plan: Workers) -> Self {
        let Workers { store, timing, kinds, health } = plan;
        let end = CancellationToken::new();
        let [stop, drain, cut, abandon] = [(); 4].map(|()| end.child_token());
        let leases = Leases::new(cut.clone(), abandon.clone());
        let (settler, wishes) = Settler::new();
        let settle = SettleLayer { settler: settler.clone(), clock: Arc::clone(&store.clock) };
        let names: Vec<_> = kinds.iter().map(|kind| kind.name).collect();

        let mut workers = JoinSet::new();
        let mut lanes = Vec::new();
        for Kind { name, concurrency, limit, launch } in kinds {
            let (sender, waiting) = mpsc::unbounded_channel();
            let slots = Arc::new(Semaphore::new(concurrency));
            lanes.push(Lane { kind: name, limit, slots, inbox: sender, more: true });
            let inbox = Inbox::new(waiting, settler.clone());
            let (settle, clock, drain) = (settle.clone(), Arc::clone(&store.clock), drain.clone());
            let health = health.clone();
            workers.spawn(async move {
                let start = || {
                    let (inbox, settle, clock, drain) =
                        (inbox.clone(), settle.clone(), Arc::clone(&clock), drain.clone());
                    launch(Equipment { name: name.to_owned(), inbox, settle, clock, drain })
                };
                let ended = watch(name, health, timing.restart, drain.clone(), start).await;
                inbox.release();
                ended
            });
        }

        let mut helpers = JoinSet::new();
        let renewer = renewer::renew(
            leases.clone(),
            QueueConnection::new(store.clone()),
            timing.lease,
            timing.renew,
            end.clone(),
        );
        helpers.spawn(async {
            renewer.await;
            "renewer"
        });
        let keeper = Keeper::new(store.clone(), names).run(timing, end.clone());
        helpers.spawn(async {
            keeper.await;
            "keeper"
        });
        let settler =
            tokio::spawn(wishes.serve(QueueConnection::new(store.clone()), Arc::clone(&store.clock)));
        let claimer = Claimer {
            connection: QueueConnection::new(store.clone()),
            store,
            worker: worker_name(),
            lanes,
            leases,
            lease: timing.lease,
            sweep: timing.sweep,
            suspects: Arc::new(Semaphore::new(1)),
            freed: Arc::new(Notify::new()),
            health,
        };
        let claimer = tokio::spawn(claimer.run(stop.clone()));
        Self { stop, drain, cut, abandon, end, claimer, settler, helpers, workers }
    }

    /// The first part that ended without being asked to.
    async fn first_to_end(&mut self) -> WorkersDied {
        tokio::select! {
            _ = &mut self.claimer => WorkersDied::Part("claimer"),
            _ = &mut self.settler => WorkersDied::Part("settler"),
            Some(helper) = self.helpers.join_next() => WorkersDied::Part(helper.unwrap_or("helper")),
            Some(worker) = self.workers.join_next() => match worker {
                Ok(Err(died)) => died,
                Ok(Ok(())) | Err(_) => WorkersDied::Part("worker"),
            },
            else => std::future::pending().await,
        }
    }

    async fn stop(&mut self, timing: Timing) {
        let began = Instant::now();
        self.stop.cancel();
        // A claim in progress ends: an operation of the queue has a limit below the grace.
        if !self.claimer.is_finished() {
            let _ = (&mut self.claimer).await;
        }
        // Only now, so that nothing is claimed for a worker that accepts no more jobs.
        self.drain.cancel();
        if timeout_at(began + timing.grace, all(&mut self.workers)).await.is_err() {
            tracing::warn!(
                "some jobs did not end in time; they are given back, except those that cannot be undone"
            );
            self.cut.cancel();
            let patience = timing.patience.max(timing.grace + LAST_WORDS);
            if timeout_at(began + patience, all(&mut self.workers)).await.is_err() {
                tracing::warn!(
                    "some jobs that cannot be undone did not end in time; they are given back, too"
                );
                self.abandon.cancel();
                let _ = timeout(LAST_WORDS, all(&mut self.workers)).await;
            }
        }
        if !self.settler.is_finished() && timeout(LAST_WORDS, &mut self.settler).await.is_err() {
            tracing::warn!("not everything could be settled; the leases will expire");
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

async fn all<T: 'static>(tasks: &mut JoinSet<T>) {
    while tasks.join_next().await.is_some() {}
}

/// A unique name that leads a person to the process.
fn worker_name() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let random = Uuid::new_v4().simple().to_string();
    format!("{}-{}-{}", host.unwrap_or_default(), std::process::id(), &random[..8])
}
