//! A process that is told to stop while something that it uses hangs: it ends in time, successfully, and gives back what
//! it had in hand.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_engine::job::JobStatus;
use guichet_engine::tables::jobs;
use guichet_tests::clamd::FakeClamd;
use guichet_tests::database::TestDatabase;
use guichet_tests::gate::{Gate, Target};
use guichet_tests::object_store::{self, S3Server};
use guichet_tests::process::{Launch, Process};
use guichet_tests::redis::Redis;
use guichet_tests::smtp::{Act, Rule, Step};
use guichet_tests::wait::until_ok;
use serde_json::json;

use super::files::{PDF, declare, put};
use super::site::Site;

/// How long docs/OPERATIONS.md gives a process to stop.
const STOP: Duration = Duration::from_secs(35);

/// Stops a process, which must end in time and successfully.
#[track_caller]
fn stopped(process: Process) -> impl Future<Output = Duration> {
    let at = std::panic::Location::caller();
    async move {
        let begun = Instant::now();
        process.ask_to_stop();
        let ended = process.end().await;
        let took = begun.elapsed();
        assert!(
            ended.code() == Some(0) && took < STOP,
            "{at}: {ended} after {took:?}: {:#?}",
            process.output()
        );
        took
    }
}

/// The states of the jobs, with whether each is due.
async fn left(site: &Site) -> Vec<(JobStatus, bool)> {
    let due = jobs::run_at.le(diesel::dsl::now);
    let read = jobs::table.select((jobs::status, due));
    read.load(&mut *site.store.conn().await.unwrap()).await.unwrap()
}

/// Waits until a worker has the only job.
async fn taken(site: &Site) {
    until_ok("a worker has the job", async || {
        let left = left(site).await;
        if matches!(left[..], [(JobStatus::Running, _)]) { Ok(()) } else { Err(left) }
    })
    .await;
}

/// A relay that hangs in this step while a mail is sent. Returns how long the stop took.
async fn relay_hangs(step: Step) -> Duration {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    site.sink.rule(Rule::new(step, Act::Hang).times(1));
    site.mail(&server).await;
    site.sink.wait_until(|state| state.acted == [step]).await;
    let took = stopped(worker).await;
    // Given back: another worker need not wait for the end of a lease.
    assert_eq!(left(&site).await, [(JobStatus::Ready, true)], "{step:?}");
    let worker = site.work().await;
    site.sent(&server, 1).await;
    assert_eq!(site.sink.mails().len(), 1, "{step:?}");
    tokio::join!(stopped(worker), stopped(server));
    database.drop().await;
    took
}

/// F-02: a relay that hangs at its greeting, in DATA, and after the body. The last one may still take the mail, so it is
/// given longer.
#[tokio::test]
async fn the_relay_hangs() {
    let steps = [Step::Connect, Step::Rcpt, Step::Data, Step::EndOfData].map(relay_hangs);
    let [greeting, recipient, data, body] = steps;
    let (greeting, recipient, data, body) = tokio::join!(greeting, recipient, data, body);
    assert!(greeting.max(recipient).max(data) < body, "{greeting:?} {recipient:?} {data:?} {body:?}");
}

/// F-07: a scanner and a bucket that hang while a file is verified.
#[tokio::test]
async fn what_verifies_files_hangs() {
    tokio::join!(verification_hangs(false), verification_hangs(true));
}

async fn verification_hangs(in_bucket: bool) {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (scanner, bucket) = (FakeClamd::start().await, S3Server::start().await);
    let scanner_at = scanner.address();
    let bucket_at = bucket.settings().endpoint.unwrap();
    let bucket_at = format!("127.0.0.1:{}", bucket_at.port().unwrap());
    let (scanning, storing) =
        tokio::join!(Gate::to(Target::Tcp(scanner_at)), Gate::to(Target::Tcp(bucket_at)));
    let serve = Launch::serve(&site.url).with_all(bucket.variables());
    let gated = object_store::variables(&format!("http://{}", storing.address()));
    let work = site.worker().with_all(gated).with("CLAMD_ADDRESS", scanning.address().to_string());
    let (server, worker) = tokio::join!(serve.start(), work.start());
    let (id, address) = declare(&site, &server, "one", PDF).await;
    assert_eq!(put(&server, &address, PDF).await.send().await.unwrap().status(), 200);
    let hanging = if in_bucket { &storing } else { &scanning };
    hanging.freeze();
    let mutation = "mutation ($ids: [ID!]!) { fileUploadComplete(input: { ids: $ids }) { results { userErrors { code } } } }";
    site.ask(&server, mutation, json!({ "ids": [id] })).await.expect("it answers");
    taken(&site).await;
    hanging.waits().await;
    stopped(worker).await;
    assert_eq!(left(&site).await, [(JobStatus::Ready, true)]);
    stopped(server).await;
    database.drop().await;
}

/// A bucket that hangs while a request waits for it.
#[tokio::test]
async fn what_a_request_waits_for_hangs() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let bucket = S3Server::start().await;
    let port = bucket.settings().endpoint.unwrap().port().unwrap();
    let gate = Gate::to(Target::Tcp(format!("127.0.0.1:{port}"))).await;
    let gated = object_store::variables(&format!("http://{}", gate.address()));
    let server = Launch::serve(&site.url).with_all(gated).start().await;
    let (id, address) = declare(&site, &server, "one", PDF).await;
    assert_eq!(put(&server, &address, PDF).await.send().await.unwrap().status(), 200);
    gate.freeze();
    let mutation = "mutation ($ids: [ID!]!) { fileUploadComplete(input: { ids: $ids }) { results { userErrors { code } } } }";
    let asking = site.ask(&server, mutation, json!({ "ids": [id] }));
    let stopping = async {
        gate.waits().await;
        server.ask_to_stop();
        let begun = Instant::now();
        let ended = server.end().await;
        assert!(ended.success() && begun.elapsed() < STOP, "{ended} after {:?}", begun.elapsed());
    };
    tokio::join!(asking, stopping);
    database.drop().await;
}

/// A Redis that hangs, and a PostgreSQL, with a mail in hand that cannot be given back: its lease ends.
#[tokio::test]
async fn redis_or_postgres_hangs() {
    tokio::join!(redis_hangs(), postgres_hangs());
}

async fn redis_hangs() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let redis = Redis::start().await;
    let gate = Gate::to(Target::Unix(redis.socket())).await;
    let url = format!("redis://{}", gate.address());
    let serve = Launch::serve(&site.url).with("REDIS_URL", &url);
    let work = Launch::work(&site.url, &site.sink.starttls_url()).with("REDIS_URL", &url);
    let (server, worker) = tokio::join!(serve.start(), work.start());
    let ticket = site.ticket(&server, "a ticket").await.unwrap();
    site.change(&server, &ticket, "IN_ANALYSIS", "a change").await.unwrap();
    site.sent(&server, 1).await;
    gate.freeze();
    // The hint of this change is held up; the change is not.
    site.change(&server, &ticket, "WAITING", "another change").await.unwrap();
    gate.waits().await;
    tokio::join!(stopped(server), stopped(worker));
    database.drop().await;
}

async fn postgres_hangs() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (user, place) = database.url.split_once('@').unwrap();
    let (folder, name) = place.split_once('/').unwrap();
    let socket = format!("{}/.s.PGSQL.5432", folder.replace("%2F", "/"));
    let gate = Gate::to(Target::Unix(socket.into())).await;
    let url = format!("{user}@{}/{name}", gate.address());
    let (serve, work) = (Launch::serve(&url), Launch::work(&url, &site.sink.starttls_url()));
    let (server, worker) = tokio::join!(serve.start(), work.start());
    site.sink.rule(Rule::new(Step::EndOfData, Act::Hang).times(1));
    site.mail(&server).await;
    site.sink.wait_until(|state| state.acted.len() == 1).await;
    gate.freeze();
    let asking = site.ask(&server, "{ tickets(first: 1) { totalCount } }", json!({}));
    let stopping = async {
        gate.waits().await;
        server.ask_to_stop();
        let begun = Instant::now();
        let ended = server.end().await;
        assert!(ended.success() && begun.elapsed() < STOP, "{ended} after {:?}", begun.elapsed());
    };
    tokio::join!(asking, stopping, stopped(worker));
    database.drop().await;
}
