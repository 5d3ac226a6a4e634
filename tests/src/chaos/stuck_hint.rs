//! A process that is killed between a commit and its hint.

use std::time::Duration;

use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_schema::shared::email_delivery::model::DeliveryStatus;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::Instant;

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use crate::database::TestDatabase;
use crate::process::Launch;
use crate::smtp::{Options, Sink};

const ROUNDS: usize = 20;
/// The sweep runs every second; a mail takes a moment more.
const SWEPT: Duration = Duration::from_secs(3);

/// The backend that sends the hints of `serve` is frozen, a change is committed and acknowledged, and `serve` is
/// killed: its hint is lost, and the worker finds the job in its sweep.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let sink = Sink::start(Options::default()).await;
    let work = Launch::work(&office.url, &sink.url()).start().await;
    let ticket = office.ticket("hint@example.com").await.encode();
    let mut findings = Findings::default();
    let mut slowest = Duration::ZERO;
    for round in 0..ROUNDS {
        let serve = Launch::serve(&office.url).start().await;
        let api = Api::new(&serve.url().await, &office.clerk.token);
        let frozen = announcer(&office).await;
        kill(frozen, Signal::SIGSTOP).expect("the backend runs");
        let status = if round % 2 == 0 { "WAITING" } else { "IN_ANALYSIS" };
        let changed = api.change(&new_key(), &ticket, status).await;
        let committed = Instant::now();
        serve.kill().await;
        findings.expect(changed.is_ok(), format!("the change was not taken: {changed:?}"));
        sink.wait_for(round + 1).await;
        slowest = slowest.max(committed.elapsed());
        kill(frozen, Signal::SIGCONT).expect("the backend is still there");
    }
    let emptied = office.emptied(SWEPT).await;
    let deliveries = office.deliveries().await;
    let sent = deliveries.iter().filter(|delivery| delivery.status == DeliveryStatus::Sent).count();
    findings.count("kills", ROUNDS);
    findings.count("mails", sent);
    findings.count("slowest after", format!("{:.2} s", slowest.as_secs_f64()));
    findings.expect(emptied, "jobs are left");
    findings.expect_equal("mails sent", sent, ROUNDS);
    findings.expect_equal("mails accepted", sink.mails().len(), ROUNDS);
    findings.expect(slowest < SWEPT, format!("a mail took {slowest:?}"));
    work.stop().await;
    sink.stop().await;
    database.drop().await;
    findings
}

/// The backend whose last statement sent a hint.
async fn announcer(office: &Office) -> Pid {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Integer)]
        pid: i32,
    }
    let mut found: Option<Pid> = None;
    let look = async || {
        let mut conn = office.store.conn().await.expect("the database answers");
        let row: Option<Row> = diesel::sql_query(
            "SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND state = 'idle' AND query LIKE 'SELECT pg_notify(%'
             ORDER BY backend_start DESC LIMIT 1",
        )
        .load(&mut conn)
        .await
        .expect("the activity is read")
        .pop();
        found = row.map(|row| Pid::from_raw(row.pid));
        found.is_some()
    };
    office.within(SWEPT, look).await;
    found.expect("`serve` passes its hints on")
}
