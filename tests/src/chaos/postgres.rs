//! PostgreSQL is stopped or killed, and comes back.

use std::time::Duration;

use diesel::sql_types::{Bool, Integer};
use diesel_async::RunQueryDsl;
use guichet_engine::db;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::seq::IndexedRandom;
use tokio::time::{Instant, sleep};

use super::copies::Copies;
use super::engine::Engine;
use super::findings::Findings;
use super::ledger::{Ledger, Writers};
use super::office::Office;
use crate::process::{Launch, Process};
use crate::smtp::{Act, Options, Rule, Sink, Step};

const WRITERS: usize = 8;
/// Sessions of the worker with the relay.
const SESSIONS: u32 = 4;
/// The number of writes before and after each fault.
const LOAD: usize = 60;
/// The error codes that a client may get.
const CLEAR: &[&str] = &["UNAVAILABLE"];
/// Writes must succeed within this time after the database is back.
const BACK: Duration = Duration::from_secs(10);

/// Everything that uses the engine.
struct Service {
    engine: Engine,
    office: Office,
    sink: Sink,
    serve: Process,
    work: Process,
    writers: Writers,
    slowest_return: Duration,
}

impl Service {
    async fn start() -> Self {
        let engine = Engine::start().await;
        let office = Office::open(&engine.postgres.url()).await;
        // Slow, so that mails are in progress at any fault.
        let sink = Sink::start(Options { delay: Duration::from_millis(100), ..Options::default() }).await;
        let serve = Launch::serve(&office.url).start().await;
        let work = Launch::work(&office.url, &format!("{}?sessions={SESSIONS}", sink.url())).start().await;
        let writers = Writers::start(&office, &[serve.url().await], WRITERS).await;
        writers.acknowledged(LOAD).await;
        Self { engine, office, sink, serve, work, writers, slowest_return: Duration::ZERO }
    }

    /// Marks the end of the fault, and waits until clients write as before.
    async fn returns(&mut self) {
        let over = Instant::now();
        self.writers.acknowledged(1).await;
        self.slowest_return =
            self.slowest_return.max(self.writers.ledger.back_after(over).unwrap_or_default());
        self.writers.acknowledged(LOAD).await;
    }

    /// Waits until the relay holds a mail in each session, for so long; returns how many.
    async fn mails_held(&self, thinks: Duration) -> usize {
        let before = self.sink.see(|state| state.acted.len());
        self.sink.rule(Rule::new(Step::EndOfData, Act::Slow(thinks)).times(SESSIONS));
        let held = SESSIONS as usize;
        self.sink.wait_until(|state| state.acted.len() == before + held).await;
        held
    }

    async fn end(self, findings: &mut Findings) {
        let Self { engine, office, sink, serve, work, writers, slowest_return } = self;
        let ledger: Ledger = writers.stop().await;
        ledger.judge(&office, CLEAR, findings).await;
        let returned = format!("{:.1} s", slowest_return.as_secs_f64());
        findings.expect(slowest_return < BACK, format!("writes were taken again after {returned} only"));
        findings.count("writes taken again within", returned);
        let emptied = office.emptied(Duration::from_secs(120)).await;
        findings.expect(emptied, format!("jobs are left: {:?}", office.queue().await));
        let second = Copies::judge(&office, &sink, findings).await;
        findings.expect_equal("second copies", second, 0);
        findings.expect(!serve.has_ended() && !work.has_ended(), "a process ended by itself");
        for process in [serve, work] {
            let status = process.stop().await;
            findings.expect(status.success(), format!("asked to stop, a process ended with {status}"));
        }
        drop(engine);
    }
}

/// PostgreSQL is stopped and killed, for less and for longer than a lease.
pub async fn restarts() -> Findings {
    let mut service = Service::start().await;
    // How long PostgreSQL is away, and how long the relay holds the mails: until all leases have expired, and
    // until after PostgreSQL is back.
    let faults = [
        (false, 1, 0),
        (true, 1, 0),
        (false, 5, 0),
        (true, 5, 0),
        (false, 30, 0),
        (true, 30, 0),
        (false, 30, 20),
        (true, 30, 33),
    ];
    let mut held = 0;
    for (kills, away, thinks) in faults {
        if thinks > 0 {
            held += service.mails_held(Duration::from_secs(thinks)).await;
        }
        if kills {
            service.engine.postgres.kill().await;
        } else {
            service.engine.postgres.stop().await;
        }
        sleep(Duration::from_secs(away)).await;
        service.engine.start_again().await;
        service.returns().await;
    }
    let mut findings = Findings::default();
    findings.count("stops and kills", faults.len());
    findings.count("mails in the relay's hands for longer than a lease", held);
    service.end(&mut findings).await;
    findings
}

/// Single backends are terminated, and killed, which makes PostgreSQL end all of them.
pub async fn backends() -> Findings {
    let mut service = Service::start().await;
    let (mut ended, mut killed) = (0, 0);
    for round in 0..40 {
        // Also after a round in which no backend was found: PostgreSQL must come back first.
        service.writers.acknowledged(5).await;
        let backends = backends_of(&service.office.url).await;
        let Some(&victim) = backends.choose(&mut rand::rng()) else { continue };
        if round % 10 == 9 {
            // Fails only when it has ended since.
            killed += usize::from(kill(Pid::from_raw(victim), Signal::SIGKILL).is_ok());
        } else {
            ended += usize::from(terminate(&service.office.url, victim).await);
        }
    }
    service.returns().await;
    let mut findings = Findings::default();
    findings.count("backends ended", ended);
    findings.count("killed", killed);
    service.end(&mut findings).await;
    findings
}

/// The backends of the processes under test.
async fn backends_of(url: &str) -> Vec<i32> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Integer)]
        pid: i32,
    }
    let Ok(mut conn) = db::connect(url).await else { return Vec::new() };
    let found: Result<Vec<Row>, _> = diesel::sql_query(
        "SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
    )
    .load(&mut conn)
    .await;
    found.unwrap_or_default().into_iter().map(|row| row.pid).collect()
}

async fn terminate(url: &str, pid: i32) -> bool {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        done: bool,
    }
    let Ok(mut conn) = db::connect(url).await else { return false };
    let row: Result<Row, _> = diesel::sql_query("SELECT pg_terminate_backend($1) AS done")
        .bind::<Integer, _>(pid)
        .get_result(&mut conn)
        .await;
    row.is_ok_and(|row| row.done)
}
