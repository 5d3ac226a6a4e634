//! Ten thousand screens lose their server at the same moment.

use std::time::Duration;

use guichet_server::open_files;
use tokio::time::{Instant, sleep};

use super::findings::Findings;
use super::pair::Pair;
use super::part::End;
use super::screen;

const SCREENS: usize = 10_000;
const ROUNDS: usize = 3;
/// The number of changes while the server is away.
const CHANGES: usize = 20;
/// How long all screens may take to reconnect and receive everything.
const BACK: Duration = Duration::from_secs(60);

/// The interval between changes while they reconnect.
const PACE: Duration = Duration::from_secs(1);
/// How long a change may take to reach all screens.
const TOLD: Duration = Duration::from_secs(5);

/// The server that all screens follow is killed; when it is back, they receive what was changed on another server
/// meanwhile. Somebody works there at the same time.
pub async fn run() -> Findings {
    open_files::allow_many();
    let mut pair = Pair::open().await;
    let screens = screen::open(&pair.office, &pair.address, SCREENS).await;
    let ticket = pair.ticket.clone();
    let all = |version| screens.iter().all(|screen| screen.had(&ticket, version).is_some());
    let (mut findings, mut slowest, mut longest) = (Findings::default(), Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        pair.leave(End::Killed).await;
        let missed = pair.change(CHANGES, &mut findings).await;
        let mut version = missed;
        pair.come_back().await;
        let back = Instant::now();
        while !all(missed) && back.elapsed() < BACK {
            // The changes continue.
            sleep(PACE).await;
            let asked = Instant::now();
            version = pair.change(1, &mut findings).await;
            longest = longest.max(asked.elapsed());
        }
        findings.expect(all(missed), format!("not all are back after {BACK:?}"));
        slowest = slowest.max(back.elapsed());
        let told = pair.office.within(TOLD, async || all(version)).await;
        findings.expect(told, "not all were told of the last change");
    }
    findings.count("screens", SCREENS);
    findings.count("kills", ROUNDS);
    findings.count("all back and told within", format!("{:.1} s", slowest.as_secs_f64()));
    findings.count("changes meanwhile took at most", format!("{:.2} s", longest.as_secs_f64()));
    let begun_anew = screens.iter().filter(|screen| screen.reloads() != 1).count();
    findings.expect_equal("screens that had to begin anew", begun_anew, 0);
    drop(screens);
    pair.end().await;
    findings
}
