//! Everything in one process with its embedded defaults: the time to the first answer, and the memory when idle.

use std::fs;
use std::time::Duration;

use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::place::folder;
use crate::process::{Launch, Process};

/// How often each is measured, in alternation.
const ROUNDS: usize = 5;
/// How long a process is idle before its memory is read.
const REST: Duration = Duration::from_secs(5);

/// The result.
#[derive(Debug, Clone)]
pub struct RestFigures {
    /// From start to first answer, with everything in one process.
    pub all_in_one: Vec<Duration>,
    /// From start to first connection, for PostgreSQL alone with the same data.
    pub postgres: Vec<Duration>,
    /// Resident memory of the process without PostgreSQL, in kB, after each start.
    pub resident: Vec<u64>,
}

/// Measures starts with existing data, and reads the memory afterwards.
///
/// # Panics
/// When something does not start.
pub async fn run() -> RestFigures {
    let folder = folder();
    let data = folder.path().join("data");
    let launch = Launch::all_in_one(&data);
    // The first start creates the data.
    launch.start().await.stop().await;
    let mut figures = RestFigures { all_in_one: Vec::new(), postgres: Vec::new(), resident: Vec::new() };
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let process = launch.spawn().await;
        first_answer(&process).await;
        figures.all_in_one.push(begun.elapsed());
        sleep(REST).await;
        figures.resident.push(resident(&process));
        process.stop().await;

        let begun = Instant::now();
        let mut postgres = Postgres::start(PostgresOptions::new(&data)).await.expect("PostgreSQL starts");
        db::connect(&postgres.url()).await.expect("PostgreSQL answers");
        figures.postgres.push(begun.elapsed());
        postgres.stop().await;
    }
    figures
}

async fn first_answer(process: &Process) {
    let url = format!("{}/graphql", process.url().await);
    let http = reqwest::Client::new();
    let query = json!({ "query": "{ __typename }" });
    while !http.post(&url).json(&query).send().await.is_ok_and(|answer| answer.status().is_success()) {
        assert!(!process.has_ended(), "the process ended: {:#?}", process.output());
        sleep(Duration::from_millis(1)).await;
    }
}

/// Resident memory of a process, in kB (proc(5), `VmRSS`).
pub fn resident(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}
