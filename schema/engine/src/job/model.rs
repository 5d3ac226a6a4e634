//! A job as the queue keeps it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use crate::tables::{job_pauses, jobs};
use guichet_base::id::{FirmId, JobId};
use guichet_base::text_enum;

text_enum! {
    /// Where a job stands. One that is done is no longer there.
    pub enum JobStatus {
        /// Waits for its time and for a free worker.
        Ready = "READY",
        /// A worker has it, for as long as its lease lasts.
        Running = "RUNNING",
        /// A dead letter: given up, kept to be looked at and retried.
        Dead = "DEAD",
    }
}

/// A job, for the people who look after the queue.
#[derive(Debug, Clone, Serialize, Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(diesel::pg::Pg))]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// At most one living job of its kind has this key.
    pub key: Option<String>,
    /// The firm for which it works.
    pub firm_id: Option<FirmId>,
    /// What the handler is given: ids only.
    pub payload: serde_json::Value,
    /// Higher ones of the same kind go first.
    pub priority: i16,
    /// Where it stands.
    pub status: JobStatus,
    /// Not before this time.
    pub run_at: DateTime<Utc>,
    /// How often it was begun.
    pub attempts: i32,
    /// After how many attempts it is given up.
    pub max_attempts: i32,
    /// Until when the present worker has it, unless it asks for longer.
    pub lease_until: Option<DateTime<Utc>>,
    /// The process that has it.
    pub worker: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many of its runs in a row ended with their worker.
    pub crashes: i32,
}

/// A kind that waits because the fault is not its jobs'.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = job_pauses, check_for_backend(diesel::pg::Pg))]
pub struct Pause {
    /// The kind.
    pub kind: String,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// The right to settle one run of one job. A run that lost it, because its lease expired and the
/// job was given to another, is refused whatever it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub id: JobId,
    /// The run.
    pub token: Uuid,
}

/// A job that was given to a worker.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The right to settle it.
    pub lease: Lease,
    /// What is to be done.
    pub kind: String,
    /// The firm for which it works.
    pub firm_id: Option<FirmId>,
    /// What the handler is given.
    pub payload: serde_json::Value,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// After how many attempts the job is given up.
    pub max_attempts: i32,
    /// Whether it may be what crashed the workers that had it before.
    pub is_suspect: bool,
}

/// What becomes of a job after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, and gone.
    Done,
    /// Again at `run_at`; given up when that was the last attempt.
    Retry {
        /// Not before this time.
        run_at: DateTime<Utc>,
        /// Why this attempt failed.
        error: String,
    },
    /// Given up: another attempt would not help.
    Bury {
        /// Why.
        error: String,
    },
    /// As if the run had not been: the attempt is given back.
    Release,
    /// The attempt is given back; this job and the waiting ones of its kind and firm run at `run_at` at the
    /// earliest, and those of other firms go first.
    Defer {
        /// Not before this time.
        run_at: DateTime<Utc>,
    },
}

/// What a job came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Done and gone.
    Done,
    /// It waits for another attempt.
    Ready,
    /// A dead letter.
    Dead,
}

/// How many jobs of a kind there are.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Depth {
    /// The kind.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub kind: String,
    /// Due and not begun.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub ready: i64,
    /// With a worker.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub running: i64,
    /// Not due yet.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub scheduled: i64,
    /// Dead letters.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub dead: i64,
    /// Since when the one that waits longest has been due.
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
    /// What is to be done.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub kind: String,
    /// `READY`, or `DEAD` when that was its last attempt.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub status: JobStatus,
    /// How often it was begun.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    pub attempts: i32,
}
