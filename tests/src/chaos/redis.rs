//! Redis is frozen or killed, and comes back.

use std::time::Duration;

use guichet_base::id::Id;
use tokio::time::{Instant, sleep};

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use super::screen::Screen;
use crate::database::TestDatabase;
use crate::process::Launch;
use crate::redis::Redis;
use crate::smtp::{Options, Sink};

/// How long Redis is away.
const AWAY: Duration = Duration::from_secs(60);
/// How long we observe before and after.
const AROUND: Duration = Duration::from_secs(10);
/// The interval between changes.
const PACE: Duration = Duration::from_millis(100);
/// The sweep runs every second.
const SWEPT: Duration = Duration::from_secs(3);
/// The median latency with hints; without, the sweep takes half a second on average.
const HINTED: Duration = Duration::from_millis(100);

/// Tickets are changed on one server all the time, and followed on another. Redis is frozen for a minute, then
/// killed and started again.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let sink = Sink::start(Options::default()).await;
    let mut redis = Redis::start().await;
    let serve = Launch::serve(&office.url).with("REDIS_URL", redis.url());
    let work = Launch::work(&office.url, &sink.url()).with("REDIS_URL", redis.url());
    let (one, two, work) = tokio::join!(serve.start(), serve.start(), work.start());
    let api = Api::new(&one.url().await, &office.clerk.token);
    let screen = Screen::open(vec![two.url().await], &office.clerk.token).await;
    let ticket = office.ticket("redis@example.com").await.encode();
    let mut findings = Findings::default();
    let (mut changes, mut failed) = (0, 0);
    let mut phase = async |name: &str, lasts: Duration, usual: Duration, findings: &mut Findings| {
        let (begun, mut made) = (Instant::now(), Vec::new());
        while begun.elapsed() < lasts {
            let status = if changes % 2 == 0 { "WAITING" } else { "IN_ANALYSIS" };
            match api.change(&new_key(), &ticket, status).await {
                Ok(payload) => {
                    made.push((payload["ticket"]["version"].as_i64().unwrap_or(i64::MAX), Instant::now()))
                }
                Err(_) => failed += 1,
            }
            changes += 1;
            sleep(PACE).await;
        }
        let seen = office
            .within(SWEPT, async || made.iter().all(|(version, _)| screen.had(&ticket, *version).is_some()));
        let all = seen.await;
        findings.expect(all, format!("{name}: not all changes were seen"));
        let after = |(version, at): &(i64, Instant)| Some(screen.had(&ticket, *version)?.duration_since(*at));
        let mut waits: Vec<Duration> = made.iter().filter_map(after).collect();
        waits.sort_unstable();
        let [median, slowest] = [waits.len() / 2, waits.len().saturating_sub(1)]
            .map(|place| waits.get(place).copied().unwrap_or_default().as_secs_f64() * 1000.0);
        findings.count(
            name,
            format!("{} changes seen after {median:.0} ms, at most {slowest:.0} ms", made.len()),
        );
        findings.expect(
            median < usual.as_secs_f64() * 1000.0,
            format!("{name}: a change is usually seen after {median:.0} ms"),
        );
        findings.expect(
            slowest < SWEPT.as_secs_f64() * 1000.0,
            format!("{name}: a change was seen after {slowest:.0} ms"),
        );
    };
    phase("before", AROUND, HINTED, &mut findings).await;
    redis.freeze();
    phase("away", AWAY, SWEPT, &mut findings).await;
    redis.wake();
    redis.kill().await;
    redis.restart().await;
    phase("back", AROUND, HINTED, &mut findings).await;
    let emptied = office.emptied(SWEPT * 10).await;
    findings.expect(emptied, "jobs are left");
    findings.expect_equal("requests that failed", failed, 0);
    findings.expect_equal("mails accepted", sink.mails().len(), changes);
    findings.expect_equal("times the screen began anew", screen.reloads(), 1);
    drop(screen);
    for process in [one, two, work] {
        process.stop().await;
    }
    sink.stop().await;
    database.drop().await;
    findings
}
