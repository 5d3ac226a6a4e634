//! Workers that are stopped or dropped.

use super::*;

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
