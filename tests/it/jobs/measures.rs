//! The metrics of the queue.

use guichet_queue::{JobError, Timing, Workers};
use guichet_tests::wait::until;
use metrics_exporter_prometheus::PrometheusBuilder;

use super::database::Database;
use super::workers::{LONG, QUIET, often, start};
use super::*;

// On one thread, because the recorder is local to it.
#[tokio::test]
async fn runs_depth_and_pauses_are_measured() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let (_guard, measured) = (metrics::set_default_local_recorder(&recorder), recorder.handle());
    let (db, store) = Database::with_store().await;
    let workers = Workers::new(store.clone())
        .timing(Timing { rescue: often(), lease: LONG, ..QUIET })
        .register(3, LONG, |_, ping: Ping| async move {
            match ping.n {
                1 => Ok(()),
                2 => Err(JobError::retry("later")),
                _ => Err(JobError::fail("never")),
            }
        })
        .register(1, LONG, |_, _: Once| async { Err(JobError::pause("535", Duration::from_secs(600))) });
    let running = start(workers);
    commit(&store, [ping(1), ping(2), ping(3), NewJob::new(&Once {}).unwrap()]).await;
    jobs::pause(&mut db.conn().await, "elsewhere", store.now() + TimeDelta::hours(1), "", store.now())
        .await
        .unwrap();
    let mut expected = vec![
        "guichet_job_runs_total{kind=\"ping\",outcome=\"done\"} 1",
        "guichet_job_runs_total{kind=\"ping\",outcome=\"retry\"} 1",
        "guichet_job_runs_total{kind=\"ping\",outcome=\"dead\"} 1",
        "guichet_job_runs_total{kind=\"once\",outcome=\"paused\"} 1",
        "guichet_job_duration_seconds_count{kind=\"ping\"} 3",
        "guichet_jobs{kind=\"ping\",state=\"scheduled\"} 1",
        "guichet_jobs{kind=\"ping\",state=\"running\"} 0",
        "guichet_jobs{kind=\"ping\",state=\"dead\"} 1",
        "guichet_jobs{kind=\"once\",state=\"ready\"} 1",
        "guichet_jobs_oldest_ready_seconds{kind=\"once\"} 0",
        "guichet_job_pauses{kind=\"once\"} 1",
        "guichet_job_pauses{kind=\"elsewhere\"} 1",
    ];
    let see = async |expected: &[&str]| {
        until("all is measured", async || {
            measured.run_upkeep();
            let text = measured.render();
            expected.iter().all(|line| text.lines().any(|other| other == *line)).then_some(())
        })
        .await;
    };
    see(&expected).await;
    // A scheduled job that is due counts as ready, even before a worker looks for it.
    db.clock.advance(TimeDelta::seconds(60));
    expected.truncate(5);
    expected.extend([
        "guichet_jobs{kind=\"ping\",state=\"ready\"} 1",
        "guichet_jobs{kind=\"ping\",state=\"scheduled\"} 0",
        "guichet_jobs_oldest_ready_seconds{kind=\"once\"} 60",
    ]);
    see(&expected).await;
    db.clock.advance(TimeDelta::minutes(60));
    see(&["guichet_job_pauses{kind=\"elsewhere\"} 0"]).await;
    running.stop().await;
}
