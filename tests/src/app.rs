//! The whole program in the test's process: the API on a real socket, workers, a database for this test, a clock
//! that the test moves, and a relay whose replies the test controls.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::clock::{Clock, ManualClock};
use guichet_engine::db;
use guichet_engine::job::{JobStatus, queue};
use guichet_engine::pace::Pace;
use guichet_engine::store::Store;
use guichet_engine::tables::jobs;
use guichet_mail::{Pool, Route, SmtpSettings};
use guichet_schema::shared::email_delivery::kind::Mails;
use guichet_schema::shared::file::rules::Limits;
use guichet_server::files::Files;
use guichet_server::gateway::Gateway;
use guichet_server::graphql::export::list_writer;
use guichet_server::live::Live;
use guichet_server::parts::Parts;
use guichet_server::settings::Settings;
use guichet_workers::clamd::Clamd;
use guichet_workers::file_verify::Verifier;
use guichet_workers::send_email::Sender;
use guichet_workers::senders::Senders;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::database::TestDatabase;
use crate::http;
use crate::object_store::{Kind, ObjectStore};
use crate::smtp::{Options, Sink};
use crate::wait::DEADLINE;
use crate::world::Person;

/// The time at which every test starts: a Monday morning in São Paulo and a Monday afternoon in Paris.
pub const START: &str = "2026-03-02T12:00:00Z";

/// The operator's own address.
pub const OPERATOR: &str = "notices@operator.example";

/// A gateway on a database, without workers and feeds: for requests that are answered at once.
pub fn gateway(store: &Store, files: Files) -> Gateway {
    let live = Live::new(store.clone());
    Gateway { store: store.clone(), live, catcher: None, workers: None, files, parts: Parts::default() }
}

/// The settings of a program in a test: nobody answers for the DNS, unless a test says who.
///
/// # Panics
/// When they are none.
pub fn settings(more: &[(&str, String)]) -> Settings {
    let common = [("MAIL_FROM", OPERATOR), ("DNS_SERVERS", "127.0.0.1:1")];
    let said = |name: &str| more.iter().find(|(said, _)| *said == name).map(|(_, value)| value.as_str());
    let value = |name: &str| {
        said(name).or_else(|| common.into_iter().find(|(of, _)| *of == name).map(|(_, value)| value))
    };
    Settings::read(|name| value(name).map(OsString::from)).expect("they are settings")
}

/// A running program. End each test with [`TestApp::finish`]: dropped without it, the test fails.
pub struct TestApp {
    /// The store, for calling the business without the API.
    pub store: Store,
    /// The clock.
    pub clock: Arc<ManualClock>,
    /// The relay.
    pub sink: Sink,
    /// The address of the API.
    pub url: String,
    /// The file store of the program.
    pub files: Files,
    /// The engine behind it.
    pub object_store: ObjectStore,
    /// From which addresses its firms may write.
    pub senders: Senders,
    database: Option<TestDatabase>,
    http: reqwest::Client,
    stop: CancellationToken,
    parts: JoinSet<()>,
}

/// How a program is set up.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The kind of file store.
    pub kind: Kind,
    /// The scanner, if any.
    pub clamd: Option<Clamd>,
    /// The file size limits.
    pub limits: Limits,
    /// The kinds of mails that are sent; without any said, all that there are.
    pub mails: Option<Mails>,
    /// What the relay offers.
    pub relay: Options,
    /// How fast people may act; by default as fast as they can.
    pub pace: Pace,
    /// Settings of the environment, beside those of every test.
    pub settings: Vec<(&'static str, String)>,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The request id in the answer.
    pub request_id: String,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// The data of an answer without errors.
    ///
    /// # Panics
    /// When there are errors.
    #[track_caller]
    pub fn data(self) -> Value {
        assert!(self.body.get("errors").is_none(), "errors in the answer: {:#}", self.body);
        self.body["data"].clone()
    }

    /// `extensions.code` of the first error.
    pub fn error_code(&self) -> Option<&str> {
        self.body["errors"][0]["extensions"]["code"].as_str()
    }
}

impl TestApp {
    /// Starts the program.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// Starts the program with other engines than the default ones.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start_with(setup: Setup) -> Self {
        let database = TestDatabase::new().await;
        let clock = ManualClock::new(START.parse().expect("a time"));
        let store = Store::new(db::pool(&database.url, 16).expect("a pool is made"), clock.clone());
        let store = store.with_pace(setup.pace.clone());
        let sink = Sink::start(setup.relay.clone()).await;
        let mut smtp = SmtpSettings::parse(&sink.starttls_url()).expect("the sink's address is one");
        // The default limits are minutes.
        smtp.limits = smtp.limits.at_most(Duration::from_millis(1500));
        let route = Route::Smtp(Pool::new(smtp));
        let settings = settings(&setup.settings);
        let senders = settings.senders();
        let sender = Sender::new(store.clone(), route, None, senders.policy.clone());
        let sender = Sender { mails: setup.mails.unwrap_or(sender.mails), ..sender };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("the socket is bound"));
        let object_store = ObjectStore::start(setup.kind).await;
        let files = object_store.files(setup.limits);
        let verifier = Verifier { store: store.clone(), storage: files.storage.clone(), clamd: setup.clamd };
        let workers = guichet_workers::workers(store.clone(), sender, verifier, list_writer(), 4);
        let health = Some(workers.health());
        let live = Live::new(store.clone());
        let gateway = Gateway { live: live.clone(), workers: health, ..gateway(&store, files.clone()) };
        let stop = CancellationToken::new();
        let mut parts = JoinSet::new();
        let stopping = stop.clone();
        let served = gateway.serve(listener, &settings, stopping);
        parts.spawn(async { served.await.expect("HTTP is served") });
        parts.spawn(live.run(stop.clone()));
        let stopping = stop.clone();
        parts.spawn(async move { workers.run(stopping).await.expect("the workers live") });
        let http = http::client();
        Self {
            store,
            clock,
            sink,
            url,
            files,
            object_store,
            senders,
            database: Some(database),
            http,
            stop,
            parts,
        }
    }

    /// The database of this test.
    ///
    /// # Panics
    /// Never: the database is only taken when the test ends.
    pub fn database(&self) -> &TestDatabase {
        self.database.as_ref().expect("a test ends once")
    }

    /// Sends a GraphQL request as a person, or without signing in.
    ///
    /// # Panics
    /// When the API does not answer in JSON.
    pub async fn send(&self, person: Option<&Person>, query: &str, variables: Value) -> Answer {
        self.send_as(person.map(|person| person.token.as_str()), query, variables).await
    }

    /// Sends a GraphQL request with or without a bearer token.
    ///
    /// # Panics
    /// When the API does not answer in JSON.
    pub async fn send_as(&self, token: Option<&str>, query: &str, variables: Value) -> Answer {
        self.send_with(token, &[], query, variables).await
    }

    /// The same with further headers.
    ///
    /// # Panics
    /// When the API does not answer in JSON.
    pub async fn send_with(
        &self,
        token: Option<&str>,
        headers: &[(&str, &str)],
        query: &str,
        variables: Value,
    ) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.http.post(format!("{}/graphql", self.url)).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("the API answers");
        let status = response.status().as_u16();
        let request_id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok());
        let request_id = request_id.expect("an answer names its request").to_owned();
        Answer { status, request_id, body: response.json().await.expect("in JSON") }
    }

    /// Sends a request as a person; returns the data.
    ///
    /// # Panics
    /// When there are errors.
    pub async fn ask(&self, person: &Person, query: &str, variables: Value) -> Value {
        self.send(Some(person), query, variables).await.data()
    }

    /// Fetches a page as a person, or without signing in.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn get(&self, person: Option<&Person>, path: &str) -> reqwest::Response {
        let mut request = self.http.get(format!("{}{path}", self.url));
        if let Some(person) = person {
            request = request.bearer_auth(&person.token);
        }
        request.send().await.expect("the server answers")
    }

    /// Advances the clock and wakes the workers.
    pub fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
        self.store.hints.jobs();
    }

    /// Takes one turn of all background work.
    ///
    /// # Panics
    /// When a reconciler fails.
    pub async fn reconcile(&self) {
        for reconciler in guichet_workers::reconcilers(&self.store, &self.files.storage, &self.senders) {
            let ended = reconciler.turn().await;
            ended.unwrap_or_else(|error| panic!("{}: {error}", reconciler.name));
        }
    }

    /// Waits until no job is due or running.
    ///
    /// # Panics
    /// When that does not happen.
    pub async fn jobs_done(&self) {
        self.jobs_until("no job is due or running", |left| left.iter().all(|(_, due)| !due)).await;
    }

    /// Waits until the pending jobs are as expected: each with its status, and whether it is due.
    ///
    /// # Panics
    /// When that does not happen.
    pub async fn jobs_until(&self, what: &str, wanted: impl Fn(&[(JobStatus, bool)]) -> bool) {
        let begun = Instant::now();
        loop {
            let left = self.jobs().await;
            if wanted(&left) {
                return;
            }
            assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}: {left:?}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Holds the jobs of this kind back until [`TestApp::release`]: what is so before they run can then be asserted.
    ///
    /// # Panics
    /// When they are held already.
    pub async fn hold(&self, kind: &str) {
        let (mut conn, now) = (self.store.conn().await.expect("the database answers"), self.store.now());
        let paused = queue::pause(&mut conn, kind, now + TimeDelta::days(30), "held by a test", now).await;
        assert!(paused.expect("a kind can be paused"), "{kind} is held already");
    }

    /// Lets the jobs of this kind run again.
    ///
    /// # Panics
    /// When they are not held.
    pub async fn release(&self, kind: &str) {
        let mut conn = self.store.conn().await.expect("the database answers");
        assert!(queue::resume(&mut conn, kind).await.expect("a pause can be ended"), "{kind} is not held");
        self.store.hints.jobs();
    }

    /// The pending jobs, each with whether it is due; a running job counts as due.
    async fn jobs(&self) -> Vec<(JobStatus, bool)> {
        let mut conn = self.store.conn().await.expect("the database answers");
        jobs::table
            .filter(jobs::status.ne(JobStatus::Dead))
            .select((jobs::status, jobs::status.eq(JobStatus::Running).or(jobs::run_at.le(self.clock.now()))))
            .load(&mut conn)
            .await
            .expect("the jobs are read")
    }

    /// Ends the test: every job must be done, and every part must stop.
    ///
    /// # Panics
    /// When a job is left (unfinished or dead), or a part does not stop.
    pub async fn finish(self) {
        self.jobs_done().await;
        self.end(0).await;
    }

    /// Ends a test that left this many dead letters or waiting jobs on purpose.
    ///
    /// # Panics
    /// When the number differs, or a part does not stop.
    pub async fn finish_with_jobs(self, left: usize) {
        self.jobs_done().await;
        self.end(left as i64).await;
    }

    async fn end(mut self, left: i64) {
        let mut conn = self.store.conn().await.expect("the database answers");
        let found: i64 = jobs::table.count().get_result(&mut conn).await.expect("the jobs are counted");
        drop(conn);
        self.stop.cancel();
        while let Some(part) = self.parts.join_next().await {
            part.expect("a part ends well");
        }
        let database = self.database.take().expect("a test ends once");
        database.drop().await;
        assert_eq!(found, left, "jobs left over");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let failing = std::thread::panicking();
        assert!(failing || self.database.is_none(), "a test ends with TestApp::finish");
    }
}
