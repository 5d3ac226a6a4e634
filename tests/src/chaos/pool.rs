//! All connections of a process are in use.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use guichet_base::id::Id;
use guichet_engine::db;
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::api::Api;
use super::findings::Findings;
use super::office::{Office, new_key};
use crate::database::TestDatabase;
use crate::process::Launch;

const POOL: usize = 4;
const OTHERS: usize = 20;
const ASK: &str = "query { tickets(first: 1) { edges { node { id } } } }";
/// Waiting for a connection fails after five seconds.
const SHORT: Duration = Duration::from_secs(7);
const ROUNDS: usize = 3;

/// How many connections wait for the locked table.
async fn waiting_for_tickets(holder: &mut AsyncPgConnection) -> i64 {
    let waiting = "(SELECT count(*) FROM pg_locks WHERE relation = 'tickets'::regclass AND NOT granted)";
    let waiting = diesel::select(sql::<BigInt>(waiting)).get_result(holder).await;
    waiting.expect("PostgreSQL answers")
}

/// As many changes as the pool has connections wait for a locked row: other requests soon get a clear error; once
/// the lock is released, everything works as before.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let serve = Launch::serve(&office.url).with("DATABASE_POOL", POOL.to_string()).start().await;
    let api = Api::new(&serve.url().await, &office.clerk.token);
    let mut tickets = Vec::new();
    for _ in 0..POOL {
        tickets.push(office.ticket("pool@example.com").await.encode());
    }
    let mut findings = Findings::default();
    let mut slowest = Duration::ZERO;
    let mut told = 0;
    for round in 0..ROUNDS {
        let mut holder = db::connect(&office.url).await.expect("PostgreSQL answers");
        let lock = "BEGIN; LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE";
        holder.batch_execute(lock).await.expect("the table is locked");
        let status = if round % 2 == 0 { "WAITING" } else { "IN_ANALYSIS" };
        let stuck: Vec<_> = tickets
            .iter()
            .map(|ticket| {
                let (api, ticket) = (api.clone(), ticket.clone());
                tokio::spawn(async move { api.change(&new_key(), &ticket, status).await })
            })
            .collect();
        // Connections that are used for a moment, to look up a session, are soon free for the questions below, which
        // would then wait for the table and not for a connection.
        while waiting_for_tickets(&mut holder).await < POOL as i64 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for answer in join_all((0..OTHERS).map(|_| api.ask(ASK, json!({})))).await {
            match answer {
                Ok(data) => findings.expect(false, format!("answered without a connection: {data}")),
                Err(trouble) => {
                    told += 1;
                    slowest = slowest.max(trouble.took);
                    findings.expect_equal("code", trouble.code.as_str(), "UNAVAILABLE");
                }
            }
        }
        holder.batch_execute("ROLLBACK").await.expect("the lock is given back");
        let back = Instant::now();
        let answers = timeout(SHORT, join_all(stuck)).await.unwrap_or_default();
        let changed =
            answers.into_iter().flatten().flatten().filter(|payload| payload["outcome"] == "CHANGED");
        findings.expect_equal("changes done once the lock was gone", changed.count(), POOL);
        let asked = join_all((0..OTHERS).map(|_| api.ask(ASK, json!({})))).await;
        findings.expect_equal("answers afterwards", asked.into_iter().flatten().count(), OTHERS);
        findings.expect(back.elapsed() < SHORT, format!("back after {:?} only", back.elapsed()));
    }
    findings.count("times exhausted", ROUNDS);
    findings.count("answers UNAVAILABLE", told);
    findings.count("slowest error after", format!("{:.1} s", slowest.as_secs_f64()));
    findings.expect(slowest < SHORT, format!("an error took {slowest:?}"));
    serve.stop().await;
    database.drop().await;
    findings
}
