//! Jobs: work to be done later, written as rows in the transaction that causes it.

pub mod admin;
pub mod awaited;
mod backoff;
pub mod held;
mod model;
pub mod queue;
mod rescue;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::sql;
use crate::tables::jobs;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{FirmId, JobId};

pub use backoff::backoff;
pub use model::{Claimed, Depth, JobOutcome, JobRow, JobStatus, Lease, Pause, Rescued, Settled};

/// The payload of a job of one kind: ids only. Stored payloads must stay readable, so fields are only added, with
/// a default.
pub trait Payload: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind, as spelled in the queue and the metrics.
    const KIND: &'static str;
    /// After so many attempts the job becomes a dead letter.
    const MAX_ATTEMPTS: i32;
}

/// A job that is written with its transaction.
#[derive(Debug, Clone)]
pub struct NewJob {
    kind: &'static str,
    max_attempts: i32,
    payload: serde_json::Value,
    key: Option<String>,
    firm_id: Option<FirmId>,
    priority: i16,
    run_at: Option<DateTime<Utc>>,
}

impl NewJob {
    /// A job that runs as soon as its transaction is committed.
    ///
    /// # Errors
    /// When the payload cannot be serialized.
    pub fn new<P: Payload>(payload: &P) -> Result<Self, Fault> {
        Ok(Self {
            kind: P::KIND,
            max_attempts: P::MAX_ATTEMPTS,
            payload: serde_json::to_value(payload).map_err(|error| Fault::Broken(error.to_string()))?,
            key: None,
            firm_id: None,
            priority: 0,
            run_at: None,
        })
    }

    /// Sets a key: at most one pending job of a kind has it, and a second one is not written.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The firm for which it works.
    #[must_use]
    pub const fn firm(mut self, firm: FirmId) -> Self {
        self.firm_id = Some(firm);
        self
    }

    /// Sets the priority: of one kind, jobs of a higher priority are claimed first. The default is 0.
    #[must_use]
    pub const fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the earliest time to run.
    #[must_use]
    pub const fn run_at(mut self, at: DateTime<Utc>) -> Self {
        self.run_at = Some(at);
        self
    }
}

/// Writes jobs; those whose key a pending job already has are skipped.
///
/// # Errors
/// When the database rejects them or does not answer.
pub async fn insert(mut conn: &AsyncPgConnection, new: &[NewJob], now: DateTime<Utc>) -> Result<()> {
    let rows: Vec<_> = new
        .iter()
        .map(|job| {
            (
                jobs::id.eq(JobId::new()),
                jobs::kind.eq(job.kind),
                jobs::key.eq(job.key.as_deref()),
                jobs::firm_id.eq(job.firm_id),
                jobs::payload.eq(&job.payload),
                jobs::priority.eq(job.priority),
                jobs::run_at.eq(job.run_at.unwrap_or(now)),
                jobs::max_attempts.eq(job.max_attempts),
                jobs::created_at.eq(now),
            )
        })
        .collect();
    let insert = diesel::insert_into(jobs::table).values(rows).on_conflict_do_nothing();
    sql::keep(new.len(), insert).execute(&mut conn).await?;
    Ok(())
}
