//! Jobs that are held back, by an operator or by the start on a restored database: nobody runs them until they are
//! released.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::sql::kept;
use guichet_base::error::Fault;
use guichet_base::id::{FirmId, JobId};

/// The held jobs of a kind that are meant: binds the kind, the firm, and the times before and after.
macro_rules! which {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " WHERE kind = ? AND status = 'HELD' AND firm_id IS NOT DISTINCT FROM coalesce(?, firm_id)
                AND (created_at < ?) IS NOT FALSE AND (created_at >= ?) IS NOT FALSE ",
            $after
        )
    };
}

/// Which held jobs are meant; without anything, all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Which {
    /// Those of this firm.
    pub firm: Option<FirmId>,
    /// Those created before this time.
    pub before: Option<DateTime<Utc>>,
    /// Those created at this time or later.
    pub after: Option<DateTime<Utc>>,
}

/// The held jobs of one firm.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct HeldOfFirm {
    /// The firm.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub firm_id: Option<FirmId>,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub jobs: i64,
    /// When the first one was created.
    #[diesel(sql_type = Timestamptz)]
    pub oldest: DateTime<Utc>,
    /// When the last one was created.
    #[diesel(sql_type = Timestamptz)]
    pub newest: DateTime<Utc>,
}

/// A held job.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Held {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: JobId,
    /// What its handler is given.
    #[diesel(sql_type = Jsonb)]
    pub payload: serde_json::Value,
}

/// Holds all pending jobs of a kind, those included that a worker has begun: while none works. Returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn hold_all(conn: &mut AsyncPgConnection, kind: &str) -> Result<usize, Fault> {
    let hold = kept(
        "UPDATE jobs SET status = 'HELD', lease_token = NULL, lease_until = NULL, worker = NULL
         WHERE kind = ? AND status IN ('READY', 'RUNNING')",
    );
    Ok(hold.bind::<Text, _>(kind).execute(conn).await?)
}

/// How many jobs of a kind are held, by firm.
///
/// # Errors
/// When the database does not answer.
pub async fn by_firm(
    conn: &mut AsyncPgConnection,
    kind: &str,
    which: Which,
) -> Result<Vec<HeldOfFirm>, Fault> {
    let count = kept(which!(
        "SELECT firm_id, count(*) AS jobs, min(created_at) AS oldest, max(created_at) AS newest FROM jobs",
        "GROUP BY firm_id ORDER BY firm_id"
    ));
    let count = count.bind::<Text, _>(kind).bind::<Nullable<SqlUuid>, _>(which.firm);
    let count =
        count.bind::<Nullable<Timestamptz>, _>(which.before).bind::<Nullable<Timestamptz>, _>(which.after);
    Ok(count.load(conn).await?)
}

/// Some held jobs of a kind, at most `most`, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn some(
    conn: &mut AsyncPgConnection,
    kind: &str,
    which: Which,
    most: i64,
) -> Result<Vec<Held>, Fault> {
    let find = kept(which!("SELECT id, payload FROM jobs", "ORDER BY created_at, id LIMIT ?"));
    let find = find.bind::<Text, _>(kind).bind::<Nullable<SqlUuid>, _>(which.firm);
    let find =
        find.bind::<Nullable<Timestamptz>, _>(which.before).bind::<Nullable<Timestamptz>, _>(which.after);
    Ok(find.bind::<BigInt, _>(most).load(conn).await?)
}

/// Puts held jobs of a kind back into the queue, where they are due at once. Returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn release(
    conn: &mut AsyncPgConnection,
    kind: &str,
    which: Which,
    now: DateTime<Utc>,
) -> Result<usize, Fault> {
    let release = kept(which!("UPDATE jobs SET status = 'READY', run_at = ?", ""));
    let release = release.bind::<Timestamptz, _>(now).bind::<Text, _>(kind);
    let release = release.bind::<Nullable<SqlUuid>, _>(which.firm);
    let release =
        release.bind::<Nullable<Timestamptz>, _>(which.before).bind::<Nullable<Timestamptz>, _>(which.after);
    Ok(release.execute(conn).await?)
}

/// Removes a job, if it is still held.
///
/// # Errors
/// When the database does not answer.
pub async fn remove(conn: &mut AsyncPgConnection, id: JobId) -> Result<(), Fault> {
    kept("DELETE FROM jobs WHERE id = ? AND status = 'HELD'").bind::<SqlUuid, _>(id).execute(conn).await?;
    Ok(())
}
