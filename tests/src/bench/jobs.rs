//! The speed of the queue: a backlog of jobs that do nothing, and single jobs on an idle queue.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::clock::SystemClock;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use guichet_engine::db;
use guichet_engine::hint;
use guichet_engine::job::{NewJob, Payload};
use guichet_engine::store::{By, Store};
use guichet_queue::{Job, JobError, Workers};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How many jobs the backlog has.
const BACKLOG: usize = 50_000;
/// How many single jobs are timed.
const PROBES: usize = 200;
/// `WORK_CONCURRENCY` when it is not set.
const CONCURRENCY: usize = 8;
/// When the benchmark is aborted.
const LIMIT: Duration = Duration::from_secs(600);
/// How long the queue is idle before each probe.
const REST: Duration = Duration::from_millis(10);

/// The result.
#[derive(Debug, Clone)]
pub struct JobFigures {
    /// How many jobs the backlog had.
    pub backlog: usize,
    /// The seconds in which all of it was run and settled.
    pub seconds: f64,
    /// From commit to start, with worker and committer in one process.
    pub inside: Latency,
    /// From commit to start, with the hint passing through PostgreSQL as between two processes.
    pub between: Latency,
}

impl JobFigures {
    /// Jobs per second.
    #[allow(clippy::cast_precision_loss)]
    pub fn rate(&self) -> f64 {
        self.backlog as f64 / self.seconds
    }
}

/// Latencies of single jobs, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Latency {
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The maximum.
    pub max: f64,
}

impl Latency {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
        Self { p50: at(50), p95: at(95), max: at(100) }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Noop {}

impl Payload for Noop {
    const KIND: &'static str = "bench-noop";
    const MAX_ATTEMPTS: i32 = 3;
}

#[derive(Debug, Serialize, Deserialize)]
struct Probe {}

impl Payload for Probe {
    const KIND: &'static str = "bench-probe";
    const MAX_ATTEMPTS: i32 = 3;
}

/// Runs the benchmark in a migrated database without jobs.
///
/// # Errors
/// When the database does not answer, or jobs do not run within ten minutes.
pub async fn run(database_url: &str) -> Result<JobFigures, Box<dyn Error + Send + Sync>> {
    let store = Store::new(db::pool(database_url, 8)?, Arc::new(SystemClock));
    fill(&store).await?;
    let seconds = timeout(LIMIT, backlog(&store)).await??;
    let inside = timeout(LIMIT, probes(&store, &store)).await??;

    let other = Store::new(db::pool(database_url, 8)?, Arc::new(SystemClock));
    let between = tokio::select! {
        () = hint::announce(database_url, &other.hints) => unreachable!("it never ends"),
        () = hint::listen(database_url, &store.hints) => unreachable!("it never ends"),
        between = timeout(LIMIT, probes(&other, &store)) => between??,
    };
    Ok(JobFigures { backlog: BACKLOG, seconds, inside, between })
}

/// Writes the backlog.
async fn fill(store: &Store) -> Result<(), Box<dyn Error + Send + Sync>> {
    diesel::sql_query(
        "INSERT INTO jobs (id, kind, payload, run_at, max_attempts, created_at)
         SELECT gen_random_uuid(), $1, '{}', $2, $3, $2 FROM generate_series(1, $4)",
    )
    .bind::<Text, _>(Noop::KIND)
    .bind::<Timestamptz, _>(store.now())
    .bind::<Integer, _>(Noop::MAX_ATTEMPTS)
    .bind::<BigInt, _>(i64::try_from(BACKLOG)?)
    .execute(&mut store.conn().await?)
    .await?;
    Ok(())
}

/// Runs the backlog; returns the seconds until nothing of it was left in the table.
async fn backlog(store: &Store) -> Result<f64, Box<dyn Error + Send + Sync>> {
    let (done, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Notify::new()));
    let (count, tell) = (Arc::clone(&done), Arc::clone(&all));
    let noop = move |_: Job, _: Noop| {
        if count.fetch_add(1, Ordering::Relaxed) + 1 == BACKLOG {
            tell.notify_one();
        }
        async { Ok(()) }
    };
    let stop = CancellationToken::new();
    let workers = Workers::new(store.clone()).register(CONCURRENCY, LIMIT, noop);
    let began = Instant::now();
    let running = tokio::spawn(workers.run(stop.clone()));
    all.notified().await;
    // A stop settles what has run.
    stop.cancel();
    running.await??;
    Ok(began.elapsed().as_secs_f64())
}

/// Commits single jobs through `by` and measures when workers of `at` start them.
async fn probes(by: &Store, at: &Store) -> Result<Latency, Box<dyn Error + Send + Sync>> {
    let (started, mut starts) = unbounded_channel();
    let probe = move |_: Job, _: Probe| {
        let told = started.send(Instant::now()).map_err(JobError::fail);
        async move { told }
    };
    let stop = CancellationToken::new();
    let running =
        tokio::spawn(Workers::new(at.clone()).register(CONCURRENCY, LIMIT, probe).run(stop.clone()));
    let mut times = Vec::with_capacity(PROBES);
    one(by, &mut starts).await?; // opens connections and prepares plans
    for _ in 0..PROBES {
        sleep(REST).await;
        times.push(one(by, &mut starts).await?);
    }
    stop.cancel();
    running.await??;
    Ok(Latency::of(times))
}

async fn one(
    by: &Store,
    starts: &mut UnboundedReceiver<Instant>,
) -> Result<Duration, Box<dyn Error + Send + Sync>> {
    let mut tx = by.begin(By::system()).await?;
    tx.job(NewJob::new(&Probe {})?);
    tx.commit(()).await?;
    let committed = Instant::now();
    let started = starts.recv().await.ok_or("the workers ended")?;
    // The job may start before the answer to the commit has reached us.
    Ok(started.saturating_duration_since(committed))
}
