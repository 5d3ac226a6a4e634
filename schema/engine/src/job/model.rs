//! A job as stored in the queue.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::tables::{job_pauses, jobs};
use guichet_base::id::{FirmId, Id, JobId};
use guichet_base::text_enum;

text_enum! {
    /// The status of a job. A finished job has no row.
    pub enum JobStatus {
        /// Waits for its time and for a free worker.
        Ready = "READY",
        /// Leased by a worker.
        Running = "RUNNING",
        /// Held back by an operator, until it is released.
        Held = "HELD",
        /// A dead letter: given up, kept for inspection and retry.
        Dead = "DEAD",
    }
}

/// A job, as shown to operators.
#[derive(Debug, Clone, Serialize, Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(diesel::pg::Pg))]
pub struct JobRow {
    /// Its id.
    #[serde(serialize_with = "encoded")]
    pub id: JobId,
    /// The kind of work.
    pub kind: String,
    /// At most one pending job of a kind has this key.
    pub key: Option<String>,
    /// The firm for which it works.
    #[serde(serialize_with = "encoded_if_any")]
    pub firm_id: Option<FirmId>,
    /// What the handler is given: ids only.
    pub payload: serde_json::Value,
    /// Of one kind, jobs with a higher priority run first.
    pub priority: i16,
    /// The status.
    pub status: JobStatus,
    /// The earliest time to run.
    pub run_at: DateTime<Utc>,
    /// How many attempts were started.
    pub attempts: i32,
    /// After how many attempts it is given up.
    pub max_attempts: i32,
    /// When the current lease expires, unless it is renewed.
    pub lease_until: Option<DateTime<Utc>>,
    /// The worker that holds the lease.
    pub worker: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When the job was created.
    pub created_at: DateTime<Utc>,
    /// When it was given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many of its latest runs in a row ended with a crash of their worker.
    pub crashes: i32,
}

/// As everywhere an operator sees it.
fn encoded<I: Id, S: Serializer>(id: &I, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&id.encode())
}

#[allow(clippy::ref_option, reason = "serde calls it so")]
fn encoded_if_any<I: Id, S: Serializer>(id: &Option<I>, to: S) -> Result<S::Ok, S::Error> {
    id.map(Id::encode).serialize(to)
}

/// A paused kind of jobs: the fault is not with the jobs themselves.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = job_pauses, check_for_backend(diesel::pg::Pg))]
pub struct Pause {
    /// The kind.
    pub kind: String,
    /// When the pause ends.
    pub until: DateTime<Utc>,
    /// The reason.
    pub reason: String,
    /// When the pause began.
    pub at: DateTime<Utc>,
}

/// The right to settle one run of one job. A run whose lease expired, so that the job was given to another worker,
/// can settle nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub id: JobId,
    /// Identifies the run.
    pub token: Uuid,
}

/// A job that a worker has claimed.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The right to settle it.
    pub lease: Lease,
    /// The kind of work.
    pub kind: String,
    /// The firm for which it works.
    pub firm_id: Option<FirmId>,
    /// What the handler is given.
    pub payload: serde_json::Value,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// After how many attempts the job is given up.
    pub max_attempts: i32,
    /// Whether it may have crashed the workers that ran it before.
    pub is_suspect: bool,
}

/// What happens to a job after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobOutcome {
    /// Done: its row is deleted.
    Done,
    /// Runs again at `run_at`, or becomes a dead letter after the last attempt.
    Retry {
        /// The earliest time to run.
        run_at: DateTime<Utc>,
        /// Why this attempt failed.
        error: String,
    },
    /// Becomes a dead letter at once: another attempt would not help.
    Bury {
        /// Why.
        error: String,
    },
    /// Returns to the queue as if it had not been claimed; the attempt does not count.
    Release,
    /// The attempt does not count. This job and the waiting jobs of the same kind and firm run at `run_at` at the
    /// earliest; those of other firms run first.
    Defer {
        /// The earliest time to run.
        run_at: DateTime<Utc>,
    },
}

/// The state of a job after settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Done and deleted.
    Done,
    /// It waits for another attempt.
    Ready,
    /// A dead letter.
    Dead,
}

/// The number of jobs of a kind.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Depth {
    /// The kind.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub kind: String,
    /// Due and not started.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub ready: i64,
    /// Running.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub running: i64,
    /// Not due yet.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub scheduled: i64,
    /// Held back.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub held: i64,
    /// Dead letters.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub dead: i64,
    /// Since when the longest-waiting job has been due.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>)]
    pub oldest_ready: Option<DateTime<Utc>>,
}

/// A job whose worker crashed or froze.
#[derive(Debug, Clone, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Rescued {
    /// The job.
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub id: JobId,
    /// The kind of work.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub kind: String,
    /// `READY`, or `DEAD` when that was its last attempt.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub status: JobStatus,
    /// How many attempts were started.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    pub attempts: i32,
}
