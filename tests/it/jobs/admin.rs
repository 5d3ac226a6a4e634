//! The queue for operators: listing, showing and retrying jobs.

use guichet_base::error::{Code, Error};
use guichet_base::id::Id;
use guichet_engine::job::JobStatus;
use guichet_engine::job::admin::{self, NotSooner, RetriedAll};

use super::database::Database;
use super::*;

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    match result {
        Err(Error::Refused(refusals)) => refusals[0].code,
        other => panic!("not refused: {other:?}"),
    }
}

/// Claims all jobs and makes them dead.
async fn bury_all(store: &Store, conn: &mut AsyncPgConnection) {
    for job in claim(conn, 99, store.now()).await {
        settle(conn, job.lease, JobOutcome::Bury { error: "no".into() }, store.now()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_and_shown() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    commit(&store, [ping(1), ping(2), ping(3), NewJob::new(&Once {}).unwrap()]).await;
    let job = claim_one(&mut conn, store.now()).await;
    let mut list = async |kind, status, limit| {
        let jobs = admin::list(&mut conn, kind, status, limit).await.unwrap();
        jobs.iter().map(|job| job.payload["n"].as_u64().unwrap_or(0)).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None, 9).await, [0, 3, 2, 1]);
    assert_eq!(list(None, None, 2).await, [0, 3]);
    assert_eq!(list(Some("ping"), None, 9).await, [3, 2, 1]);
    assert_eq!(list(None, Some(JobStatus::Running), 9).await, [1]);
    assert_eq!(list(Some("ping"), Some(JobStatus::Ready), 1).await, [3]);
    assert!(list(None, Some(JobStatus::Dead), 9).await.is_empty());

    let shown = admin::show(&mut conn, job.lease.id).await.unwrap();
    assert_eq!(
        (shown.status, shown.worker.as_deref(), shown.attempts),
        (JobStatus::Running, Some("tester"), 1)
    );
    assert_eq!(refused(admin::show(&mut conn, JobId::new()).await), Code::NotFound);
}

/// F-03: a retried dead job gets all its attempts again, and the retry is audited.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_runs_again_with_all_its_attempts() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    commit(&store, [ping(1)]).await;
    let id = row(&mut conn).await.id;
    assert_eq!(refused(admin::retry(&store, By::system(), id).await), Code::Conflict, "it is not dead");
    bury_all(&store, &mut conn).await;
    db.clock.advance(TimeDelta::hours(1));
    let mut hints = store.hints.listener();
    admin::retry(&store, By::system(), id).await.unwrap();
    hints.jobs_committed().await;
    let revived = row(&mut conn).await;
    assert_eq!((revived.status, revived.attempts, revived.finished_at), (JobStatus::Ready, 0, None));
    assert_eq!((revived.run_at, revived.last_error.as_deref()), (store.now(), Some("no")));
    assert_eq!(refused(admin::retry(&store, By::system(), id).await), Code::Conflict);
    assert_eq!(refused(admin::retry(&store, By::system(), JobId::new()).await), Code::NotFound);
    let traces = tables::audit::table.select((tables::audit::act, tables::audit::subject_id));
    let traces: Vec<(String, Option<uuid::Uuid>)> = traces.load(&mut conn).await.unwrap();
    assert_eq!(traces, [("jobRetry".to_owned(), Some(id.uuid()))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_makes_way_for_a_living_job_with_its_key() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    commit(&store, [ping(1).key("a"), ping(2).key("b"), ping(3)]).await;
    let id = rows(&mut conn).await[0].id;
    bury_all(&store, &mut conn).await;
    commit(&store, [ping(4).key("a"), NewJob::new(&Once {}).unwrap()]).await;
    assert_eq!(refused(admin::retry(&store, By::system(), id).await), Code::Taken);

    let none = admin::retry_all(&store, By::system(), Some(Once::KIND)).await.unwrap();
    assert_eq!(none, RetriedAll::default());
    let all = admin::retry_all(&store, By::system(), None).await.unwrap();
    assert_eq!(all, RetriedAll { revived: 2, left: 1 });
    assert_eq!(numbers(&claim(&mut conn, 9, store.now()).await), [2, 3, 4]);
}

/// A job that waits for its next attempt is made due, which is audited and wakes the workers; of any other one it is told why
/// it does not run sooner.
#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_job_runs_now() {
    let (db, store) = Database::with_store().await;
    let mut conn = db.conn().await;
    let run_now = async |id| admin::run_now(&store, By::system(), id).await.unwrap();
    commit(&store, [ping(1)]).await;
    let id = row(&mut conn).await.id;
    assert_eq!(run_now(JobId::new()).await, Err(NotSooner::Unknown));
    assert_eq!(run_now(id).await, Err(NotSooner::Due));
    let job = claim_one(&mut conn, store.now()).await;
    assert_eq!(run_now(id).await, Err(NotSooner::Running));
    let outcome = JobOutcome::Retry { run_at: store.now() + TimeDelta::hours(1), error: "busy".into() };
    settle(&mut conn, job.lease, outcome, store.now()).await;

    let until = store.now() + TimeDelta::minutes(1);
    jobs::pause(&mut conn, Ping::KIND, until, "no", store.now()).await.unwrap();
    let paused = run_now(id).await;
    assert!(matches!(&paused, Err(NotSooner::Paused(pause)) if pause.until == until), "{paused:?}");
    jobs::resume(&mut conn, Ping::KIND).await.unwrap();

    assert!(claim(&mut conn, 1, store.now()).await.is_empty(), "it waits");
    let mut hints = store.hints.listener();
    assert_eq!(run_now(id).await, Ok(()));
    hints.jobs_committed().await;
    let again = claim_one(&mut conn, store.now()).await;
    assert_eq!((again.lease.id, row(&mut conn).await.attempts), (id, 2), "its attempts count");
    settle(&mut conn, again.lease, JobOutcome::Bury { error: "no".into() }, store.now()).await;
    assert_eq!(run_now(id).await, Err(NotSooner::Dead));
    let traces = tables::audit::table.select((tables::audit::act, tables::audit::subject_id));
    let traces: Vec<(String, Option<uuid::Uuid>)> = traces.load(&mut conn).await.unwrap();
    assert_eq!(traces, [("jobRunNow".to_owned(), Some(id.uuid()))]);
}
