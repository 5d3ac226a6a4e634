//! Injects faults and counts losses: `chaos` runs all faults, `chaos NAME…` some.

use std::process::ExitCode;

use guichet_tests::chaos::{self, FAULTS, Fault, bad_jobs, bucket};
use guichet_tests::report::say;

#[tokio::main]
async fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [bad_jobs::WORKER] => return worker().await,
        [bucket::SERVER, folder, address] => {
            bucket::be_server(folder, address).await;
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let mut wanted: Vec<&Fault> = Vec::new();
    for name in &names {
        let Some(fault) = FAULTS.iter().find(|fault| fault.name == name) else {
            let known: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
            say(format!("There is no fault `{name}`; there are: {}.", known.join(", ")));
            return ExitCode::from(2);
        };
        wanted.push(fault);
    }
    if wanted.is_empty() {
        wanted = FAULTS.iter().collect();
    }
    if chaos::run(&wanted).await { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs this program as its own child process.
async fn worker() -> ExitCode {
    #[allow(clippy::disallowed_methods, reason = "the parent says here what it started this for")]
    let database_url = std::env::var("DATABASE_URL").unwrap_or_default();
    match bad_jobs::work(&database_url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(error);
            ExitCode::FAILURE
        }
    }
}
