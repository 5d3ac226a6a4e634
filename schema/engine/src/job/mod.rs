//! Jobs: what must happen later, written as rows in the transaction that causes it.

pub mod admin;
mod backoff;
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
pub use model::{Claimed, Depth, JobRow, JobStatus, Lease, Outcome, Pause, Rescued, Settled};

/// What a job of one kind carries: ids only. Old payloads stay readable: fields are only added,
/// with a default.
pub trait Payload: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind, as the queue and the metrics spell it.
    const KIND: &'static str;
    /// After how many attempts the job is a dead letter.
    const MAX_ATTEMPTS: i32;
}

/// A job to be written with its transaction.
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
    /// A job that runs as soon as it is committed.
    ///
    /// # Errors
    /// When the payload cannot be written as JSON.
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

    /// At most one living job of its kind has this key; a second one is not written.
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

    /// Jobs of a higher priority of the same kind are claimed first; 0 is usual.
    #[must_use]
    pub const fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// Not before this time.
    #[must_use]
    pub const fn run_at(mut self, at: DateTime<Utc>) -> Self {
        self.run_at = Some(at);
        self
    }
}

/// Writes jobs; those whose key lives already are left out.
///
/// # Errors
/// When the database refuses or does not answer.
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
