//! The job queue, on a real PostgreSQL.

mod admin;
mod database;
mod measures;
mod queue;
mod reconcilers;
mod rescue;
mod workers;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::id::{FirmId, JobId};
use guichet_engine::job::{
    Claimed, JobOutcome, JobRow, Lease, NewJob, Payload, Rescued, Settled, queue as jobs,
};
use guichet_engine::store::{By, Store};
use guichet_engine::tables;
use serde::{Deserialize, Serialize};

/// A job with three attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Ping {
    n: u32,
}

impl Payload for Ping {
    const KIND: &'static str = "ping";
    const MAX_ATTEMPTS: i32 = 3;
}

/// A job with one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Once {}

impl Payload for Once {
    const KIND: &'static str = "once";
    const MAX_ATTEMPTS: i32 = 1;
}

const LEASE: Duration = Duration::from_secs(20);

fn ping(n: u32) -> NewJob {
    NewJob::new(&Ping { n }).unwrap()
}

/// Commits jobs as an action does.
async fn commit(store: &Store, new: impl IntoIterator<Item = NewJob>) {
    let mut tx = store.begin(By::system()).await.unwrap();
    new.into_iter().for_each(|job| tx.job(job));
    tx.commit(()).await.unwrap();
}

/// All jobs, oldest first.
async fn rows(conn: &mut AsyncPgConnection) -> Vec<JobRow> {
    let rows = tables::jobs::table.order(tables::jobs::id).select(JobRow::as_select());
    rows.load(conn).await.unwrap()
}

/// The only job.
async fn row(conn: &mut AsyncPgConnection) -> JobRow {
    let mut rows = rows(conn).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

async fn claim(conn: &mut AsyncPgConnection, limit: usize, now: DateTime<Utc>) -> Vec<Claimed> {
    jobs::claim(conn, &[(Ping::KIND, limit)], 1, "tester", LEASE, now).await.unwrap()
}

async fn claim_one(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Claimed {
    let mut claimed = claim(conn, 1, now).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

/// Rescues jobs with an expired lease at once, without notice.
async fn rescue(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Vec<Rescued> {
    jobs::rescue(conn, Duration::ZERO, Duration::ZERO, now).await.unwrap()
}

async fn settle(
    conn: &mut AsyncPgConnection,
    lease: Lease,
    outcome: JobOutcome,
    now: DateTime<Utc>,
) -> Option<Settled> {
    jobs::settle(conn, &[(lease, outcome)], now).await.unwrap().remove(&lease.token)
}

fn numbers(claimed: &[Claimed]) -> Vec<u64> {
    claimed.iter().map(|job| job.payload["n"].as_u64().unwrap()).collect()
}
