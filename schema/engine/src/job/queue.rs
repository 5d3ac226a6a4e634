//! The workers' operations on the queue: claim, settle, renew, pause.
//!
//! All times are the database's, because all processes share them: `run_at`, pauses and dead letters use it as the process
//! knows it, passed as `now`, which tests move; leases ask the database itself.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{Claimed, Depth, JobOutcome, JobStatus, Lease, Pause, Settled};
pub use super::rescue::rescue;
use crate::sql::kept;
use crate::tables::job_pauses;
use guichet_base::error::Fault;
use guichet_base::foreign;
use guichet_base::id::{FirmId, JobId};

/// A job is a suspect when so many of its runs in a row ended with a crash of their worker. The number is also
/// written in the statements and indexes.
const SUSPECT: i32 = 2;

/// Claims due jobs for `worker`: for each wanted kind at most the given number, by priority and then by due time,
/// and none of a paused kind. Each gets its own lease and one more attempt. No job is claimed twice, and no claim
/// waits for another worker's statement.
///
/// Of suspects at most `suspects` (0 or 1) are claimed, over all kinds: a worker that runs only one suspect at a
/// time loses no other suspect when one of them crashes it.
///
/// # Errors
/// When the database does not answer. Jobs may have been claimed nevertheless: see [`give_back`].
pub async fn claim(
    conn: &mut AsyncPgConnection,
    wanted: &[(&str, usize)],
    suspects: usize,
    worker: &str,
    lease: Duration,
    now: DateTime<Utc>,
) -> Result<Vec<Claimed>, Fault> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: JobId,
        #[diesel(sql_type = SqlUuid)]
        lease_token: Uuid,
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Nullable<SqlUuid>)]
        firm_id: Option<FirmId>,
        #[diesel(sql_type = Jsonb)]
        payload: serde_json::Value,
        #[diesel(sql_type = SmallInt)]
        priority: i16,
        #[diesel(sql_type = Timestamptz)]
        run_at: DateTime<Utc>,
        #[diesel(sql_type = Integer)]
        attempts: i32,
        #[diesel(sql_type = Integer)]
        max_attempts: i32,
        #[diesel(sql_type = Integer)]
        crashes: i32,
    }
    // `MATERIALIZED`, because a sub-select that runs twice would exceed its limit. No join with `due`, because its
    // plan might read all jobs.
    let mut rows: Vec<Row> = kept(
        "WITH wanted AS MATERIALIZED (
             SELECT kind, free FROM unnest(?, ?) AS wanted (kind, free)
             WHERE NOT EXISTS (SELECT FROM job_pauses WHERE job_pauses.kind = wanted.kind AND until > ?)
         ), suspect AS MATERIALIZED (
             SELECT wanted.kind, job.id FROM wanted CROSS JOIN LATERAL (
                 SELECT id FROM jobs
                 WHERE jobs.kind = wanted.kind AND status = 'READY' AND crashes >= 2 AND run_at <= ?
                 ORDER BY priority DESC, run_at, id LIMIT 1
                 FOR UPDATE SKIP LOCKED
             ) AS job LIMIT ?
         ), due AS MATERIALIZED (
             SELECT job.id FROM wanted CROSS JOIN LATERAL (
                 SELECT id FROM jobs
                 WHERE jobs.kind = wanted.kind AND status = 'READY' AND crashes < 2 AND run_at <= ?
                 ORDER BY priority DESC, run_at, id
                 LIMIT wanted.free - (SELECT count(*) FROM suspect WHERE suspect.kind = wanted.kind)
                 FOR UPDATE SKIP LOCKED
             ) AS job
         )
         UPDATE jobs SET status = 'RUNNING', attempts = attempts + 1, worker = ?, missed_at = NULL,
             lease_token = gen_random_uuid(), lease_until = statement_timestamp() + make_interval(secs => ?)
         WHERE id = ANY (ARRAY (SELECT id FROM suspect UNION ALL SELECT id FROM due))
         RETURNING id, lease_token, kind, firm_id, payload, priority, run_at, attempts, max_attempts, crashes",
    )
    .bind::<Array<Text>, _>(wanted.iter().map(|(kind, _)| *kind).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(
        wanted.iter().map(|(_, free)| i64::try_from(*free).unwrap_or(i64::MAX)).collect::<Vec<_>>(),
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(i64::try_from(suspects).unwrap_or(i64::MAX))
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(worker)
    .bind::<Double, _>(lease.as_secs_f64())
    .load(conn)
    .await?;
    // UPDATE returns its rows in no particular order.
    rows.sort_by(|a, b| (b.priority, a.run_at, a.id).cmp(&(a.priority, b.run_at, b.id)));
    let claimed = |row: Row| Claimed {
        lease: Lease { id: row.id, token: row.lease_token },
        kind: row.kind,
        firm_id: row.firm_id,
        payload: row.payload,
        attempt: row.attempts,
        max_attempts: row.max_attempts,
        is_suspect: row.crashes >= SUSPECT,
    };
    Ok(rows.into_iter().map(claimed).collect())
}

/// Settles runs. Returns what became of each job; a run that is missing in the result had lost its lease, and
/// nothing was changed.
///
/// # Errors
/// When the database does not answer. Settling again is safe: runs settled the first time are then missing in the
/// result.
pub async fn settle(
    conn: &mut AsyncPgConnection,
    runs: &[(Lease, JobOutcome)],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Settled>, Fault> {
    let (done, back): (Vec<_>, Vec<_>) = runs.iter().partition(|(_, outcome)| *outcome == JobOutcome::Done);
    let mut settled = HashMap::with_capacity(runs.len());
    if !done.is_empty() {
        let gone = acknowledge(conn, done.into_iter().map(|(lease, _)| *lease)).await?;
        settled.extend(gone.into_iter().map(|token| (token, Settled::Done)));
    }
    if !back.is_empty() {
        settled.extend(put_back(conn, &back, now).await?);
        let defers = |(lease, outcome): &&(Lease, JobOutcome)| {
            matches!(outcome, JobOutcome::Defer { .. }).then_some(lease.id)
        };
        defer_firms(conn, back.iter().filter_map(defers).collect()).await?;
    }
    Ok(settled)
}

#[derive(QueryableByName)]
struct Token {
    #[diesel(sql_type = SqlUuid)]
    token: Uuid,
}

/// The ids to find the rows by, and the tokens, which are unique per run.
fn columns(leases: impl IntoIterator<Item = Lease>) -> (Vec<JobId>, Vec<Uuid>) {
    leases.into_iter().map(|lease| (lease.id, lease.token)).unzip()
}

/// Deletes jobs that are done.
async fn acknowledge(
    conn: &mut AsyncPgConnection,
    leases: impl IntoIterator<Item = Lease>,
) -> Result<Vec<Uuid>, Fault> {
    let (ids, tokens) = columns(leases);
    let gone: Vec<Token> =
        kept("DELETE FROM jobs WHERE id = ANY (?) AND lease_token = ANY (?) RETURNING lease_token AS token")
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<SqlUuid>, _>(tokens)
            .load(conn)
            .await?;
    Ok(gone.into_iter().map(|row| row.token).collect())
}

/// Puts the others back to the queue, or makes them dead letters.
async fn put_back(
    conn: &mut AsyncPgConnection,
    runs: &[&(Lease, JobOutcome)],
    now: DateTime<Utc>,
) -> Result<Vec<(Uuid, Settled)>, Fault> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        token: Uuid,
        #[diesel(sql_type = Text)]
        status: JobStatus,
    }
    let (ids, tokens) = columns(runs.iter().map(|(lease, _)| *lease));
    let mut run_ats = Vec::with_capacity(runs.len());
    let mut errors = Vec::with_capacity(runs.len());
    let mut refunds = Vec::with_capacity(runs.len());
    let mut finals = Vec::with_capacity(runs.len());
    for (_, outcome) in runs {
        let (run_at, error) = match outcome {
            JobOutcome::Retry { run_at, error } => (Some(*run_at), Some(foreign::kept(error))),
            JobOutcome::Bury { error } => (None, Some(foreign::kept(error))),
            JobOutcome::Defer { run_at } => (Some(*run_at), None),
            JobOutcome::Release | JobOutcome::Done => (None, None),
        };
        run_ats.push(run_at);
        errors.push(error);
        refunds.push(i32::from(matches!(outcome, JobOutcome::Release | JobOutcome::Defer { .. })));
        finals.push(matches!(outcome, JobOutcome::Bury { .. }));
    }
    let rows: Vec<Row> = kept(
        "UPDATE jobs SET
             status = CASE WHEN run.final OR attempts - run.refund >= max_attempts THEN 'DEAD' ELSE 'READY' END,
             finished_at = CASE WHEN run.final OR attempts - run.refund >= max_attempts THEN ? END,
             attempts = attempts - run.refund,
             crashes = crashes * run.refund,
             run_at = coalesce(run.run_at, jobs.run_at),
             last_error = coalesce(run.error, last_error),
             lease_token = NULL, lease_until = NULL, worker = NULL
         FROM unnest(?, ?, ?, ?, ?) AS run (token, run_at, error, refund, final)
         WHERE id = ANY (?) AND lease_token = run.token
         RETURNING run.token, jobs.status",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlUuid>, _>(tokens)
    .bind::<Array<Nullable<Timestamptz>>, _>(run_ats)
    .bind::<Array<Nullable<Text>>, _>(errors)
    .bind::<Array<Integer>, _>(refunds)
    .bind::<Array<Bool>, _>(finals)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?;
    let settled = |status| if status == JobStatus::Dead { Settled::Dead } else { Settled::Ready };
    Ok(rows.into_iter().map(|row| (row.token, settled(row.status))).collect())
}

/// Delays the waiting jobs of the same kinds and firms as these deferred ones, so that a firm with many jobs does
/// not hold up all other firms.
async fn defer_firms(conn: &mut AsyncPgConnection, deferred: Vec<JobId>) -> Result<(), Fault> {
    if deferred.is_empty() {
        return Ok(());
    }
    kept(
        "WITH deferred AS (
             SELECT kind, firm_id, max(run_at) AS run_at FROM jobs
             WHERE id = ANY (?) AND status = 'READY' AND firm_id IS NOT NULL GROUP BY kind, firm_id
         ), others AS MATERIALIZED (
             SELECT jobs.id, deferred.run_at FROM jobs JOIN deferred USING (kind, firm_id)
             WHERE status = 'READY' AND jobs.run_at < deferred.run_at
             FOR UPDATE OF jobs SKIP LOCKED
         )
         UPDATE jobs SET run_at = others.run_at FROM others WHERE jobs.id = others.id",
    )
    .bind::<Array<SqlUuid>, _>(deferred)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives back jobs that were claimed for `worker` without its knowledge, because its connection broke before the
/// answer: all except the `known` runs. Returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn give_back(conn: &mut AsyncPgConnection, worker: &str, known: &[Uuid]) -> Result<usize, Fault> {
    Ok(kept(
        "UPDATE jobs SET status = 'READY', attempts = attempts - 1,
             lease_token = NULL, lease_until = NULL, worker = NULL
         WHERE status = 'RUNNING' AND worker = ? AND lease_token <> ALL (?)",
    )
    .bind::<Text, _>(worker)
    .bind::<Array<SqlUuid>, _>(known)
    .execute(conn)
    .await?)
}

/// Extends leases to `lease` from now. Returns the runs that still hold theirs.
///
/// # Errors
/// When the database does not answer.
pub async fn renew(
    conn: &mut AsyncPgConnection,
    leases: &[Lease],
    lease: Duration,
) -> Result<Vec<Uuid>, Fault> {
    let (ids, tokens) = columns(leases.iter().copied());
    let held: Vec<Token> = kept(
        "UPDATE jobs SET missed_at = NULL, lease_until = statement_timestamp() + make_interval(secs => ?)
         WHERE id = ANY (?) AND lease_token = ANY (?)
         RETURNING lease_token AS token",
    )
    .bind::<Double, _>(lease.as_secs_f64())
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<SqlUuid>, _>(tokens)
    .load(conn)
    .await?;
    Ok(held.into_iter().map(|row| row.token).collect())
}

/// Pauses a kind until then. Returns whether it was not paused yet; an existing pause is not changed.
///
/// # Errors
/// When the database does not answer.
pub async fn pause(
    conn: &mut AsyncPgConnection,
    kind: &str,
    until: DateTime<Utc>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool, Fault> {
    let written = kept(
        "INSERT INTO job_pauses (kind, until, reason, at) VALUES (?, ?, ?, ?)
         ON CONFLICT (kind) DO UPDATE SET until = excluded.until, reason = excluded.reason, at = excluded.at
         WHERE job_pauses.until <= excluded.at",
    )
    .bind::<Text, _>(kind)
    .bind::<Timestamptz, _>(until)
    .bind::<Text, _>(foreign::kept(reason))
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(written > 0)
}

/// Ends a pause early. Returns whether there was one.
///
/// # Errors
/// When the database does not answer.
pub async fn resume(conn: &mut AsyncPgConnection, kind: &str) -> Result<bool, Fault> {
    Ok(diesel::delete(job_pauses::table.find(kind)).execute(conn).await? > 0)
}

/// The paused kinds.
///
/// # Errors
/// When the database does not answer.
pub async fn pauses(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<Pause>, Fault> {
    Ok(job_pauses::table
        .filter(job_pauses::until.gt(now))
        .order(job_pauses::kind)
        .select(Pause::as_select())
        .load(conn)
        .await?)
}

/// The number of jobs of each kind.
///
/// # Errors
/// When the database does not answer.
pub async fn depth(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<Depth>, Fault> {
    Ok(kept(
        "WITH given AS (SELECT ? AS now)
         SELECT kind,
             count(*) FILTER (WHERE status = 'READY' AND run_at <= now) AS ready,
             count(*) FILTER (WHERE status = 'RUNNING') AS running,
             count(*) FILTER (WHERE status = 'READY' AND run_at > now) AS scheduled,
             count(*) FILTER (WHERE status = 'HELD') AS held,
             count(*) FILTER (WHERE status = 'DEAD') AS dead,
             min(run_at) FILTER (WHERE status = 'READY' AND run_at <= now) AS oldest_ready
         FROM jobs, given GROUP BY kind ORDER BY kind",
    )
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?)
}
