//! How jobs are started: by hints and by the sweep; and the plans of the statements.

use super::*;

/// Without a sweep: the hint starts the job.
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

/// When a process is killed between commit and hint, the sweep finds the job.
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
    timeout(DEADLINE, first.jobs_committed()).await.expect("there is a hint when it begins to listen");
    let url = db.url.clone();
    let announcer = tokio::spawn(async move { hint::announce(&url, &said).await });
    for n in 1..=3 {
        commit(&serve, [ping(n)]).await;
        assert_eq!(seen.next().await.1.n, n);
    }
    // Both ends reconnect after their connections are closed.
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

/// A connection keeps plans that were made when there were no jobs; they must also work for many jobs.
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
    // After five runs PostgreSQL keeps one plan.
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
    let reads = until("the statistics are in", async || {
        let reads = "SELECT seq_tup_read AS table,
                         (SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'jobs_pkey') AS index
                     FROM pg_stat_user_tables
                     WHERE relname = 'jobs' AND n_tup_upd >= $1 AND n_tup_del >= $1";
        let reads = diesel::sql_query(reads).bind::<diesel::sql_types::BigInt, _>(i64::from(MANY));
        reads.get_result::<Reads>(&mut conn).await.optional().unwrap()
    })
    .await;
    assert!(reads.table < i64::from(MANY), "the table was read: {} rows", reads.table);
    // Once for the claim and once for the end, and more for a possible vacuum.
    assert!(reads.index < 10 * i64::from(MANY), "the index was read: {} entries", reads.index);
}
