//! A worker that is frozen for longer than its lease, and then woken.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_engine::job::{JobStatus, Payload};
use guichet_engine::tables::jobs;
use guichet_schema::shared::email_delivery::model::{DeliveryStatus, SendEmail};
use uuid::Uuid;

use super::copies::Copies;
use super::findings::Findings;
use super::office::{Office, Queue};
use crate::database::TestDatabase;
use crate::process::{Launch, Process};
use crate::smtp::{Act, Options, Rule, Sink, Step};

const ROUNDS: usize = 3;
const SOON: Duration = Duration::from_secs(10);

/// The state of the one job in the database.
type Run = (String, Uuid, i32);

/// A worker freezes while the relay accepts its mail; another one has the job when it wakes. It can no longer
/// settle its run: the other run goes on and settles the job.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let sink = Sink::start(Options::default()).await;
    let launch = Launch::work(&office.url, &sink.url());
    let mut findings = Findings::default();
    let mut refused = 0.0;
    for round in 0..ROUNDS {
        let part = format!("round {}", round + 1);
        refused += freeze(&office, &sink, &launch, &mut findings, &part).await;
    }
    let mut copies = Copies::of(&sink);
    let second: usize =
        office.deliveries().await.iter().map(|delivery| copies.take(delivery).saturating_sub(1)).sum();
    findings.count("frozen", ROUNDS);
    findings.count("woken runs told that their lease is lost", refused);
    findings.count("second copies, both inside DATA", second);
    findings.expect(second <= ROUNDS, "more second copies than freezings");
    sink.stop().await;
    database.drop().await;
    findings
}

async fn freeze(office: &Office, sink: &Sink, launch: &Launch, findings: &mut Findings, part: &str) -> f64 {
    let hold = || sink.rule(Rule::new(Step::EndOfData, Act::Hold).times(1));
    let acted = || sink.see(|state| state.acted.len());
    let first = launch.start().await;
    let before = acted();
    hold();
    let delivery = office.mail_to("frozen@example.com").await;
    sink.wait_until(|state| state.acted.len() > before).await;
    let begun = run_of(office).await;
    first.freeze();
    // The relay's 250 waits in the frozen worker's socket.
    sink.release();
    hold();

    let second = launch.start().await;
    sink.wait_until(|state| state.acted.len() > before + 1).await;
    let taken = run_of(office).await;
    let (Some(begun), Some(taken)) = (begun, taken) else {
        findings.expect(false, format!("{part}: nobody runs the job"));
        return 0.0;
    };
    findings.expect(begun.0 != taken.0 && begun.1 != taken.1, format!("{part}: the job has no new run"));
    findings.expect_equal("attempts", taken.2, begun.2 + 1);

    first.wake();
    let refusals = format!("guichet_job_runs_total{{kind=\"{}\",outcome=\"lost\"}}", SendEmail::KIND);
    let mut refused = 0.0;
    let noticed = office
        .within(SOON, async || {
            refused = first.metric(&refusals).await;
            refused > 0.0
        })
        .await;
    findings.expect(noticed, format!("{part}: the woken worker did not notice that its lease is lost"));
    findings.expect_equal("the other worker's run", run_of(office).await, Some(taken));
    sink.release();
    findings.expect(office.emptied(SOON).await, format!("{part}: the other worker could not settle the job"));
    findings.expect_equal("queue", office.queue().await, Queue::default());
    findings.expect_equal("delivery", office.delivery(delivery.id).await.status, DeliveryStatus::Sent);
    stop(first, findings).await;
    stop(second, findings).await;
    refused
}

async fn stop(worker: Process, findings: &mut Findings) {
    let status = worker.stop().await;
    findings.expect(status.success(), format!("asked to stop, a worker ended with {status}"));
}

/// The worker, run and attempt of the job.
async fn run_of(office: &Office) -> Option<Run> {
    let mut conn = office.store.conn().await.expect("the database answers");
    let run: Option<(Option<String>, Option<Uuid>, i32)> = jobs::table
        .filter(jobs::status.eq(JobStatus::Running))
        .select((jobs::worker, jobs::lease_token, jobs::attempts))
        .first(&mut conn)
        .await
        .optional()
        .expect("jobs are read");
    run.and_then(|(worker, run, attempts)| Some((worker?, run?, attempts)))
}
