//! Clients that subscribe and read nothing.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use guichet_base::id::Id;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use super::screen;
use crate::bench::rest::resident;
use crate::database::TestDatabase;
use crate::process::Launch;
use crate::websocket::Websocket;
use crate::world::{Person, session};

const READERS: usize = 200;
const SCREENS: usize = 20;
/// How long they may stay connected: the time limit for one message, plus the time until their buffers are full.
const SHOWN_OUT: Duration = Duration::from_secs(90);
const CLOSED: &str = "guichet_websocket_closes_total{code=\"4499\"}";
/// Memory that the server may use for them, in kB: two copies of one message for each, and some more.
const MEMORY: u64 = 64 << 10;
/// How long others may wait for a change meanwhile.
const TOLD: Duration = Duration::from_secs(5);

/// Many clients subscribe to long texts and read nothing, others read, and somebody works.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let serve = Launch::serve(&office.url).start().await;
    let url = serve.url().await;
    let api = Api::new(&url, &office.clerk.token);
    let ticket = office.long_ticket("slow@example.com").await.encode();
    // Each change is a message of about 80 kB.
    let fields: String = (0..4).map(|number| format!("d{number}: description ")).collect();
    let follow = format!("subscription {{ ticketsChanged {{ changed {{ {fields} }} }} }}");
    let Person { account_id, membership, .. } = &office.clerk;
    let until = office.store.now() + TimeDelta::hours(1);
    let readers = join_all((0..READERS).map(async |_| {
        let token = session(&office.store, *account_id, membership, until).await;
        let mut reader = Websocket::narrow(&url, &token).await;
        reader.subscribe("1", &follow, json!({})).await;
        reader.hear().await;
        reader
    }))
    .await;
    let screens = screen::open(&office, &url, SCREENS).await;
    let before = resident(&serve);
    let (mut findings, mut most, mut changes) = (Findings::default(), before, 0);
    let mut slowest = Duration::ZERO;
    let begun = Instant::now();
    while (serve.metric(CLOSED).await as usize) < READERS && begun.elapsed() < SHOWN_OUT {
        let status = if changes % 2 == 0 { "WAITING" } else { "IN_ANALYSIS" };
        let changed = api.change(&new_key(), &ticket, status).await;
        findings.expect(changed.is_ok(), format!("a change was not taken: {changed:?}"));
        let version = changed.ok().and_then(|payload| payload["ticket"]["version"].as_i64());
        let (told, committed) = (version.unwrap_or(i64::MAX), Instant::now());
        let all = || screens.iter().all(|screen| screen.had(&ticket, told).is_some());
        while !all() && committed.elapsed() < TOLD {
            most = most.max(resident(&serve));
            sleep(Duration::from_millis(5)).await;
        }
        findings.expect(all(), format!("change {changes}: others were not told"));
        slowest = slowest.max(committed.elapsed());
        changes += 1;
    }
    findings.count("readers", READERS);
    let closed = serve.metric(CLOSED).await as usize;
    findings.count("closed with 4499", closed);
    findings.expect_equal("readers closed", closed, READERS);
    findings.count("all closed within", format!("{:.0} s", begun.elapsed().as_secs_f64()));
    findings.count("changes meanwhile", changes);
    findings.count("told to others within", format!("{:.2} s", slowest.as_secs_f64()));
    let grown = most.saturating_sub(before);
    findings.count("memory grew by at most", format!("{:.1} MB", grown as f64 / 1024.0));
    findings.expect(grown < MEMORY, format!("memory grew by {grown} kB"));
    drop((readers, screens));
    serve.stop().await;
    database.drop().await;
    findings
}
