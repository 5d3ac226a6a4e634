//! Ten thousand screens lose their server at the same moment.

use std::time::Duration;

use guichet_schema::id::Id;
use guichet_server::open_files;
use tokio::time::{Instant, sleep};

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use super::screen::{self, Screen};
use crate::database::TestDatabase;
use crate::process::Launch;

const SCREENS: usize = 10_000;
const ROUNDS: usize = 3;
/// Changes while the server is away.
const CHANGES: usize = 20;
/// How long all of them may take to be back and told everything.
const BACK: Duration = Duration::from_secs(60);

/// Between two changes while they come back.
const PACE: Duration = Duration::from_secs(1);
/// How long a change may take to reach all who are there.
const TOLD: Duration = Duration::from_secs(5);

/// The one server that all of them follow is killed; what changes meanwhile, on another server, they learn once it
/// is back. Somebody works there at the same time.
pub async fn run() -> Findings {
    open_files::allow_many();
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let stays = Launch::serve(&office.url).start().await;
    let goes = Launch::serve(&office.url);
    let mut server = goes.start().await;
    let address = server.url().await;
    let goes = goes.with("GUICHET_LISTEN", address.trim_start_matches("http://"));
    let api = Api::new(&stays.url().await, &office.clerk.token);
    let ticket = office.ticket("reconnect@example.com").await.encode();
    let screens = screen::open(&office, &address, SCREENS).await;
    let (mut findings, mut slowest, mut longest) = (Findings::default(), Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        server.kill().await;
        let mut version = change(&api, &ticket, CHANGES, &mut findings).await;
        server = goes.start().await;
        let back = Instant::now();
        let all = |version| screens.iter().all(|screen| screen.had(&ticket, version).is_some());
        let missed = version;
        while !all(missed) && back.elapsed() < BACK {
            // Work goes on.
            sleep(PACE).await;
            let asked = Instant::now();
            version = change(&api, &ticket, 1, &mut findings).await;
            longest = longest.max(asked.elapsed());
        }
        findings.expect(all(missed), format!("not all are back after {BACK:?}"));
        slowest = slowest.max(back.elapsed());
        let told = office.within(TOLD, async || all(version)).await;
        findings.expect(told, "not all were told of the last change");
    }
    findings.count("screens", SCREENS);
    findings.count("kills", ROUNDS);
    findings.count("all back and told within", format!("{:.1} s", slowest.as_secs_f64()));
    findings.count("changes meanwhile took at most", format!("{:.2} s", longest.as_secs_f64()));
    let begun_anew = screens.iter().filter(|screen| screen.reloads() != 1).count();
    findings.expect_equal("screens that had to begin anew", begun_anew, 0);
    drop::<Vec<Screen>>(screens);
    server.stop().await;
    stays.stop().await;
    database.drop().await;
    findings
}

/// Changes a ticket so many times; answers its version then.
async fn change(api: &Api, ticket: &str, times: usize, findings: &mut Findings) -> i64 {
    let mut version = i64::MAX;
    for time in 0..times {
        let status = if time % 2 == 0 { "WAITING" } else { "IN_ANALYSIS" };
        let changed = api.change(&new_key(), ticket, status).await;
        findings.expect(changed.is_ok(), format!("a change was not taken: {changed:?}"));
        version = changed.ok().and_then(|payload| payload["ticket"]["version"].as_i64()).unwrap_or(i64::MAX);
    }
    version
}
