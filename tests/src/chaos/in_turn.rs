//! The whole system as an operator runs it, with two servers and two workers on PostgreSQL, Redis, an S3 server
//! and a relay: each of them is stopped or killed in turn while people work.

use std::time::Duration;

use guichet_base::id::Id;
use tokio::time::{Instant, sleep};

use super::api::Api;
use super::bucket::Bucket;
use super::copies::Copies;
use super::couriers::Couriers;
use super::engine::Engine;
use super::findings::Findings;
use super::ledger::Writers;
use super::office::{Office, new_key};
use super::part::{End, Part};
use super::screen;
use crate::process::Launch;
use crate::redis::Redis;
use crate::smtp::{Options, Sink};

/// Writing clients, half of them on each server.
const WRITERS: usize = 4;
/// Following clients per server.
const SCREENS: usize = 10;
/// The number of writes and of uploads before the next fault.
const LOAD: usize = 40;
const FILES: usize = 5;
/// How long a service is away.
const AWAY: Duration = Duration::from_secs(2);
/// After so long without progress something counts as lost.
const EMPTIED: Duration = Duration::from_secs(120);
/// Mails that may be inside DATA, four per worker, when a worker or PostgreSQL is killed.
const INSIDE_DATA: usize = 4 + 4 + 8;
const BACK: Duration = Duration::from_secs(10);
/// The error codes that a client may get meanwhile.
const CLEAR: &[&str] = &["UNAVAILABLE", "FILE_NOT_UPLOADED", "LOST"];

/// The working clients.
struct People {
    writers: Writers,
    couriers: Couriers,
    slowest: Duration,
}

impl People {
    /// Waits until they work as before.
    async fn go_on(&mut self) {
        let over = Instant::now();
        self.writers.acknowledged(1).await;
        self.slowest = self.slowest.max(over.elapsed());
        self.writers.acknowledged(LOAD).await;
        self.couriers.taken(FILES).await;
    }
}

/// First each part is stopped, as in a rolling restart, then each is killed.
pub async fn run() -> Findings {
    let mut engine = Engine::start().await;
    let office = Office::open(&engine.postgres.url()).await;
    let (mut redis, mut bucket) = (Redis::start().await, Bucket::start().await);
    let sink = Sink::start(Options { delay: Duration::from_millis(5), ..Options::default() }).await;
    let on = |launch: Launch| {
        let launch = launch.with("REDIS_URL", redis.url()).with("UPLOAD_MAX_MB", "100000");
        launch.with_all(bucket.variables())
    };
    let ((one, here), (two, there)) = (
        Part::serve(on(Launch::serve(&office.url))).await,
        Part::serve(on(Launch::serve(&office.url))).await,
    );
    let work = on(Launch::work(&office.url, &sink.url()));
    let mut parts = [one, two, Part::start(work.clone()).await, Part::start(work).await];
    let urls = [here, there];
    let mut screens = screen::open(&office, &urls[0], SCREENS).await;
    screens.extend(screen::open(&office, &urls[1], SCREENS).await);
    let mut people = People {
        writers: Writers::start(&office, &urls, WRITERS).await,
        couriers: Couriers::start(&office, &urls),
        slowest: Duration::ZERO,
    };
    people.go_on().await;

    let mut findings = Findings::default();
    let mut ends = 0;
    for end in [End::Stopped, End::Killed] {
        for part in &mut parts {
            let status = part.leave(end).await;
            findings.expect(status.is_none_or(|status| status.success()), format!("ended with {status:?}"));
            part.come_back().await;
            people.go_on().await;
        }
        redis.kill().await;
        sleep(AWAY).await;
        redis.restart().await;
        people.go_on().await;
        bucket = bucket.killed_for(AWAY).await;
        people.go_on().await;
        match end {
            End::Stopped => engine.postgres.stop().await,
            End::Killed => engine.postgres.kill().await,
        }
        sleep(AWAY).await;
        engine.start_again().await;
        people.go_on().await;
        ends += parts.len() + 3;
    }
    findings.count("ends", ends);

    let People { writers, couriers, slowest } = people;
    let (ledger, told) = (writers.stop().await, couriers.stop().await);
    ledger.judge(&office, CLEAR, &mut findings).await;
    findings.count("writes taken again within", format!("{:.1} s", slowest.as_secs_f64()));
    findings.expect(slowest < BACK, format!("writes were taken again after {slowest:?} only"));
    let emptied = office.emptied(EMPTIED).await;
    findings.expect(emptied, format!("jobs are left: {:?}", office.queue().await));
    findings.expect_equal("dead letters", office.queue().await.dead, 0);
    let api = Api::new(&urls[0], &office.clerk.token);
    told.judge(&office, &api, &bucket.storage(), &bucket.root(), CLEAR, &mut findings).await;
    let second = Copies::judge(&office, &sink, &mut findings).await;
    findings.expect(second <= INSIDE_DATA, format!("{second} second copies"));

    let ticket = office.ticket("in-turn@example.com").await.encode();
    let changed = api.change(&new_key(), &ticket, "WAITING").await;
    let version = changed.ok().and_then(|payload| payload["ticket"]["version"].as_i64()).unwrap_or(i64::MAX);
    let told =
        office.within(BACK, async || screens.iter().all(|screen| screen.had(&ticket, version).is_some()));
    findings.expect(told.await, "not all screens were told of the last change");
    let begun_anew = screens.iter().filter(|screen| screen.reloads() != 1).count();
    findings.expect_equal("screens that had to begin anew", begun_anew, 0);
    drop(screens);
    for part in &mut parts {
        part.leave(End::Stopped).await;
    }
    sink.stop().await;
    findings
}
