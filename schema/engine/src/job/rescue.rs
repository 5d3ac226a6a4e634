//! Recovers jobs from crashed and frozen workers.
//!
//! An expired lease alone proves nothing: when the database was away (stopped, failed over, its clock changed),
//! nobody could renew. So the job is first put on notice; a living worker renews within the notice period, which
//! ends it. The notice is stored in the database, so it survives the processes that watch over it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Double, Integer, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::Rescued;
use crate::sql::kept;
use guichet_base::error::Fault;

/// After so many crashes in a row a job becomes a dead letter, whatever attempts are left: each crash also
/// interrupts the jobs that run beside it.
const CRASHES: i32 = 10;
/// A notice older than so many notice periods is renewed: the database was away in the meantime.
const STALE: f64 = 4.0;

/// Takes jobs from workers that renewed their lease neither in time nor within the `notice` after that. They
/// return to the queue, or become dead letters after the last attempt, so that a job that crashes its process does
/// not do so forever.
///
/// The jobs that one crash interrupted return over the time `spread`, not at once: the job that caused the crash
/// is among them and should not meet all others again.
///
/// # Errors
/// When the database does not answer.
pub async fn rescue(
    conn: &mut AsyncPgConnection,
    notice: Duration,
    spread: Duration,
    now: DateTime<Utc>,
) -> Result<Vec<Rescued>, Fault> {
    put_on_notice(conn, (notice + spread).as_secs_f64() * STALE).await?;
    Ok(kept(
        "WITH lost AS MATERIALIZED (
             SELECT id FROM jobs WHERE status = 'RUNNING' AND lease_until < statement_timestamp()
                 AND missed_at < statement_timestamp() - make_interval(secs => ? + ? * random())
             ORDER BY lease_until LIMIT 1000
             FOR UPDATE SKIP LOCKED
         )
         UPDATE jobs SET
             status = CASE WHEN attempts >= max_attempts OR crashes + 1 >= ? THEN 'DEAD' ELSE 'READY' END,
             finished_at = CASE WHEN attempts >= max_attempts OR crashes + 1 >= ? THEN ? END,
             crashes = crashes + 1,
             last_error = 'the worker ' || worker || ' crashed or froze',
             lease_token = NULL, lease_until = NULL, worker = NULL
         WHERE id = ANY (ARRAY (SELECT id FROM lost))
         RETURNING id, kind, status, attempts",
    )
    .bind::<Double, _>(notice.as_secs_f64())
    .bind::<Double, _>(spread.as_secs_f64())
    .bind::<Integer, _>(CRASHES)
    .bind::<Integer, _>(CRASHES)
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?)
}

/// Puts jobs with an expired lease on notice, unless that was done in the last `stale` seconds.
async fn put_on_notice(conn: &mut AsyncPgConnection, stale: f64) -> Result<(), Fault> {
    kept(
        "WITH expired AS MATERIALIZED (
             SELECT id FROM jobs WHERE status = 'RUNNING' AND lease_until < statement_timestamp()
                 AND (missed_at IS NULL OR missed_at < statement_timestamp() - make_interval(secs => ?))
             ORDER BY lease_until LIMIT 1000
             FOR UPDATE SKIP LOCKED
         )
         UPDATE jobs SET missed_at = statement_timestamp() WHERE id = ANY (ARRAY (SELECT id FROM expired))",
    )
    .bind::<Double, _>(stale)
    .execute(conn)
    .await?;
    Ok(())
}
