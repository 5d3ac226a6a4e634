//! Workers that crash or freeze, and databases that are away for a while.

use super::*;

/// Another worker runs the jobs of a crashed one.
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

/// When a worker has lost its lease, its handler is cancelled and its outcome is not recorded.
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
    timeout(DEADLINE, broken_off.recv()).await.expect("the run is cancelled").unwrap();
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

/// When PostgreSQL is restarted while jobs run, all of them are done, and the workers continue without a restart.
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
    until("a later job runs", async || (seen.next().await.1.n == 400).then_some(())).await;
    running.ready().await;
    running.stop().await;
}
