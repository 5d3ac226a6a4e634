//! Servers that end while screens follow them.

use std::time::Duration;

use tokio::time::Instant;

use super::findings::Findings;
use super::pair::Pair;
use super::part::End;
use super::screen::{self, Screen};

const SCREENS: usize = 100;
const ROUNDS: usize = 10;
/// The number of changes per round, half of them before the server ends.
const CHANGES: usize = 10;
/// How long screens may take to reconnect and receive everything.
const BACK: Duration = Duration::from_secs(10);

/// One server stays, for the writers; another one is killed or stopped, and started again on the same port, while
/// a hundred screens follow it.
pub async fn run() -> Findings {
    let mut pair = Pair::open().await;
    let screens = screen::open(&pair.office, &pair.address, SCREENS).await;
    let ticket = pair.ticket.clone();
    let all = |version| screens.iter().all(|screen| screen.had(&ticket, version).is_some());
    let (mut findings, mut slowest) = (Findings::default(), Duration::ZERO);
    for round in 0..ROUNDS {
        pair.change(CHANGES / 2, &mut findings).await;
        pair.leave(if round % 2 == 0 { End::Killed } else { End::Stopped }).await;
        let version = pair.change(CHANGES - CHANGES / 2, &mut findings).await;
        pair.come_back().await;
        let back = Instant::now();
        let told = pair.office.within(BACK, async || all(version)).await;
        findings.expect(told, format!("round {round}: not all screens were told"));
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
    pair.end().await;
    findings
}
