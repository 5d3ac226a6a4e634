//! The file store is away, returns errors or truncates answers; servers are killed during uploads.

use std::time::Duration;

use guichet_storage::{Folder, S3, Storage};
use http::{Method, StatusCode};
use tokio::time::{Instant, sleep};

use super::api::Api;
use super::bucket::Bucket;
use super::couriers::{Couriers, Told};
use super::findings::Findings;
use super::office::Office;
use super::part::{End, Part};
use crate::database::TestDatabase;
use crate::object_store::{Fault, Kind, ObjectStore};
use crate::process::Launch;
use crate::smtp::{Options, Sink};

/// How long a fault lasts.
const AWAY: Duration = Duration::from_secs(10);
/// Longer than the backoff of a verification that failed twice.
const EMPTIED: Duration = Duration::from_secs(120);
/// The number of files before and after each fault.
const LOAD: usize = 20;
/// The codes that the API may return while the store or the server is away.
const CLEAR: &[&str] = &["UNAVAILABLE", "FILE_NOT_UPLOADED", "LOST"];

/// An office that receives files all the time.
struct Service {
    database: TestDatabase,
    office: Office,
    sink: Sink,
    serve: Part,
    work: Part,
    couriers: Couriers,
    url: String,
}

impl Service {
    async fn start(variables: &[(&'static str, String)]) -> Self {
        let database = TestDatabase::new().await;
        let office = Office::open(&database.url).await;
        let on = |launch: Launch| launch.with_all(variables.to_vec());
        // Couriers attach nothing, so they need a higher limit of unattached files.
        let launch = on(Launch::serve(&office.url)).with("UPLOAD_MAX_MB", "100000");
        let sink = Sink::start(Options::default()).await;
        let work = on(Launch::work(&office.url, &sink.url()));
        let ((serve, url), work) = tokio::join!(Part::serve(launch), Part::start(work));
        let couriers = Couriers::start(&office, std::slice::from_ref(&url));
        couriers.taken(LOAD).await;
        Self { database, office, sink, serve, work, couriers, url }
    }

    /// Waits until files are accepted again; returns how long the first one took.
    async fn returns(&self) -> Duration {
        let begun = Instant::now();
        self.couriers.taken(1).await;
        let back = begun.elapsed();
        self.couriers.taken(LOAD).await;
        back
    }

    /// Kills and restarts both processes.
    async fn again(&mut self) {
        for part in [&mut self.serve, &mut self.work] {
            part.leave(End::Killed).await;
            part.come_back().await;
        }
    }

    async fn end(self, storage: &Storage, root: &std::path::Path, findings: &mut Findings) {
        let Self { database, office, sink, serve, work, couriers, url, .. } = self;
        let told: Told = couriers.stop().await;
        let emptied = office.emptied(EMPTIED).await;
        findings.expect(emptied, format!("jobs are left: {:?}", office.queue().await));
        findings.expect_equal("dead letters", office.queue().await.dead, 0);
        let api = Api::new(&url, &office.clerk.token);
        told.judge(&office, &api, storage, root, CLEAR, findings).await;
        for mut part in [serve, work] {
            let status = part.leave(End::Stopped).await;
            let is_good = status.is_some_and(|status| status.success());
            findings.expect(is_good, format!("asked to stop, a process ended with {status:?}"));
        }
        sink.stop().await;
        database.drop().await;
    }
}

/// All of these faults, on S3 and on a folder.
pub async fn run() -> Findings {
    let mut findings = Findings::default();
    findings.extend("answers spoilt", spoilt().await);
    findings.extend("S3 server killed and frozen", killed().await);
    findings.extend("server and worker killed in mid-upload", in_mid_upload().await);
    findings
}

/// An S3 server that returns errors, late or truncated answers.
async fn spoilt() -> Findings {
    let store = ObjectStore::start(Kind::S3).await;
    let s3 = store.s3();
    let service = Service::start(&s3.variables()).await;
    let faults = [
        Fault::Every(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::Only(&Method::PUT, StatusCode::SERVICE_UNAVAILABLE),
        Fault::Only(&Method::GET, StatusCode::BAD_GATEWAY),
        Fault::Only(&Method::HEAD, StatusCode::SERVICE_UNAVAILABLE),
        Fault::Only(&Method::DELETE, StatusCode::SERVICE_UNAVAILABLE),
        Fault::Truncate(50),
        Fault::Hold,
    ];
    let mut slowest = Duration::ZERO;
    for fault in faults {
        s3.spoil(Some(fault));
        sleep(AWAY / 2).await;
        s3.spoil(None);
        slowest = slowest.max(service.returns().await);
    }
    let mut findings = Findings::default();
    findings.count("faults", faults.len());
    findings.count("files taken again within", format!("{:.1} s", slowest.as_secs_f64()));
    let storage = Storage::S3(S3::new(&s3.settings()).expect("a bucket is named"));
    service.end(&storage, &store.root(), &mut findings).await;
    findings
}

/// An S3 server that is killed and one that is frozen for longer than any timeout, and the workers with it.
async fn killed() -> Findings {
    const KILLS: usize = 5;
    let mut bucket = Bucket::start().await;
    let mut service = Service::start(&bucket.variables()).await;
    let mut slowest = Duration::ZERO;
    for kill in 0..KILLS {
        let away = if kill == 0 { AWAY } else { AWAY / 10 };
        bucket = bucket.killed_for(away).await;
        service.again().await;
        slowest = slowest.max(service.returns().await);
    }
    bucket.server.freeze();
    sleep(AWAY).await;
    bucket.server.wake();
    slowest = slowest.max(service.returns().await);
    let mut findings = Findings::default();
    findings.count("kills", KILLS);
    findings.count("files taken again within", format!("{:.1} s", slowest.as_secs_f64()));
    service.end(&bucket.storage(), &bucket.root(), &mut findings).await;
    findings
}

/// Files in a folder are uploaded through our own server: it is killed meanwhile, and so is the worker that
/// verifies them.
async fn in_mid_upload() -> Findings {
    const KILLS: usize = 10;
    let data = tempfile::tempdir().expect("a folder is made");
    let path = data.path().to_str().expect("the folder has a plain name").to_owned();
    let mut service = Service::start(&[("GUICHET_DATA", path)]).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..KILLS {
        sleep(Duration::from_millis(rand::random_range(0..200))).await;
        service.again().await;
        slowest = slowest.max(service.returns().await);
    }
    let mut findings = Findings::default();
    findings.count("kills", KILLS);
    findings.count("files taken again within", format!("{:.1} s", slowest.as_secs_f64()));
    let storage = Storage::Folder(Folder::open(data.path()).expect("the folder is a store"));
    service.end(&storage, &data.path().join("files"), &mut findings).await;
    findings
}
