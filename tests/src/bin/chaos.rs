//! Breaks things on purpose and counts what is lost: `chaos` runs every fault, `chaos NAME…` some.

use std::process::ExitCode;

use guichet_tests::chaos::{self, FAULTS, Fault};
use guichet_tests::report::say;

#[tokio::main]
async fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
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
