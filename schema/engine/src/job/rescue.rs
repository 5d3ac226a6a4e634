//! Takes the jobs of crashed and frozen workers from them.
//!
//! An expired lease alone proves nothing: the database may have been away (stopped, failed over, its
//! clock set), and nobody could renew. So the job is put on notice first. A worker that lives renews
//! within the notice, and that ends it. The notice is kept in the database, where processes that are
//! killed one after the other can each do their part.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Double, Integer, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::Rescued;
use crate::sql::kept;
use guichet_base::error::Fault;

/// After so many runs in a row that ended with their worker a job is given up, whatever attempts are
/// left: each takes along what runs beside it.
const CRASHES: i32 = 10;
/// An older notice, in times of what it should last, is given anew: the database was away meanwhile.
const STALE: f64 = 4.0;

/// Takes jobs from workers that did not renew their leases, nor within the `notice` after that: back to
/// the queue, or, after the last attempt, to the dead letters, so that a job that crashes its process
/// does not do so for ever.
///
/// What one crash took along comes back over the time `spread`, not at once: the guilty job is among
/// them, and should not meet all others again.
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

/// Notes of jobs with an expired lease that their worker is missed, unless that was noted in the last
/// `stale` seconds.
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
