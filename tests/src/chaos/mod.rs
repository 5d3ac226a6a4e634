//! Fault runs: programs that inject faults and count losses. There must be none.

mod abuse;
pub mod api;
pub mod bad_jobs;
pub mod bucket;
mod clocks;
pub mod copies;
mod couriers;
pub mod engine;
mod file_store;
pub mod findings;
mod frozen_worker;
mod in_turn;
mod killed_export;
mod killed_generation;
mod killed_serve;
mod killed_worker;
pub mod ledger;
mod months;
pub mod office;
mod pair;
mod part;
mod pool;
mod postgres;
mod reconnect;
mod redis;
mod relay;
mod relay_room;
mod schedulers;
mod screen;
mod screens;
mod slow_readers;
mod stuck_hint;
mod twins;
mod victims;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::time::{Instant, timeout};

use self::findings::Findings;
use crate::report::{Table, say};

/// A fault.
pub struct Fault {
    /// The name on the command line.
    pub name: &'static str,
    /// What happens.
    pub what: &'static str,
    /// What must hold.
    pub passes_when: &'static str,
    limit: Duration,
    run: fn() -> LocalBoxFuture<'static, Findings>,
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// All faults.
pub const FAULTS: &[Fault] = &[
    Fault {
        name: "worker-killed",
        what: "worker killed with -9 in mid-job, 100 times",
        passes_when: "nothing lost, effects at most once per key, picked up again in < 30 s",
        limit: minutes(10),
        run: || killed_worker::run().boxed_local(),
    },
    Fault {
        name: "worker-frozen",
        what: "worker frozen past its lease, then woken",
        passes_when: "its late acknowledgement is refused",
        limit: minutes(4),
        run: || frozen_worker::run().boxed_local(),
    },
    Fault {
        name: "hint-lost",
        what: "process killed between commit and hint",
        passes_when: "the sweep delivers",
        limit: minutes(3),
        run: || stuck_hint::run().boxed_local(),
    },
    Fault {
        name: "serve-killed",
        what: "API process killed with -9 under load, 20 times",
        passes_when: "no acknowledged write lost, none doubled by its repetition",
        limit: minutes(5),
        run: || killed_serve::run().boxed_local(),
    },
    Fault {
        name: "bad-jobs",
        what: "job that panics, hangs, exhausts memory (in a worker, under a limit)",
        passes_when: "dead letter after its attempts; others go on",
        limit: minutes(5),
        run: || bad_jobs::run().boxed_local(),
    },
    Fault {
        name: "postgres-restarted",
        what: "PostgreSQL stopped and killed, for 1, 5 and 30 s (longer than a lease), and started again",
        passes_when: "errors are clear and short, service returns by itself, nothing lost",
        limit: minutes(10),
        run: || postgres::restarts().boxed_local(),
    },
    Fault {
        name: "backend-killed",
        what: "single backends of PostgreSQL ended and killed under load",
        passes_when: "errors are clear and short, service returns by itself, nothing lost",
        limit: minutes(5),
        run: || postgres::backends().boxed_local(),
    },
    Fault {
        name: "relay",
        what: "SMTP down, 4xx, 5xx at each phase, slow, hanging, dropped after DATA, a late reply followed by a 550 for the next mail, a rotated password",
        passes_when: "final only as the plan says; a bad session is never used again; same Message-ID on every try; no false SENT; nothing lost",
        limit: minutes(10),
        run: || relay::run().boxed_local(),
    },
    Fault {
        name: "pool-exhausted",
        what: "all connections of the API's pool taken",
        passes_when: "errors are clear and short, service returns by itself",
        limit: minutes(3),
        run: || pool::run().boxed_local(),
    },
    Fault {
        name: "redis-stopped",
        what: "Redis frozen for a minute, then killed and started again, under load",
        passes_when: "API and workers go on; screens catch up",
        limit: minutes(5),
        run: || redis::run().boxed_local(),
    },
    Fault {
        name: "screens",
        what: "servers killed with -9 and stopped while a hundred screens follow, 10 times",
        passes_when: "all resume by themselves, none misses a change or begins anew",
        limit: minutes(5),
        run: || screens::run().boxed_local(),
    },
    Fault {
        name: "reconnect",
        what: "10,000 screens lose their server at the same moment, 3 times",
        passes_when: "all back within a minute, none misses a change or begins anew; work goes on",
        limit: minutes(8),
        run: || reconnect::run().boxed_local(),
    },
    Fault {
        name: "slow-readers",
        what: "200 clients that follow long texts and read nothing",
        passes_when: "bounded memory, closed with a code; others are told as ever",
        limit: minutes(4),
        run: || slow_readers::run().boxed_local(),
    },
    Fault {
        name: "abuse",
        what: "20,000 silent connections of one address, 18,000 of nine; 13,000 websockets before `connection_init` of one address, and of 65",
        passes_when: "new clients of another address are served, screens go on, bounded memory",
        limit: minutes(6),
        run: || abuse::run().boxed_local(),
    },
    Fault {
        name: "file-store",
        what: "file store down, killed and frozen, 5xx, slow, truncated answers; server and worker killed in mid-upload",
        passes_when: "every file taken is stored as it was sent, no row without its object, orphans swept",
        limit: minutes(10),
        run: || file_store::run().boxed_local(),
    },
    Fault {
        name: "in-turn",
        what: "two servers, two workers, Redis, S3 and PostgreSQL, each stopped and then killed in turn under load",
        passes_when: "nothing lost, no write doubled, no more mails twice than were inside DATA, all screens resume",
        limit: minutes(8),
        run: || in_turn::run().boxed_local(),
    },
    Fault {
        name: "twins",
        what: "same idempotency key 50 times at once",
        passes_when: "one effect, 50 equal answers",
        limit: minutes(3),
        run: || twins::run().boxed_local(),
    },
    Fault {
        name: "schedulers",
        what: "three schedulers, and a month generated ten times",
        passes_when: "one task per recurring task and period; begun again, nothing more",
        limit: minutes(6),
        run: || schedulers::run().boxed_local(),
    },
    Fault {
        name: "clocks",
        what: "clock +31 days, −1 hour, both changes of summer time, 29 February, days 31",
        passes_when: "no period skipped or doubled",
        limit: minutes(8),
        run: || clocks::run().boxed_local(),
    },
    Fault {
        name: "generation-killed",
        what: "generation: the worker killed with -9 in mid-run, 100 times",
        passes_when: "each task and document once, nothing lost, what was written stays; staff told once",
        limit: minutes(12),
        run: || killed_generation::run().boxed_local(),
    },
    Fault {
        name: "exports-killed",
        what: "exports: the worker killed with -9 in mid-run, 100 times",
        passes_when: "each file once, whole, with all rows; no object without its row",
        limit: minutes(12),
        run: || killed_export::run().boxed_local(),
    },
];

/// Runs these one after the other and prints a table; returns whether all passed.
pub async fn run(faults: &[&Fault]) -> bool {
    let mut table = Table::new(&["fault", "passes when", "counts", "time", "result"]);
    let mut all_passed = true;
    for fault in faults {
        say(format!("{}: {}", fault.name, fault.what));
        let begun = Instant::now();
        // A panic of the harness ends this run only.
        let running = AssertUnwindSafe((fault.run)()).catch_unwind();
        let findings = match timeout(fault.limit, running).await {
            Ok(Ok(findings)) => findings,
            Ok(Err(_)) => Findings::from("the run broke off".to_owned()),
            Err(_) => Findings::from(format!("not over after {:?}", fault.limit)),
        };
        let passed = findings.broken().is_empty();
        all_passed &= passed;
        let verdict = if passed { "PASS" } else { "FAIL" };
        let seconds = format!("{:.0} s", begun.elapsed().as_secs_f64());
        say(format!("  {verdict} after {seconds}: {}", findings.counts()));
        for broken in findings.broken() {
            say(format!("  {broken}"));
        }
        table.row([&fault.what, &fault.passes_when, &findings.counts(), &seconds, &verdict]);
    }
    say(format!("\n{table}"));
    all_passed
}
