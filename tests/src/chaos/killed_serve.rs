//! The API killed under load.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::findings::Findings;
use super::ledger::Writers;
use super::office::Office;
use crate::database::TestDatabase;
use crate::process::Launch;

const KILLS: usize = 20;
const WRITERS: usize = 8;

/// `serve` is killed 20 times while eight clients write: what was acknowledged exists exactly once, and what was
/// not is written by the repeated call.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let mut serve = Launch::serve(&office.url).start().await;
    let url = serve.url().await;
    let address = url.trim_start_matches("http://").to_owned();
    let launch = Launch::serve(&office.url).with("GUICHET_LISTEN", address);
    let writers = Writers::start(&office, std::slice::from_ref(&url), WRITERS).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..KILLS {
        writers.acknowledged(40).await;
        sleep(Duration::from_millis(rand::random_range(0..60))).await;
        serve.kill().await;
        serve = launch.start().await;
        let ready = Instant::now();
        writers.acknowledged(1).await;
        slowest = slowest.max(writers.ledger.back_after(ready).unwrap_or_default());
    }
    let ledger = writers.stop().await;
    let stopped = serve.stop().await;
    let mut findings = Findings::default();
    findings.count("kills", KILLS);
    ledger.judge(&office, &["LOST"], &mut findings).await;
    findings.count("first write after a restart within", format!("{:.2} s", slowest.as_secs_f64()));
    findings.expect(stopped.success(), format!("asked to stop, it ended with {stopped}"));
    database.drop().await;
    findings
}
