//! Servers that end while people follow.

use std::time::Duration;

use guichet_schema::id::Id;
use tokio::time::{Instant, sleep};

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use super::screen::{Screen, open};
use crate::database::TestDatabase;
use crate::process::Launch;

const SCREENS: usize = 100;
const ROUNDS: usize = 10;
/// Changes in each round, half of them before the server ends.
const CHANGES: usize = 10;
/// How long screens may take to be back and told everything.
const BACK: Duration = Duration::from_secs(10);

/// One server stays, for whoever writes; another one is killed, or stopped, and started again on its port
/// while a hundred screens follow it.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let stays = Launch::serve(&office.url).start().await;
    let goes = Launch::serve(&office.url);
    let mut server = goes.start().await;
    let address = server.url().await;
    let goes = goes.with("GUICHET_LISTEN", address.trim_start_matches("http://"));
    let api = Api::new(&stays.url().await, &office.clerk.token);
    let ticket = office.ticket("screens@example.com").await.encode();
    let screens = open(&office, &address, SCREENS).await;
    let (mut findings, mut changes, mut slowest) = (Findings::default(), 0, Duration::ZERO);
    for round in 0..ROUNDS {
        let mut version = 0;
        let mut change = async |times: usize, findings: &mut Findings| {
            for _ in 0..times {
                let status = if changes % 2 == 0 { "WAITING" } else { "IN_ANALYSIS" };
                let changed = api.change(&new_key(), &ticket, status).await;
                findings.expect(changed.is_ok(), format!("a change was not taken: {changed:?}"));
                version = changed
                    .ok()
                    .and_then(|payload| payload["ticket"]["version"].as_i64())
                    .unwrap_or(i64::MAX);
                changes += 1;
            }
            version
        };
        change(CHANGES / 2, &mut findings).await;
        if round % 2 == 0 {
            server.kill().await;
        } else {
            server.stop().await;
        }
        let version = change(CHANGES - CHANGES / 2, &mut findings).await;
        server = goes.start().await;
        let back = Instant::now();
        let all = || screens.iter().all(|screen| screen.had(&ticket, version).is_some());
        while !all() && back.elapsed() < BACK {
            sleep(Duration::from_millis(10)).await;
        }
        findings.expect(all(), format!("round {round}: not all screens were told"));
        slowest = slowest.max(back.elapsed());
    }
    let connections: usize = screens.iter().map(Screen::connections).sum();
    findings.count("ends of a server", ROUNDS);
    findings.count("screens", SCREENS);
    findings.count("connections", connections);
    findings.count("all told at most after", format!("{:.2} s", slowest.as_secs_f64()));
    let begun_anew = screens.iter().filter(|screen| screen.reloads() != 1).count();
    findings.expect_equal("screens that had to begin anew", begun_anew, 0);
    drop(screens);
    server.stop().await;
    stays.stop().await;
    database.drop().await;
    findings
}
