//! Workers that crash, and a database that is away: which workers are missed, which jobs are suspects, and which jobs
//! are kept.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;

use diesel::sql_types::Double;
use guichet_engine::job::JobStatus;
use guichet_queue::{Timing, Workers};
use guichet_tests::wait::{self, DEADLINE};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::database::Database;
use super::workers::{LONG, QUIET, empty, often, start, telling};
use super::*;

const NOTICE: Duration = Duration::from_secs(6);
const SPREAD: Duration = Duration::from_secs(3);

/// Claims jobs with a lease that expires at once.
async fn doomed(conn: &mut AsyncPgConnection, limit: usize, now: DateTime<Utc>) -> Vec<Claimed> {
    jobs::claim(conn, &[(Ping::KIND, limit)], 1, "crasher", Duration::ZERO, now).await.unwrap()
}

/// Lets the workers of all jobs crash this many times.
async fn crash(conn: &mut AsyncPgConnection, times: u32, now: DateTime<Utc>) {
    for _ in 0..times {
        while !doomed(conn, 99, now).await.is_empty() {}
        rescue(conn, now).await;
    }
}

async fn allow_attempts(conn: &mut AsyncPgConnection, attempts: i32) {
    let allow = diesel::update(tables::jobs::table).set(tables::jobs::max_attempts.eq(attempts));
    allow.execute(conn).await.unwrap();
}

async fn missed_at(conn: &mut AsyncPgConnection) -> Option<DateTime<Utc>> {
    tables::jobs::table.select(tables::jobs::missed_at).first(conn).await.unwrap()
}

/// Moves the notice this far into the past.
async fn let_pass(conn: &mut AsyncPgConnection, time: Duration) {
    let passed = "UPDATE jobs SET missed_at = missed_at - make_interval(secs => $1)";
    diesel::sql_query(passed).bind::<Double, _>(time.as_secs_f64()).execute(conn).await.unwrap();
}

/// A worker on notice can still renew its lease, however long ago it expired: perhaps only the database was away.
#[tokio::test(flavor = "multi_thread")]
async fn a_missed_worker_may_still_renew() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    let look = async |conn: &mut AsyncPgConnection| {
        let rescued = jobs::rescue(conn, NOTICE, SPREAD, now).await.unwrap();
        (rescued.len(), missed_at(conn).await.is_some())
    };
    commit(&store, [ping(1)]).await;
    let job = doomed(&mut conn, 1, now).await.remove(0);
    assert_eq!(look(&mut conn).await, (0, true), "on notice");
    let_pass(&mut conn, NOTICE / 2).await;
    assert_eq!(look(&mut conn).await, (0, true), "still on notice");
    assert_eq!(jobs::renew(&mut conn, &[job.lease], Duration::ZERO).await.unwrap(), [job.lease.token]);
    assert_eq!(missed_at(&mut conn).await, None, "the notice is gone");

    assert_eq!(look(&mut conn).await, (0, true), "missed again");
    let_pass(&mut conn, NOTICE + SPREAD).await;
    assert_eq!(look(&mut conn).await, (1, true), "its time is over");
    assert!(jobs::renew(&mut conn, &[job.lease], LEASE).await.unwrap().is_empty());
    assert_eq!(claim_one(&mut conn, now).await.attempt, 2);
    assert_eq!(missed_at(&mut conn).await, None, "a new run");
}

/// A notice of long ago does not count, because the database may have been away since; a new one is given.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_of_long_ago_does_not_count() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1)]).await;
    doomed(&mut conn, 1, now).await;
    assert!(jobs::rescue(&mut conn, NOTICE, SPREAD, now).await.unwrap().is_empty());
    let first = missed_at(&mut conn).await;
    let_pass(&mut conn, NOTICE * 10).await;
    assert!(jobs::rescue(&mut conn, NOTICE, SPREAD, now).await.unwrap().is_empty());
    assert!(missed_at(&mut conn).await >= first, "a new one");
}

/// Jobs that were in two crashes are suspects, and claimed one at a time.
#[tokio::test(flavor = "multi_thread")]
async fn suspects_are_claimed_one_at_a_time() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1), ping(2)]).await;
    allow_attempts(&mut conn, 9).await;
    crash(&mut conn, 1, now).await;
    let back = claim(&mut conn, 9, now).await;
    assert_eq!(numbers(&back), [1, 2], "one crash does not make a suspect");
    assert!(back.iter().all(|job| !job.is_suspect));
    for job in &back {
        settle(&mut conn, job.lease, JobOutcome::Release, now).await;
    }
    crash(&mut conn, 1, now).await;
    assert!(rows(&mut conn).await.iter().all(|row| row.crashes == 2));

    commit(&store, [ping(3).priority(1), ping(4)]).await;
    let wanted = [(Ping::KIND, 2), (Once::KIND, 2)];
    let first = jobs::claim(&mut conn, &wanted, 1, "tester", LEASE, now).await.unwrap();
    assert_eq!(numbers(&first), [3, 1], "no more than asked for");
    assert_eq!(first.iter().map(|job| job.is_suspect).collect::<Vec<_>>(), [false, true]);
    let next = jobs::claim(&mut conn, &wanted, 0, "tester", LEASE, now).await.unwrap();
    assert_eq!(numbers(&next), [4], "another suspect runs");

    // A released job is still a suspect; one whose run ended is not.
    settle(&mut conn, first[1].lease, JobOutcome::Release, now).await;
    let again = jobs::claim(&mut conn, &wanted, 1, "tester", LEASE, now).await.unwrap();
    assert_eq!((numbers(&again), again[0].is_suspect), (vec![1], true));
    let failed = JobOutcome::Retry { run_at: now, error: "451".into() };
    settle(&mut conn, again[0].lease, failed, now).await;
    let cleared = jobs::claim(&mut conn, &wanted, 0, "tester", LEASE, now).await.unwrap();
    assert_eq!((numbers(&cleared), cleared[0].is_suspect), (vec![1], false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_crashes_its_worker_ten_times_is_given_up() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1)]).await;
    allow_attempts(&mut conn, 54).await;
    crash(&mut conn, 9, now).await;
    assert_eq!(row(&mut conn).await.status, JobStatus::Ready);
    crash(&mut conn, 1, now).await;
    let dead = row(&mut conn).await;
    assert_eq!((dead.status, dead.attempts, dead.finished_at), (JobStatus::Dead, 10, Some(now)));
    guichet_engine::job::admin::retry(&store, By::system(), dead.id).await.unwrap();
    assert_eq!(row(&mut conn).await.crashes, 0, "a retry clears the crashes");
}

/// Without a sweep: the end of one suspect starts the next. Other jobs run beside them.
#[tokio::test(flavor = "multi_thread")]
async fn suspects_run_one_at_a_time() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let gate = Arc::new(Semaphore::new(0));
    let waits = gate.clone();
    let (handler, mut seen) = telling(move |_, ping| {
        let gate = waits.clone();
        async move {
            if ping.n < 10 {
                gate.acquire().await.unwrap().forget();
            }
            Ok(())
        }
    });
    commit(&store, (1..=3).map(ping)).await;
    crash(&mut conn, 2, store.now()).await;
    let running = start(Workers::new(store.clone()).timing(QUIET).register(4, LONG, handler));
    let mut begun = BTreeSet::from([seen.next().await.1.n]);
    for n in 10..20 {
        commit(&store, [ping(n)]).await;
        assert_eq!(seen.next().await.1.n, n, "other jobs run");
    }
    for _ in 1..3 {
        gate.add_permits(1);
        assert!(begun.insert(seen.next().await.1.n));
    }
    assert_eq!(begun, BTreeSet::from([1, 2, 3]));
    gate.add_permits(1);
    empty(&mut conn).await;
    running.stop().await;
}

/// F-02: while the database is away for longer than a lease, a run is cancelled, because another worker may have the
/// job. A run that has passed its point of no return continues, and keeps the job when the database is back.
#[tokio::test(flavor = "multi_thread")]
async fn f_02_what_cannot_be_called_back_keeps_its_job() {
    struct Dropped(UnboundedSender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let (_folder, mut server, db, store) = Database::with_server().await;
    let gate = Arc::new(Semaphore::new(0));
    let (waits, (tell, mut broken_off)) = (gate.clone(), unbounded_channel());
    let (handler, mut seen) = telling(move |job, ping| {
        let (gate, guard) = (waits.clone(), (ping.n == 2).then(|| Dropped(tell.clone())));
        async move {
            if guard.is_some() {
                return pending().await;
            }
            assert!(job.point.pass());
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    let timing = Timing {
        lease: Duration::from_secs(1),
        renew: often(),
        rescue: often(),
        sweep: often(),
        notice: DEADLINE,
        ..QUIET
    };
    let running = start(Workers::new(store.clone()).timing(timing).register(2, LONG, handler));
    commit(&store, [ping(1), ping(2)]).await;
    let begun = BTreeSet::from([seen.next().await.1.n, seen.next().await.1.n]);
    assert_eq!(begun, BTreeSet::from([1, 2]));
    server.stop().await;
    timeout(DEADLINE, broken_off.recv()).await.expect("the run is cancelled").unwrap();
    server.restart().await.unwrap();
    let mut conn = db.conn().await;
    let of = async |conn: &mut AsyncPgConnection, n: i64| {
        rows(conn).await.into_iter().find(|row| row.payload["n"] == n)
    };
    let until = of(&mut conn, 1).await.unwrap().lease_until;
    wait::until("the lease is renewed again", async || {
        of(&mut conn, 1).await.filter(|row| row.lease_until > until && row.attempts == 1)
    })
    .await;
    gate.add_permits(1);
    wait::until("it is done", async || of(&mut conn, 1).await.is_none().then_some(())).await;
    // The other run is gone: its job waits for its rescue, or was released by a claimer that found the database away,
    // and then runs again. Either way its attempt is not counted twice.
    let given: Vec<u32> = std::iter::from_fn(|| seen.0.try_recv().ok()).map(|(_, ping)| ping.n).collect();
    assert!(!given.contains(&1), "no other worker got it: {given:?}");
    assert!(of(&mut conn, 2).await.unwrap().attempts <= 1);
    running.task.abort();
}
