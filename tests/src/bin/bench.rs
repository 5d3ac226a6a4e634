//! Measures and prints; goals beside results. `bench` runs every row, `bench NAME…` some.

use std::error::Error;
use std::time::Duration;

use guichet_schema::db;
use guichet_server::embedded::{Postgres, PostgresOptions};
use guichet_tests::bench::jobs::{self, Latency};
use guichet_tests::bench::{place, rest};
use guichet_tests::report::{Table, say};

const ROWS: [&str; 2] = ["jobs", "rest"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(name) = names.iter().find(|name| !ROWS.contains(&name.as_str())) {
        return Err(format!("there is no row `{name}`; there are: {}", ROWS.join(", ")).into());
    }
    if names.is_empty() {
        names = ROWS.map(str::to_owned).to_vec();
    }
    let mut table = Table::new(&["what", "goal", "result"]);
    if names.iter().any(|name| name == "jobs") {
        jobs(&mut table).await?;
    }
    if names.iter().any(|name| name == "rest") {
        rest(&mut table).await;
    }
    say(format!("\n{table}"));
    Ok(())
}

async fn jobs(table: &mut Table) -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = place::folder();
    let mut postgres = Postgres::start(PostgresOptions::new(folder.path().join("data"))).await?;
    db::migrate(&postgres.url()).await?;
    let figures = jobs::run(&postgres.url()).await?;
    postgres.stop().await;
    let all = format!("{:.0}/s, all {} in {:.1} s", figures.rate(), figures.backlog, figures.seconds);
    table.row([&"jobs that do nothing, a backlog of 50,000", &"> 545/s", &all]);
    let probe = |latency: Latency| {
        format!("p50 {:.1} ms, p95 {:.1} ms, longest {:.1} ms", latency.p50, latency.p95, latency.max)
    };
    let goal = "p95 < 25 ms";
    table.row([&"single jobs, commit to start, one process", &goal, &probe(figures.inside)]);
    table.row([&"single jobs, commit to start, hint through PostgreSQL", &goal, &probe(figures.between)]);
    Ok(())
}

async fn rest(table: &mut Table) {
    let figures = rest::run().await;
    let all_in_one = range(figures.all_in_one.iter().map(Duration::as_secs_f64), "s");
    let postgres = range(figures.postgres.iter().map(Duration::as_secs_f64), "s");
    let start = format!("{all_in_one}; postgres alone {postgres}");
    table.row([&"start to first answer, embedded, warm", &"< 1 s more than postgres alone", &start]);
    let resident = range(figures.resident.iter().map(|kilobytes| *kilobytes as f64 / 1024.0), "MB");
    table.row([&"memory at rest, all in one process without the database", &"< 60 MB", &resident]);
}

/// Median and range.
fn range(figures: impl Iterator<Item = f64>, unit: &str) -> String {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    match (sorted.first(), sorted.get(sorted.len() / 2), sorted.last()) {
        (Some(least), Some(median), Some(most)) => format!("{median:.2} {unit} ({least:.2} to {most:.2})"),
        _ => "nothing measured".to_owned(),
    }
}
