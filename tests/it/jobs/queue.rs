//! The statements of the queue, one by one: claiming, settling, rescuing, pausing.

use std::collections::HashSet;

use diesel_async::SimpleAsyncConnection;
use guichet_engine::job::JobStatus;
use guichet_tests::wait::DEADLINE;
use tokio::time::timeout;

use super::database::Database;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_lives_once() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1).key("a"), ping(2).key("a"), ping(3).key("b"), ping(4), ping(5)]).await;
    commit(&store, [ping(6).key("a")]).await;
    let first = claim(&mut conn, 9, now).await;
    assert_eq!(numbers(&first), [1, 3, 4, 5]);
    commit(&store, [ping(7).key("a")]).await;
    assert_eq!(rows(&mut conn).await.len(), 4, "a running job keeps its key");
    settle(&mut conn, first[0].lease, JobOutcome::Done, now).await;
    settle(&mut conn, first[1].lease, JobOutcome::Bury { error: "no".into() }, now).await;
    commit(&store, [ping(8).key("a"), ping(9).key("b")]).await;
    assert_eq!(numbers(&claim(&mut conn, 9, now).await), [8, 9], "done and dead jobs do not keep it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_priority_then_the_longest_due_goes_first() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    let at = |seconds| now + TimeDelta::seconds(seconds);
    commit(
        &store,
        [
            ping(1),
            ping(2).run_at(at(-5)),
            ping(3).priority(10),
            ping(4).priority(-10).run_at(at(-60)),
            ping(5).priority(10).run_at(at(1)),
            ping(6).priority(10).run_at(at(-1)),
        ],
    )
    .await;
    assert_eq!(numbers(&claim(&mut conn, 2, now).await), [6, 3]);
    assert_eq!(numbers(&claim(&mut conn, 9, now).await), [2, 1, 4], "5 is not due");
    assert_eq!(numbers(&claim(&mut conn, 9, at(1)).await), [5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_has_its_own_limit() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let once = || NewJob::new(&Once {}).unwrap();
    commit(&store, [ping(1), ping(2), ping(3), once(), once()]).await;
    let wanted = [(Ping::KIND, 2), (Once::KIND, 5), ("unknown", 5)];
    let claimed = jobs::claim(&mut conn, &wanted, 1, "tester", LEASE, store.now()).await.unwrap();
    let count = |kind| claimed.iter().filter(|job| job.kind == kind).count();
    assert_eq!((count(Ping::KIND), count(Once::KIND)), (2, 2));
    let tokens: HashSet<_> = claimed.iter().map(|job| job.lease.token).collect();
    assert_eq!(tokens.len(), 4, "each has a separate lease");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempt_makes_a_dead_letter() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1)]).await;
    for attempt in 1..=3 {
        let job = claim_one(&mut conn, now).await;
        assert_eq!((job.attempt, job.max_attempts), (attempt, 3));
        let error = format!("no {attempt}");
        let settled = settle(&mut conn, job.lease, JobOutcome::Retry { run_at: now, error }, now).await;
        assert_eq!(settled, Some(if attempt < 3 { Settled::Ready } else { Settled::Dead }));
    }
    let dead = row(&mut conn).await;
    assert_eq!((dead.status, dead.attempts, dead.finished_at), (JobStatus::Dead, 3, Some(now)));
    assert_eq!((dead.last_error.as_deref(), dead.lease_until, dead.worker), (Some("no 3"), None, None));
    assert!(claim(&mut conn, 1, now).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_waits_for_its_time() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1)]).await;
    let job = claim_one(&mut conn, now).await;
    let run_at = now + TimeDelta::seconds(15);
    settle(&mut conn, job.lease, JobOutcome::Retry { run_at, error: "no".into() }, now).await;
    assert!(claim(&mut conn, 1, run_at - TimeDelta::microseconds(1)).await.is_empty());
    assert_eq!(claim_one(&mut conn, run_at).await.attempt, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_gives_the_attempt_back() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1)]).await;
    for _ in 0..5 {
        let job = claim_one(&mut conn, now).await;
        assert_eq!(job.attempt, 1);
        assert_eq!(settle(&mut conn, job.lease, JobOutcome::Release, now).await, Some(Settled::Ready));
    }
    let row = row(&mut conn).await;
    assert_eq!((row.status, row.attempts, row.run_at, row.last_error), (JobStatus::Ready, 0, now, None));
}

/// A job that crashes its process gets no more attempts than others.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_lease_is_rescued_until_the_attempts_are_used_up() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1)]).await;
    for attempt in 1..=3 {
        let wanted = [(Ping::KIND, 1)];
        let claimed = jobs::claim(&mut conn, &wanted, 1, "crasher", Duration::ZERO, now).await.unwrap();
        assert_eq!(claimed[0].attempt, attempt);
        let rescued = rescue(&mut conn, now).await;
        assert_eq!((rescued.len(), rescued[0].id), (1, claimed[0].lease.id));
        let expected = if attempt < 3 { JobStatus::Ready } else { JobStatus::Dead };
        assert_eq!((rescued[0].status, rescued[0].attempts), (expected, attempt));
    }
    let dead = row(&mut conn).await;
    assert_eq!(dead.last_error.as_deref(), Some("the worker crasher crashed or froze"));
    assert_eq!(dead.finished_at, Some(now));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_lasts_is_not_rescued() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1)]).await;
    let wanted = [(Ping::KIND, 1)];
    let job = jobs::claim(&mut conn, &wanted, 1, "slow", Duration::ZERO, now).await.unwrap().remove(0);
    assert_eq!(jobs::renew(&mut conn, &[job.lease], LEASE).await.unwrap(), [job.lease.token]);
    // A lease uses the database's clock, so the clock of the business does not matter.
    assert!(rescue(&mut conn, now + TimeDelta::days(31)).await.is_empty());
    assert_eq!(settle(&mut conn, job.lease, JobOutcome::Done, now).await, Some(Settled::Done));
}

/// A worker that wakes up after its lease was rescued cannot settle the job, whatever the outcome of its run.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_settles_nothing() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, [ping(1)]).await;
    let wanted = [(Ping::KIND, 1)];
    let late = jobs::claim(&mut conn, &wanted, 1, "frozen", Duration::ZERO, now).await.unwrap()[0].lease;
    rescue(&mut conn, now).await;
    let says = [
        JobOutcome::Done,
        JobOutcome::Release,
        JobOutcome::Bury { error: "late".into() },
        JobOutcome::Retry { run_at: now, error: "late".into() },
    ];
    let rescued = format!("{:?}", row(&mut conn).await);
    for outcome in &says {
        assert_eq!(settle(&mut conn, late, outcome.clone(), now).await, None);
    }
    assert_eq!(format!("{:?}", row(&mut conn).await), rescued);

    let other = claim_one(&mut conn, now).await;
    assert_eq!(other.lease.id, late.id);
    let running = format!("{:?}", row(&mut conn).await);
    for outcome in &says {
        assert_eq!(settle(&mut conn, late, outcome.clone(), now).await, None);
    }
    assert!(jobs::renew(&mut conn, &[late], LEASE).await.unwrap().is_empty());
    assert_eq!(format!("{:?}", row(&mut conn).await), running);
    assert_eq!(settle(&mut conn, other.lease, JobOutcome::Done, now).await, Some(Settled::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_runs_are_settled_at_once() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, (0..6).map(ping)).await;
    let run = claim(&mut conn, 6, now).await;
    settle(&mut conn, run[5].lease, JobOutcome::Done, now).await;
    let outcomes = [
        (run[0].lease, JobOutcome::Done),
        (run[1].lease, JobOutcome::Done),
        (run[2].lease, JobOutcome::Retry { run_at: now, error: "nul \0 and ".to_owned() + &"x".repeat(600) }),
        (run[3].lease, JobOutcome::Bury { error: "no".into() }),
        (run[4].lease, JobOutcome::Release),
        (run[5].lease, JobOutcome::Done),
    ];
    let settled = jobs::settle(&mut conn, &outcomes, now).await.unwrap();
    let of: Vec<_> = run.iter().map(|job| settled.get(&job.lease.token).copied()).collect();
    let (done, ready, dead) = (Some(Settled::Done), Some(Settled::Ready), Some(Settled::Dead));
    assert_eq!(of, [done, done, ready, dead, ready, None]);
    let left = rows(&mut conn).await;
    assert_eq!(left.len(), 3);
    assert_eq!(left[0].last_error.as_ref().map(|error| error.chars().count()), Some(500));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_job_is_given_to_two_claimers() {
    let (db, store) = Database::with_store().await;
    let now = store.now();
    commit(&store, (0..300).map(ping)).await;
    let claimers = (0..3).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let (mut conn, mut mine) = (db.conn().await, Vec::new());
            loop {
                let claimed = claim(&mut conn, 7, now).await;
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(numbers(&claimed));
            }
        })
    });
    let mut all = Vec::new();
    for claimer in claimers.collect::<Vec<_>>() {
        all.extend(claimer.await.unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, (0..300).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_waits_for_nobody() {
    let (db, store) = Database::with_store().await;
    let (mut conn, mut other) = (db.conn().await, db.conn().await);
    commit(&store, [ping(1), ping(2)]).await;
    other.batch_execute("BEGIN; SELECT FROM jobs WHERE payload->>'n' = '1' FOR UPDATE").await.unwrap();
    let claimed = timeout(DEADLINE, claim(&mut conn, 2, store.now())).await.expect("it waits for nobody");
    assert_eq!(numbers(&claimed), [2]);
    other.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(numbers(&claim(&mut conn, 2, store.now()).await), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_claimed_unheard_is_given_back() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    commit(&store, (0..3).map(ping)).await;
    let heard = claim_one(&mut conn, now).await;
    let unheard = claim_one(&mut conn, now).await;
    let others = jobs::claim(&mut conn, &[(Ping::KIND, 1)], 1, "other", LEASE, now).await.unwrap();
    assert_eq!(jobs::give_back(&mut conn, "tester", &[heard.lease.token]).await.unwrap(), 1);
    let ready: Vec<JobId> =
        rows(&mut conn).await.iter().filter(|row| row.status == JobStatus::Ready).map(|row| row.id).collect();
    assert_eq!(ready, [unheard.lease.id]);
    assert_eq!(claim_one(&mut conn, now).await.attempt, 1);
    assert_eq!(settle(&mut conn, others[0].lease, JobOutcome::Done, now).await, Some(Settled::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_kind_is_not_claimed() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    let at = |minutes| now + TimeDelta::minutes(minutes);
    commit(&store, [ping(1), NewJob::new(&Once {}).unwrap()]).await;
    assert!(jobs::pause(&mut conn, Ping::KIND, at(5), "535", now).await.unwrap());
    assert!(!jobs::pause(&mut conn, Ping::KIND, at(9), "again", at(1)).await.unwrap(), "it is paused");
    let wanted = [(Ping::KIND, 5), (Once::KIND, 5)];
    let claimed = jobs::claim(&mut conn, &wanted, 1, "tester", LEASE, at(4)).await.unwrap();
    assert_eq!((claimed.len(), claimed[0].kind.as_str()), (1, Once::KIND));
    let pauses = jobs::pauses(&mut conn, at(4)).await.unwrap();
    assert_eq!((pauses.len(), pauses[0].until, pauses[0].reason.as_str()), (1, at(5), "535"));

    assert!(jobs::pauses(&mut conn, at(5)).await.unwrap().is_empty(), "it ends by itself");
    let job = claim_one(&mut conn, at(5)).await;
    settle(&mut conn, job.lease, JobOutcome::Release, at(5)).await;
    assert!(jobs::pause(&mut conn, Ping::KIND, at(9), "again", at(6)).await.unwrap(), "a new one");
    assert!(claim(&mut conn, 1, at(6)).await.is_empty());
    assert!(jobs::resume(&mut conn, Ping::KIND).await.unwrap());
    assert!(!jobs::resume(&mut conn, Ping::KIND).await.unwrap());
    claim_one(&mut conn, at(6)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_depth_counts_every_state() {
    let (db, store) = Database::with_store().await;
    let (mut conn, now) = (db.conn().await, store.now());
    let at = |seconds| now + TimeDelta::seconds(seconds);
    commit(&store, (1..=4).map(|n| ping(n).run_at(at(i64::from(n) - 3)))).await;
    commit(&store, [NewJob::new(&Once {}).unwrap(), NewJob::new(&Once {}).unwrap()]).await;
    for job in
        jobs::claim(&mut conn, &[(Once::KIND, 2)], 1, "tester", LEASE, now).await.unwrap().iter().skip(1)
    {
        settle(&mut conn, job.lease, JobOutcome::Bury { error: "no".into() }, now).await;
    }
    let depths = jobs::depth(&mut conn, now).await.unwrap();
    let states: Vec<_> = depths
        .iter()
        .map(|d| (d.kind.as_str(), d.ready, d.running, d.scheduled, d.dead, d.oldest_ready))
        .collect();
    assert_eq!(states, [(Once::KIND, 0, 1, 0, 1, None), (Ping::KIND, 3, 0, 1, 0, Some(at(-2)))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_travels_with_its_job() {
    let (db, store) = Database::with_store().await;
    let (mut conn, firm) = (db.conn().await, FirmId::new());
    let insert = "INSERT INTO firms (id, name, locale, zone, country, currency, mail_from, created_at)
                  VALUES ($1, 'F', 'en', 'UTC', 'FR', 'EUR', 'f@example.com', now())";
    let insert = diesel::sql_query(insert).bind::<diesel::sql_types::Uuid, _>(firm);
    insert.execute(&mut conn).await.unwrap();
    commit(&store, [ping(1).firm(firm)]).await;
    assert_eq!(claim_one(&mut conn, store.now()).await.firm_id, Some(firm));
}
