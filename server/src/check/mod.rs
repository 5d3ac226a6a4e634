//! `guichet check`: looks whether settings and services are as they should be. Each check is a function in a file
//! here and a line in [`CHECKS`]. A check changes nothing that lasts, and can be run while processes run.

mod clocks;
mod database;
mod files;
mod machine;
mod public;
mod redis;
mod relay;
mod scanner;
mod senders;
mod site;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use guichet_base::foreign;
use tokio::time::timeout;

use crate::console::say;
use crate::lifecycle::Failure;
use crate::settings::{self, Settings};
use site::Site;

/// How long a check may take, in all its steps: longer than each of them, which says better what hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same for a service that is asked many things one after the other.
const MANY_STEPS: Duration = Duration::from_secs(180);
/// The same for the scanner, which may take five minutes for a file (`guichet_workers::clamd`).
const SCANNING: Duration = Duration::from_secs(640);

/// One thing that is looked at.
struct Check {
    name: &'static str,
    patience: Duration,
    run: for<'a> fn(&'a Site<'a>) -> BoxFuture<'a, Vec<Finding>>,
}

/// All of them, in the order in which they are told.
const CHECKS: &[Check] = &[
    Check { name: "settings", patience: PATIENCE, run: |site| settings(site).boxed() },
    Check { name: "machine", patience: PATIENCE, run: |site| machine::check(site).boxed() },
    Check { name: "database", patience: PATIENCE, run: |site| database::check(site).boxed() },
    Check { name: "redis", patience: PATIENCE, run: |site| redis::check(site).boxed() },
    Check { name: "relay", patience: PATIENCE, run: |site| relay::check(site).boxed() },
    Check { name: "senders", patience: PATIENCE, run: |site| senders::check(site).boxed() },
    Check { name: "files", patience: MANY_STEPS, run: |site| files::check(site).boxed() },
    Check { name: "scanner", patience: SCANNING, run: |site| scanner::check(site).boxed() },
    Check { name: "clocks", patience: PATIENCE, run: |site| clocks::check(site).boxed() },
    Check { name: "public", patience: MANY_STEPS, run: |site| public::check(site).boxed() },
];

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Fails,
}

/// What was found, in one line: what it means, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    verdict: Verdict,
    told: String,
}

fn ok(told: impl fmt::Display) -> Finding {
    Finding { verdict: Verdict::Ok, told: line(told) }
}

fn warning(told: impl fmt::Display) -> Finding {
    Finding { verdict: Verdict::Warning, told: line(told) }
}

fn fails(told: impl fmt::Display) -> Finding {
    Finding { verdict: Verdict::Fails, told: line(told) }
}

/// What other programs answer may be long and have many lines.
fn line(told: impl fmt::Display) -> String {
    const LONGEST: usize = 400;
    foreign::one_line(&told.to_string(), LONGEST)
}

/// Runs all checks at once and prints what they found, in the order of [`CHECKS`].
///
/// # Errors
/// When something fails.
pub async fn run(settings: &Settings) -> Result<(), Failure> {
    let site = Site::open(settings)?;
    let run = |check: &'static Check| {
        let found = timeout(check.patience, (check.run)(&site));
        async move {
            (
                check,
                found
                    .await
                    .unwrap_or_else(|_| vec![fails(format!("no end within {} s", check.patience.as_secs()))]),
            )
        }
    };
    let mut running: FuturesOrdered<_> = CHECKS.iter().map(run).collect();
    let mut failed = 0;
    while let Some((check, findings)) = running.next().await {
        for Finding { verdict, told } in findings {
            let word = match verdict {
                Verdict::Ok => "ok",
                Verdict::Warning => "warn",
                Verdict::Fails => "fail",
            };
            failed += usize::from(verdict == Verdict::Fails);
            say(format!("{word:<5} {:<9} {told}", check.name));
        }
    }
    match failed {
        0 => Ok(()),
        1 => Err("one check fails".into()),
        failed => Err(format!("{failed} checks fail").into()),
    }
}

/// The settings are valid, or nothing would be checked; the names of some may not be.
async fn settings(site: &Site<'_>) -> Vec<Finding> {
    let kind = match site.settings.trial {
        true => {
            "valid; this is a trial, with demo firms and a page of caught mails for everybody on this machine"
        }
        false => "valid",
    };
    [ok(kind)].into_iter().chain(settings::unknown().into_iter().map(warning)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        assert_eq!(line("a\r\nb\tc"), "a b c");
        assert_eq!(line("é".repeat(1000)).chars().count(), 400);
    }
}
