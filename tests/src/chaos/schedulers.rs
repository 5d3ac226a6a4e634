//! Three schedulers at once, while people generate the same month ten times and ten more runs begin beside them.

use std::time::Duration;

use chrono::NaiveDate;
use diesel_async::SimpleAsyncConnection;
use futures_util::future::{join, join_all};
use guichet_schema::month::generation::commands::{self, RunGeneration};
use guichet_schema::month::generation::job::generate;
use guichet_schema::month::generation::model::GenerationFilter;

use super::findings::Findings;
use super::months::{Months, everything};
use super::office::{Office, new_key};
use crate::database::TestDatabase;
use crate::process::Launch;
use crate::recurring::Recurring;
use crate::smtp::{Options, Sink};

const SCHEDULERS: usize = 3;
const RUNS: usize = 10;
const FIRMS: usize = 5;
const ROUNDS: usize = 3;
const WORK: Recurring<'static> = Recurring {
    clients: 200,
    kinds: &["BR-DAS", "BR-FGTS", "BR-DCTFWEB", "BR-SALARY", "FIRM-CLOSE"],
    periods: ["2026-03", "2026-05"],
};
const BEGUN: Duration = Duration::from_secs(30);
const EMPTIED: Duration = Duration::from_secs(120);

/// One task per recurring task and period, however many generate it; and nothing more when all of them begin again.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let sink = Sink::start(Options::default()).await;
    let mut months = Months::new(&database.url, WORK).await;
    months.open(FIRMS).await;
    let launch = Launch::work(&office.url, &sink.url());
    let mut findings = Findings::default();
    let (mut made, mut asked) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        // As if a new day had begun everywhere.
        let mut conn = months.store.conn().await.expect("the database answers");
        conn.batch_execute("UPDATE firms SET generated_on = NULL").await.expect("a day begins");
        drop(conn);
        asked += ask(&months, &mut findings).await;
        let schedulers = join_all((0..SCHEDULERS).map(|_| launch.start()));
        let beside = async {
            // Before that, they would leave nothing to the runs that people asked for.
            office.within(BEGUN, async || months.number(MADE_BY_RUNS).await > 0).await;
            join_all(months.firms.iter().flat_map(|firm| {
                let (store, order) = (months.store.clone(), everything(firm.id));
                (0..RUNS).map(move |_| {
                    let (store, order) = (store.clone(), order.clone());
                    async move { generate(&store, &order).await }
                })
            }))
            .await
        };
        let (schedulers, beside) = join(schedulers, beside).await;
        let failed = beside.iter().filter(|ended| ended.is_err()).count();
        findings.expect_equal("runs that failed", failed, 0);
        let emptied = office.emptied(EMPTIED).await;
        findings.expect(emptied, format!("jobs are left: {:?}", office.queue().await));
        for scheduler in schedulers {
            scheduler.stop().await;
        }
        made.push(months.tasks().await.len());
    }
    findings.count("schedulers", SCHEDULERS);
    findings.count("runs at once", (2 * RUNS + 1) * FIRMS);
    findings.count("rounds", ROUNDS);
    findings.expect_equal("dead letters", office.queue().await.dead, 0);
    months.judge(&mut findings).await;
    findings.expect(made.iter().all(|count| *count == made[0]), format!("later rounds made tasks: {made:?}"));
    findings.expect_equal("runs that did not end", months.number(UNENDED).await, 0);
    findings.expect_equal("runs that people asked for", months.number(ASKED).await, asked);
    findings.expect_equal("runs that count what another made", months.number(MISCOUNTED).await, 0);
    let by_runs = months.number(MADE_BY_RUNS).await;
    findings.count("tasks of runs that people asked for", by_runs);
    findings.expect(by_runs > 0, "no run that people asked for made a task");
    sink.stop().await;
    database.drop().await;
    findings
}

/// The owner of each firm asks for the month ten times; returns how many runs that are.
async fn ask(months: &Months, findings: &mut Findings) -> i64 {
    let up_to: NaiveDate = months.store.now().date_naive();
    let asked = join_all(months.firms.iter().flat_map(|firm| {
        (0..RUNS).map(move |_| async move {
            let input = RunGeneration { up_to, filter: GenerationFilter::default() };
            commands::run(&months.store, &firm.owner.actor(), &new_key(), input).await
        })
    }))
    .await;
    findings.expect(asked.iter().all(Result::is_ok), format!("a run was refused: {asked:?}"));
    i64::try_from(asked.len()).unwrap_or_default()
}

const UNENDED: &str = "SELECT count(*) AS n FROM generations WHERE state <> 'DONE'";
const ASKED: &str = "SELECT count(*) AS n FROM generations";
const MADE_BY_RUNS: &str = "SELECT count(*) AS n FROM tasks WHERE generation_id IS NOT NULL";
const MISCOUNTED: &str = "
    SELECT count(*) AS n FROM generations
    WHERE made <> (SELECT count(*) FROM tasks WHERE generation_id = generations.id)";
