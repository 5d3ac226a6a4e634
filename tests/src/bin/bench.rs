//! Runs benchmarks and prints the results beside the goals. `bench` runs all, `bench NAME…` some.

use std::error::Error;
use std::time::Duration;

use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use guichet_tests::bench::generation::{self, Figure, Waits};
use guichet_tests::bench::jobs::{self, Latency};
use guichet_tests::bench::large::Large;
use guichet_tests::bench::{dashboards, fan_out, mails, nested_list, place, rest, status_change};
use guichet_tests::report::{Table, say};

/// Those on the large data set come last, so that it is created once.
const ROWS: [&str; 8] =
    ["jobs", "rest", "fan-out", "generation", "dashboards", "nested-list", "status-change", "mails"];
const OF_LARGE: usize = 5;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names == [fan_out::BARE] {
        return Ok(fan_out::serve().await?);
    }
    if let Some(name) = names.iter().find(|name| !ROWS.contains(&name.as_str())) {
        return Err(format!("there is no row `{name}`; there are: {}", ROWS.join(", ")).into());
    }
    if names.is_empty() {
        names = ROWS.map(str::to_owned).to_vec();
    }
    let mut table = Table::new(&["what", "goal", "result"]);
    let wanted = |row: &str| names.iter().any(|name| name == row);
    if wanted("jobs") {
        jobs(&mut table).await?;
    }
    if wanted("rest") {
        rest(&mut table).await;
    }
    if wanted("fan-out") {
        fan_out(&mut table).await?;
    }
    if wanted("generation") {
        generation(&mut table).await?;
    }
    if wanted("dashboards") {
        dashboards(&mut table).await?;
    }
    if ROWS[OF_LARGE..].iter().any(|row| wanted(row)) {
        let mut data = Large::load().await?;
        if wanted("nested-list") {
            nested_list(&data, &mut table).await?;
        }
        if wanted("status-change") {
            status_change(&data, &mut table).await?;
        }
        if wanted("mails") {
            mails(&data, &mut table).await?;
        }
        data.postgres.stop().await;
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

async fn fan_out(table: &mut Table) -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = place::folder();
    let mut postgres = Postgres::start(PostgresOptions::new(folder.path().join("data"))).await?;
    db::migrate(&postgres.url()).await?;
    let figures = fan_out::run(&postgres).await?;
    postgres.stop().await;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    for (rooms, fan_out::FanOutFigures { ours, bare, resident }) in fan_out::ROOMS.iter().zip(figures) {
        let told = |told: &fan_out::Told| {
            format!(
                "p50 {:.1} ms, p99 {:.1} ms, last of a change {}, {:.3} CPU seconds a thousand",
                ms(told.percentile(50)),
                ms(told.percentile(99)),
                range(told.last.iter().map(|time| ms(*time)), "ms"),
                told.cpu_per_thousand(),
            )
        };
        let what = format!("live fan-out, {} websockets, rooms: {rooms}", fan_out::SOCKETS);
        let goal = "none missed; a room of 100: p99 < 50 ms; the last of 10,000 < 1 s; < 30 kB a websocket";
        let result = format!(
            "none missed of {}; {}; {resident:.1} kB; plain connections: {}",
            ours.receipts.len(),
            told(&ours),
            told(&bare),
        );
        table.row([&what, &goal, &result]);
    }
    Ok(())
}

async fn generation(table: &mut Table) -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = place::folder();
    let mut postgres = Postgres::start(PostgresOptions::new(folder.path().join("data"))).await?;
    db::migrate(&postgres.url()).await?;
    let figures = generation::run(&postgres).await?;
    postgres.stop().await;
    let of = |pick: fn(&generation::Round) -> f64, unit| range(figures.rounds.iter().map(pick), unit);
    let (tasks, documents) = figures.made;
    let both =
        |figure: fn(&Figure) -> f64, round: &generation::Round| figure(&round.ours) / figure(&round.bare);
    let times = figures.rounds.iter().map(|round| both(|figure| figure.seconds, round));
    let cpu = figures.rounds.iter().map(|round| both(|figure| figure.cpu, round));
    let result = format!(
        "**{}** in time, {} in CPU; {tasks} tasks and {documents} documents with {} different dates in {} against {}; again {}",
        range(times, "×"),
        range(cpu, "×"),
        figures.dates,
        of(|round| round.ours.seconds, "s"),
        of(|round| round.bare.seconds, "s"),
        of(|round| round.again.seconds, "s"),
    );
    let what = "the month of 10,000 clients × 10 kinds of work, against INSERT … SELECT of the same rows";
    table.row([&what, &"≤ 2 ×; the second run adds nothing", &result]);
    let due = &figures.due;
    let shares = figures.rounds.iter().map(|round| due.seconds / round.ours.seconds * 100.0);
    let result = format!(
        "**{}** of its time; {:.2} s for {} that are asked for, {} of them different",
        range(shares, "%"),
        due.seconds,
        due.asked,
        due.computed,
    );
    let what = "the due dates of these tasks and documents, without writing them";
    table.row([&what, &"each that differs computed once; < 5 % of the generation's time", &result]);
    let told = |waits: &Waits| {
        format!("{} with p99 {:.0} ms, longest {:.0} ms", waits.count, waits.p99, waits.longest)
    };
    let result = format!("{} against {} without", told(&figures.waits[1]), told(&figures.waits[0]));
    let what = "status changes of a ticket and a task of that firm meanwhile";
    table.row([&what, &"p99 < 250 ms more, none waits longer than a chunk", &result]);
    Ok(())
}

async fn dashboards(table: &mut Table) -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = place::folder();
    let mut postgres = Postgres::start(PostgresOptions::new(folder.path().join("data"))).await?;
    db::migrate(&postgres.url()).await?;
    let figures = dashboards::run(&postgres, folder.path()).await?;
    postgres.stop().await;
    for (of, figures) in [("a client", &figures.client), ("a firm of 10,000 clients", &figures.firm)] {
        let what = format!("dashboard of {of} with ten years of documents, against");
        table.row([&format!("{what} one month"), &"≤ 1.2 ×", &figures.month.times()]);
        let goal = "≥ 40 % of its rate per CPU second";
        table.row([&format!("{what} one statement"), &goal, &figures.statement]);
    }
    say(format!("{} documents in all", figures.documents));
    Ok(())
}

async fn nested_list(data: &Large, table: &mut Table) -> Result<(), Box<dyn Error + Send + Sync>> {
    for (connections, figures) in nested_list::CONNECTIONS.iter().zip(nested_list::run(data).await?) {
        let what = format!("nested list of 20 tickets, {connections} connections, against");
        let goal = "≥ 60 % of its rate per CPU second";
        table.row([&format!("{what} one statement"), &goal, &figures.statement]);
        let goal = "≥ 500 % of its rate per CPU second";
        table.row([&format!("{what} a GraphQL server on Node"), &goal, &figures.node]);
    }
    Ok(())
}

async fn status_change(data: &Large, table: &mut Table) -> Result<(), Box<dyn Error + Send + Sync>> {
    for (firms, rounds) in status_change::FIRMS.iter().zip(status_change::run(data).await?) {
        let what = format!("ticketStatusChange, {firms} firms, against its statements");
        table.row([&what, &"≥ 60 % of their rate per CPU second", &rounds]);
    }
    Ok(())
}

async fn mails(data: &Large, table: &mut Table) -> Result<(), Box<dyn Error + Send + Sync>> {
    let figures = mails::run(data).await?;
    let [before, after] = figures.bare.map(|seconds| 1.0 / seconds);
    let result = format!(
        "**{:.1} ×**; {} in {:.0} s, {:.1} a second against {before:.1} and {after:.1} (from {} mails each); \
         {:.2} CPU seconds a thousand",
        figures.times(),
        mails::MAILS,
        figures.work.seconds,
        figures.work.rate(),
        mails::BARE,
        figures.work.cpu_per_thousand(),
    );
    table.row([&"mails, ten sessions, against one in a bare loop", &"≥ 8 ×", &result]);
    Ok(())
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
