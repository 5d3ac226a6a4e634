//! Jobs that fail, panic, hang or cannot succeed.

use super::*;

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
