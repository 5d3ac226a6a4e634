//! Jobs that panic, hang or exhaust the memory, among good ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::SystemClock;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::JobId;
use guichet_engine::db;
use guichet_engine::job::{JobStatus, NewJob, Payload};
use guichet_engine::store::{By, Store};
use guichet_engine::tables::{job_pauses, jobs};
use guichet_queue::{Job, JobError, Workers};
use guichet_schema::shared::email_delivery::model::SendEmail;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::findings::Findings;
use super::office::Office;
use crate::database::TestDatabase;
use crate::process::Launch;

/// The argument that makes the fault runner the worker under test.
pub const WORKER: &str = "worker-of-bad-jobs";
/// Memory that the worker may use, beyond that at its start.
const MEMORY: u64 = 256 << 20;
const CONCURRENCY: usize = 4;
/// A run that takes longer counts as hanging.
const LIMIT: Duration = Duration::from_secs(3);
const ATTEMPTS: i32 = 3;
/// The interval between good jobs.
const PAUSE: Duration = Duration::from_millis(100);
/// The duration of a good job, so that some are in flight at any time.
const WORK: Duration = Duration::from_millis(250);
/// Time for three crashes, each followed by an expired lease, and for the rest of the queue.
const OVER: Duration = Duration::from_secs(150);
/// A good job may run beside the crashing one once by chance, and once more when both return; after that the queue
/// does not run them together. Each time it waits for its lease to expire, for the notice period and for its part
/// of the spread: 26 s, and the process starts again.
const GOOD: Duration = Duration::from_secs(60);
/// Most crashes that a good job may be part of.
const TAKEN_ALONG: i32 = 2;

macro_rules! kinds {
    ($($name:ident = $kind:literal, $attempts:expr, $about:literal;)*) => {
        $(#[doc = $about]
        #[derive(Debug, Clone, Serialize, Deserialize)]
        struct $name {}

        impl Payload for $name {
            const KIND: &'static str = $kind;
            const MAX_ATTEMPTS: i32 = $attempts;
        })*
    };
}

kinds! {
    Panics = "chaos.panics", ATTEMPTS, "Panics.";
    Hangs = "chaos.hangs", ATTEMPTS, "Never ends.";
    Hogs = "chaos.hogs", ATTEMPTS, "Takes all memory there is.";
    Good = "chaos.good", SendEmail::MAX_ATTEMPTS, "Does what it should.";
}

/// One job of each bad kind among good ones: the bad ones become dead letters after their attempts, the good ones
/// are all done.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let store = &office.store;
    write(store, NewJob::new(&Panics {})).await;
    write(store, NewJob::new(&Hangs {})).await;
    write(store, NewJob::new(&Hogs {})).await;
    let launch = Launch::own(&[WORKER]).with("DATABASE_URL", office.url.as_str());
    let mut worker = launch.start().await;
    let (mut crashes, mut good, mut watch) = (0, 0, Watch::default());
    let begun = Instant::now();
    while begun.elapsed() < OVER {
        // As a service manager does.
        if worker.has_ended() {
            crashes += 1;
            worker = launch.start().await;
        }
        let dead = of_status(store, JobStatus::Dead).await.len();
        if dead == 3 {
            break;
        }
        write(store, NewJob::new(&Good {})).await;
        good += 1;
        sleep(PAUSE).await;
        watch.look(store).await;
    }
    let took = begun.elapsed();
    let done = office.within(GOOD, async || watch.look(store).await == 0).await;
    let Watch { slowest, taken_along } = watch;
    let dead = of_status(store, JobStatus::Dead).await;
    let mut findings = Findings::default();
    findings.count("dead letters", dead.len());
    findings.count("after", format!("{:.0} s", took.as_secs_f64()));
    findings.count("crashes of the process", crashes);
    findings.count("good jobs", good);
    findings.count("slowest of them done within", format!("{:.1} s", slowest.as_secs_f64()));
    for times in 1..=TAKEN_ALONG {
        let jobs = taken_along.values().filter(|crashes| **crashes == times).count();
        findings.count(&format!("taken along by {times} crash(es)"), jobs);
    }
    let most = taken_along.values().max().copied().unwrap_or_default();
    findings.expect(most <= TAKEN_ALONG, format!("a good job was taken along by {most} crashes"));
    let kinds: BTreeSet<&str> = dead.iter().map(|(kind, ..)| kind.as_str()).collect();
    findings.expect_equal("dead letters", kinds, BTreeSet::from([Panics::KIND, Hangs::KIND, Hogs::KIND]));
    for (kind, attempts, error) in &dead {
        findings.expect_equal(&format!("attempts of {kind}"), *attempts, ATTEMPTS);
        findings.expect(error.is_some(), format!("{kind} died without a reason"));
    }
    findings.expect_equal("crashes of the process", crashes, ATTEMPTS);
    findings.expect(done, "good jobs are left");
    findings.expect(slowest < GOOD, format!("a good job took {slowest:?}"));
    findings.expect_equal("pauses", pauses(store).await, 0);
    let stopped = worker.stop().await;
    findings.expect(stopped.success(), format!("asked to stop, the worker ended with {stopped}"));
    database.drop().await;
    findings
}

/// The worker under test: the product's queue with the job kinds of this fault, under a memory limit.
///
/// # Errors
/// When the limit cannot be set, the database does not answer, or the queue fails.
pub async fn work(database_url: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (_, hard) = getrlimit(Resource::RLIMIT_AS)?;
    setrlimit(Resource::RLIMIT_AS, address_space()? + MEMORY, hard)?;
    let store = Store::new(db::pool(database_url, 8)?, Arc::new(SystemClock));
    let stop = guichet_server::signals::shutdown_token()?;
    let workers = Workers::new(store)
        .register(CONCURRENCY, LIMIT, |_: Job, _: Panics| async { panic!("a bug") })
        .register(CONCURRENCY, LIMIT, |_: Job, _: Hangs| std::future::pending())
        .register(CONCURRENCY, LIMIT, |_: Job, _: Hogs| async { hog().await })
        .register(CONCURRENCY, LIMIT, |_: Job, _: Good| async {
            sleep(WORK).await;
            Ok(())
        });
    workers.run(stop).await?;
    Ok(())
}

/// Allocates until there is no more memory, while other jobs run.
async fn hog() -> Result<(), JobError> {
    let mut taken = Vec::new();
    loop {
        taken.push(vec![1_u8; 1 << 20]);
        tokio::task::yield_now().await;
    }
}

/// The address space of this process, in bytes.
fn address_space() -> std::io::Result<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = pages.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or_default();
    // 4 kB is the smallest page size: elsewhere the limit is only higher.
    Ok(pages * 4096)
}

async fn write(store: &Store, job: Result<NewJob, guichet_base::error::Fault>) {
    let mut tx = store.begin(By::system()).await.expect("the database answers");
    tx.job(job.expect("a job is written as JSON"));
    tx.commit(()).await.expect("the database answers");
}

type Row = (String, i32, Option<String>);

async fn of_status(store: &Store, status: JobStatus) -> Vec<Row> {
    let mut conn = store.conn().await.expect("the database answers");
    jobs::table
        .filter(jobs::status.eq(status))
        .select((jobs::kind, jobs::attempts, jobs::last_error))
        .load(&mut conn)
        .await
        .expect("jobs are read")
}

/// The observed fate of the good jobs.
#[derive(Debug, Default)]
struct Watch {
    /// The longest time that one existed.
    slowest: Duration,
    /// The number of crashes that each was part of.
    taken_along: BTreeMap<JobId, i32>,
}

impl Watch {
    /// Checks those that are not done; returns how many there are.
    async fn look(&mut self, store: &Store) -> usize {
        let mut conn = store.conn().await.expect("the database answers");
        let left: Vec<(JobId, DateTime<Utc>, i32)> = jobs::table
            .filter(jobs::kind.eq(Good::KIND))
            .select((jobs::id, jobs::created_at, jobs::crashes))
            .load(&mut conn)
            .await
            .expect("jobs are read");
        for (id, since, crashes) in &left {
            self.slowest = self.slowest.max((store.now() - since).to_std().unwrap_or_default());
            if *crashes > 0 {
                self.taken_along.insert(*id, *crashes);
            }
        }
        left.len()
    }
}

async fn pauses(store: &Store) -> i64 {
    let mut conn = store.conn().await.expect("the database answers");
    job_pauses::table.count().get_result(&mut conn).await.expect("pauses are counted")
}
