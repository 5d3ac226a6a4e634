//! Workers at work: what becomes of the jobs, whatever happens to handlers, processes and database.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use guichet_schema::hint;
use guichet_schema::job::JobStatus;
use guichet_tests::wait::DEADLINE;
use guichet_workers::queue::{Health, Job, JobError, Timing, Workers, WorkersDied};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::database::Database;
use super::*;

/// Never, as far as a test is concerned.
const NEVER: Duration = Duration::from_secs(3600);
/// The limit of handlers that do not test it.
pub const LONG: Duration = Duration::from_secs(600);

/// Times at which nothing happens by itself except what a test asks for.
pub const QUIET: Timing = Timing {
    lease: NEVER,
    renew: NEVER,
    rescue: NEVER,
    notice: Duration::ZERO,
    spread: Duration::ZERO,
    sweep: NEVER,
    grace: NEVER,
    restart: NEVER,
};

pub fn often() -> Duration {
    Duration::from_millis(20)
}

/// Workers that run until told to stop.
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
        eventually("the workers are ready", async || self.health.is_ready().then_some(())).await;
    }

    pub async fn stop(self) {
        self.stop.cancel();
        timeout(DEADLINE, self.task).await.expect("the workers stop").unwrap().unwrap();
    }
}

/// Returns as soon as `condition` gives a value.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

pub async fn empty(conn: &mut AsyncPgConnection) {
    eventually("the queue is empty", async || rows(conn).await.is_empty().then_some(())).await;
}

/// The only job, once it is in this state.
pub async fn once(conn: &mut AsyncPgConnection, is: impl Fn(&JobRow) -> bool) -> JobRow {
    eventually("the job is as awaited", async || rows(conn).await.into_iter().find(&is)).await
}

/// What handlers were given.
pub struct Seen(pub UnboundedReceiver<(Job, Ping)>);

impl Seen {
    pub async fn next(&mut self) -> (Job, Ping) {
        timeout(DEADLINE, self.0.recv()).await.expect("a handler runs").unwrap()
    }
}

/// A handler that tells what it was given, then does as `then` says.
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

/// Without any sweep: it is the hint that makes it start.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_committed_while_idle_starts_by_its_hint() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let (handler, mut seen) = telling(well);
    let running = start(Workers::new(store.clone()).timing(QUIET).register(2, LONG, handler));
    running.ready().await;
    for n in 1..=3 {
        commit(&store, [ping(n)]).await;
        let (job, ping) = seen.next().await;
        assert_eq!((ping.n, job.attempt, job.max_attempts, job.firm_id), (n, 1, 3, None));
        assert_eq!(job.now, store.now());
    }
    empty(&mut conn).await;
    running.stop().await;
}

/// Killed between commit and hint: the sweep delivers.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_without_a_hint_is_found_by_the_sweep() {
    let (db, store) = Database::with_store().await;
    let (handler, mut seen) = telling(well);
    let timing = Timing { sweep: often(), ..QUIET };
    let running = start(Workers::new(store).timing(timing).register(2, LONG, handler));
    running.ready().await;
    commit(&db.store(), [ping(1)]).await; // another process's hint
    assert_eq!(seen.next().await.1.n, 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_reach_other_processes() {
    let (db, store) = Database::with_store().await;
    let (handler, mut seen) = telling(well);
    let running = start(Workers::new(store.clone()).timing(QUIET).register(2, LONG, handler));
    running.ready().await;
    let serve = db.store();
    let (url, heard, said) = (db.url.clone(), store.hints.clone(), serve.hints.clone());
    let mut first = store.hints.listener();
    let listener = tokio::spawn(async move { hint::listen(&url, &heard).await });
    timeout(DEADLINE, first.jobs_committed()).await.expect("it tells when it listens");
    let url = db.url.clone();
    let announcer = tokio::spawn(async move { hint::announce(&url, &said).await });
    for n in 1..=3 {
        commit(&serve, [ping(n)]).await;
        assert_eq!(seen.next().await.1.n, n);
    }
    // Connections die; both ends come back.
    let mut conn = db.conn().await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query ~ '^(LISTEN|NOTIFY)'";
    diesel::sql_query(kill).execute(&mut conn).await.unwrap();
    commit(&serve, [ping(4)]).await;
    assert_eq!(seen.next().await.1.n, 4);
    listener.abort();
    announcer.abort();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_jobs_than_slots_are_all_done() {
    let (db, store) = Database::with_store().await;
    let (count, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let top = most.clone();
    let (handler, mut seen) = telling(move |_, _| {
        top.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let count = count.clone();
        async move {
            tokio::task::yield_now().await;
            count.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    });
    let running = start(Workers::new(store.clone()).timing(QUIET).register(3, LONG, handler));
    running.ready().await;
    commit(&store, (0..100).map(ping)).await;
    let mut all = Vec::new();
    for _ in 0..100 {
        all.push(seen.next().await.1.n);
    }
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
    assert!((1..=3).contains(&most.fetch_max(0, Ordering::SeqCst)));
    empty(&mut db.conn().await).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_attempt_is_followed_by_another_in_its_time() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let (handler, mut seen) = telling(|job, ping| async move {
        match (ping.n, job.attempt) {
            (1, 1) => Err(JobError::retry("451 later")),
            (1, 2) => Err(JobError::retry_after("452 much later", Duration::from_secs(7200))),
            _ => Ok(()),
        }
    });
    let running = start(Workers::new(store.clone()).timing(QUIET).register(2, LONG, handler));
    commit(&store, [ping(1)]).await;
    assert_eq!(seen.next().await.0.attempt, 1);
    let waits = once(&mut conn, |row| row.status == JobStatus::Ready).await;
    let wait = waits.run_at - store.now();
    assert!((TimeDelta::milliseconds(7500)..=TimeDelta::seconds(15)).contains(&wait), "{wait}");
    assert_eq!((waits.last_error.as_deref(), waits.attempts), (Some("451 later"), 1));

    db.clock.advance(wait - TimeDelta::microseconds(1));
    commit(&store, [ping(2)]).await;
    assert_eq!(seen.next().await.1.n, 2, "not before its time");
    db.clock.advance(TimeDelta::microseconds(1));
    store.hints.jobs();
    assert_eq!(seen.next().await.0.attempt, 2);
    let waits = once(&mut conn, |row| row.status == JobStatus::Ready).await;
    assert_eq!(waits.run_at - store.now(), TimeDelta::hours(2));
    db.clock.advance(TimeDelta::hours(2));
    store.hints.jobs();
    assert_eq!(seen.next().await.0.attempt, 3);
    empty(&mut conn).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_failed_attempt_and_harms_no_other_job() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let (handler, mut seen) = telling(|_, ping| async move {
        assert_ne!(ping.n, 1, "one is odd");
        Ok(())
    });
    let running = start(Workers::new(store.clone()).timing(QUIET).register(2, LONG, handler));
    commit(&store, [ping(1)]).await;
    for attempt in 1..=3 {
        assert_eq!(seen.next().await.0.attempt, attempt);
        let failed = once(&mut conn, |row| row.status != JobStatus::Running && row.attempts == attempt).await;
        let error = failed.last_error.unwrap();
        assert!(error.starts_with("panicked: ") && error.contains("one is odd"), "{error}");
        assert_eq!(failed.status == JobStatus::Dead, attempt == 3);
        db.clock.advance(TimeDelta::hours(1));
        store.hints.jobs();
    }
    commit(&store, [ping(2)]).await;
    assert_eq!(seen.next().await.1.n, 2);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_job_is_broken_off() {
    let (db, store) = Database::with_store().await;
    let limit = Duration::from_millis(50);
    let (handler, mut seen) =
        telling(|_, ping| async move { if ping.n == 1 { pending().await } else { Ok(()) } });
    let running = start(Workers::new(store.clone()).timing(QUIET).register(1, limit, handler));
    commit(&store, [ping(1)]).await;
    seen.next().await;
    let failed = once(&mut db.conn().await, |row| row.status == JobStatus::Ready).await;
    assert_eq!((failed.last_error.as_deref(), failed.attempts), (Some("not done within 50ms"), 1));
    commit(&store, [ping(2)]).await;
    assert_eq!(seen.next().await.1.n, 2, "its slot is free");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_succeed_is_given_up_at_once() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let (handler, mut seen) = telling(|_, _| async { Err(JobError::fail("no such delivery")) });
    let running = start(Workers::new(store.clone()).timing(QUIET).register(2, LONG, handler));
    commit(&store, [ping(1)]).await;
    seen.next().await;
    let dead = once(&mut conn, |row| row.status == JobStatus::Dead).await;
    assert_eq!((dead.last_error.as_deref(), dead.attempts), (Some("no such delivery"), 1));
    diesel::sql_query("UPDATE jobs SET status = 'READY', finished_at = NULL, payload = '{\"n\": \"x\"}'")
        .execute(&mut conn)
        .await
        .unwrap();
    store.hints.jobs();
    let dead = once(&mut conn, |row| row.status == JobStatus::Dead).await;
    assert!(dead.last_error.unwrap().contains("invalid type"), "a payload nobody can read");
    assert!(seen.0.try_recv().is_err());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_holds_the_kind_and_counts_no_attempt() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let (handler, mut seen) = telling(|job, _| async move {
        let mended = job.now >= "2026-11-23T12:05:00Z".parse::<DateTime<Utc>>().unwrap();
        if mended { Ok(()) } else { Err(JobError::pause("535 rotated", Duration::from_secs(300))) }
    });
    let (others, mut other) = unbounded_channel();
    let workers = Workers::new(store.clone()).timing(QUIET).register(2, LONG, handler);
    let running = start(workers.register(1, LONG, move |_, Once {}| {
        others.send(()).unwrap();
        async { Ok(()) }
    }));
    commit(&store, [ping(1)]).await;
    seen.next().await;
    let held = once(&mut conn, |row| row.status == JobStatus::Ready).await;
    assert_eq!((held.attempts, held.run_at), (0, store.now()));
    let pauses = jobs::pauses(&mut conn, store.now()).await.unwrap();
    assert_eq!((pauses.len(), pauses[0].reason.as_str()), (1, "535 rotated"));

    commit(&store, [ping(2), NewJob::new(&Once {}).unwrap()]).await;
    timeout(DEADLINE, other.recv()).await.expect("other kinds go on").unwrap();
    assert!(seen.0.try_recv().is_err());
    db.clock.advance(TimeDelta::minutes(5));
    store.hints.jobs();
    let again = [seen.next().await.1.n, seen.next().await.1.n];
    assert!(again == [1, 2] || again == [2, 1], "{again:?}");
    empty(&mut conn).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_jobs_in_flight_finish() {
    let (db, store) = Database::with_store().await;
    let gate = Arc::new(Semaphore::new(0));
    let waits = gate.clone();
    let (handler, mut seen) = telling(move |_, _| {
        let gate = waits.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    let running = start(Workers::new(store.clone()).timing(QUIET).register(2, LONG, handler));
    commit(&store, [ping(1), ping(2), ping(3)]).await;
    let begun = [seen.next().await.1.n, seen.next().await.1.n];
    running.stop.cancel();
    gate.add_permits(3);
    running.stop().await;
    let left = row(&mut db.conn().await).await;
    assert_eq!((left.status, left.attempts), (JobStatus::Ready, 0), "3 was not begun");
    assert!(!begun.contains(&3) && seen.0.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_back_what_does_not_finish() {
    let (db, store) = Database::with_store().await;
    let (handler, mut seen) = telling(|_, _| pending());
    let timing = Timing { grace: often(), ..QUIET };
    let running = start(Workers::new(store.clone()).timing(timing).register(2, LONG, handler));
    commit(&store, [ping(1), ping(2)]).await;
    seen.next().await;
    seen.next().await;
    running.stop().await;
    for row in rows(&mut db.conn().await).await {
        assert_eq!((row.status, row.attempts, row.worker), (JobStatus::Ready, 0, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_dropped_give_everything_back() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let (handler, mut seen) = telling(|_, _| pending());
    let running = start(Workers::new(store.clone()).timing(QUIET).register(2, LONG, handler));
    commit(&store, [ping(1)]).await;
    seen.next().await;
    running.task.abort();
    let back = once(&mut conn, |row| row.status == JobStatus::Ready).await;
    assert_eq!((back.attempts, back.last_error), (0, None));
}

/// A crashed worker's jobs are picked up by another.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_a_crashed_worker_are_rescued() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    commit(&store, [ping(1), NewJob::new(&Once {}).unwrap()]).await;
    let wanted = [(Ping::KIND, 1), (Once::KIND, 1)];
    jobs::claim(&mut conn, &wanted, 1, "crashed", Duration::ZERO, store.now()).await.unwrap();
    let (handler, mut seen) = telling(well);
    let timing = Timing { rescue: often(), ..QUIET };
    let running = start(Workers::new(store).timing(timing).register(2, LONG, handler));
    assert_eq!(seen.next().await.0.attempt, 2);
    let left = once(&mut conn, |row| row.kind == Once::KIND && row.status != JobStatus::Running).await;
    assert_eq!(left.status, JobStatus::Dead, "that was its last attempt");
    running.stop().await;
}

/// Frozen past its lease, then woken: the handler is broken off and what it says is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_lost_its_lease_ends() {
    struct Dropped(UnboundedSender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let (tell, mut broken_off) = unbounded_channel();
    let (handler, mut seen) = telling(move |_, _| {
        let guard = Dropped(tell.clone());
        async move {
            let _guard = guard;
            pending().await
        }
    });
    let timing = Timing { renew: often(), ..QUIET };
    let running = start(Workers::new(store.clone()).timing(timing).register(1, LONG, handler));
    commit(&store, [ping(1)]).await;
    seen.next().await;
    let steal = "UPDATE jobs SET lease_token = gen_random_uuid(), worker = 'other'";
    diesel::sql_query(steal).execute(&mut conn).await.unwrap();
    timeout(DEADLINE, broken_off.recv()).await.expect("it is broken off").unwrap();
    running.stop().await;
    let row = row(&mut conn).await;
    assert_eq!((row.status, row.worker.as_deref()), (JobStatus::Running, Some("other")));
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_renewed_while_the_pool_is_exhausted() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let gate = Arc::new(Semaphore::new(0));
    let waits = gate.clone();
    let (handler, mut seen) = telling(move |_, _| {
        let gate = waits.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    let timing = Timing { lease: Duration::from_secs(30), renew: often(), ..QUIET };
    let running = start(Workers::new(store.clone()).timing(timing).register(3, LONG, handler));
    commit(&store, [ping(1)]).await;
    seen.next().await;
    gate.add_permits(1);
    empty(&mut conn).await;
    let mut taken = Vec::new();
    for _ in 0..store.pool_status().2 {
        taken.push(store.conn().await.unwrap());
    }
    commit(&db.store(), [ping(2)]).await;
    store.hints.jobs();
    seen.next().await;
    let until = row(&mut conn).await.lease_until.unwrap();
    once(&mut conn, |row| row.lease_until.unwrap() > until).await;
    gate.add_permits(1);
    empty(&mut conn).await;
    drop(taken);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_never_run_a_job_twice() {
    let (db, store) = Database::with_store().await;
    let (handler, mut seen) = telling(well);
    let timing = Timing { sweep: often(), renew: often(), rescue: often(), lease: LONG, ..QUIET };
    let running: Vec<_> = (0..3)
        .map(|_| start(Workers::new(db.store()).timing(timing).register(4, LONG, handler.clone())))
        .collect();
    for chunk in 0..20 {
        commit(&store, (0..15).map(|n| ping(chunk * 15 + n))).await;
    }
    let mut all = Vec::new();
    for _ in 0..300 {
        let (job, ping) = seen.next().await;
        assert_eq!(job.attempt, 1);
        all.push(ping.n);
    }
    all.sort_unstable();
    assert_eq!(all, (0..300).collect::<Vec<_>>());
    empty(&mut db.conn().await).await;
    for one in running {
        one.stop().await;
    }
    assert!(seen.0.try_recv().is_err());
}

/// PostgreSQL is restarted while jobs run: all are done, and the workers go on by themselves.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_survive_a_restart_of_the_database() {
    let (_folder, mut server, db, store) = Database::with_server().await;
    let (handler, mut seen) = telling(well);
    let timing =
        Timing { sweep: often(), rescue: often(), lease: Duration::from_secs(2), renew: often(), ..QUIET };
    let running = start(Workers::new(store.clone()).timing(timing).register(4, LONG, handler));
    commit(&store, (0..400).map(ping)).await;
    let mut done = std::collections::HashSet::new();
    while done.len() < 50 {
        done.insert(seen.next().await.1);
    }
    server.restart().await.unwrap();
    while done.len() < 400 {
        done.insert(seen.next().await.1);
    }
    empty(&mut db.conn().await).await;
    commit(&db.store(), [ping(400)]).await;
    eventually("a later job runs", async || (seen.next().await.1.n == 400).then_some(())).await;
    running.ready().await;
    running.stop().await;
}

/// The plans that a connection keeps are made while there are no jobs; they must serve for many.
#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reads_the_whole_queue() {
    #[derive(QueryableByName)]
    struct Reads {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        table: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        index: i64,
    }
    const MANY: u32 = 3000;
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let (handler, mut seen) = telling(well);
    let running = start(Workers::new(store.clone()).timing(QUIET).register(8, LONG, handler));
    // After five runs PostgreSQL settles for one plan.
    for n in 0..10 {
        commit(&store, [ping(n)]).await;
        seen.next().await;
    }
    let many = "INSERT INTO jobs (id, kind, payload, run_at, max_attempts, created_at)
                SELECT gen_random_uuid(), 'ping', '{\"n\": 1}', $2, 1, $2 FROM generate_series(1, $1)";
    diesel::sql_query(many)
        .bind::<diesel::sql_types::Integer, _>(i32::try_from(MANY).unwrap())
        .bind::<diesel::sql_types::Timestamptz, _>(store.now())
        .execute(&mut conn)
        .await
        .unwrap();
    store.hints.jobs();
    for _ in 0..MANY {
        seen.next().await;
    }
    running.stop().await;
    let reads = eventually("the statistics are in", async || {
        let reads = "SELECT seq_tup_read AS table,
                         (SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'jobs_pkey') AS index
                     FROM pg_stat_user_tables
                     WHERE relname = 'jobs' AND n_tup_upd >= $1 AND n_tup_del >= $1";
        let reads = diesel::sql_query(reads).bind::<diesel::sql_types::BigInt, _>(i64::from(MANY));
        reads.get_result::<Reads>(&mut conn).await.optional().unwrap()
    })
    .await;
    assert!(reads.table < i64::from(MANY), "the table was read: {} rows", reads.table);
    // Once for the claim and once for the end, and what a vacuum may add.
    assert!(reads.index < 10 * i64::from(MANY), "the index was read: {} entries", reads.index);
}
