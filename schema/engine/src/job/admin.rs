//! Commands on the queue for operators.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::{JobRow, JobStatus, Pause};
use super::queue;
use crate::store::{By, Store};
use crate::tables::jobs;
use guichet_base::error::{Code, Error, OrNotFound, Refusal, Result};
use guichet_base::id::{FirmId, Id, JobId};

/// The newest jobs first, optionally of one kind or status.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    kind: Option<&str>,
    status: Option<JobStatus>,
    limit: i64,
) -> Result<Vec<JobRow>> {
    let mut query = jobs::table
        .select(JobRow::as_select())
        .order((jobs::created_at.desc(), jobs::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(kind) = kind {
        query = query.filter(jobs::kind.eq(kind));
    }
    if let Some(status) = status {
        query = query.filter(jobs::status.eq(status));
    }
    Ok(query.load(conn).await?)
}

/// One job.
///
/// # Errors
/// `NOT_FOUND` when the job never existed or is done. When the database does not answer.
pub async fn show(conn: &mut AsyncPgConnection, id: JobId) -> Result<JobRow> {
    jobs::table.find(id).select(JobRow::as_select()).first(conn).await.optional()?.or_not_found("id")
}

/// Runs a dead letter again, at once and with all its attempts.
///
/// # Errors
/// `NOT_FOUND` when there is no such job, `CONFLICT` when it is no dead letter, `TAKEN` when a pending job has the
/// same key and will do the work. When the database does not answer.
pub async fn retry(store: &Store, by: impl Into<By>, id: JobId) -> Result<()> {
    let mut tx = store.begin(by).await?;
    let now = tx.now;
    let revived = diesel::update(jobs::table.find(id).filter(jobs::status.eq(JobStatus::Dead)))
        .set((
            jobs::status.eq(JobStatus::Ready),
            jobs::attempts.eq(0),
            jobs::crashes.eq(0),
            jobs::run_at.eq(now),
            jobs::finished_at.eq(None::<DateTime<Utc>>),
        ))
        .returning(jobs::firm_id)
        .get_result(tx.conn())
        .await
        .optional();
    let firm_id = match revived {
        Ok(Some(firm_id)) => firm_id,
        Ok(None) => {
            show(tx.conn(), id).await?;
            return Err(Refusal::of("id", Code::Conflict).into());
        }
        Err(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            return Err(Refusal::of("key", Code::Taken).into());
        }
        Err(error) => return Err(error.into()),
    };
    tx.audit(firm_id, "jobRetry", JobId::NOUN, Some(id.uuid()));
    tx.commit(()).await?;
    store.hints.jobs();
    Ok(())
}

/// Makes a waiting job due now, whatever it waits for: its time, or the backoff after a failed attempt.
///
/// # Errors
/// The reason why it does not run sooner. When the database does not answer.
pub async fn run_now(store: &Store, by: impl Into<By>, id: JobId) -> Result<Result<(), NotSooner>> {
    let mut tx = store.begin(by).await?;
    let now = tx.now;
    let Some(job) = jobs::table
        .find(id)
        .select((jobs::status, jobs::run_at, jobs::kind, jobs::firm_id))
        .for_update()
        .first::<(JobStatus, DateTime<Utc>, String, Option<FirmId>)>(tx.conn())
        .await
        .optional()?
    else {
        return Ok(Err(NotSooner::Unknown));
    };
    let (status, run_at, kind, firm_id) = job;
    let paused = queue::pauses(tx.conn(), now).await?.into_iter().find(|pause| pause.kind == kind);
    match (status, paused) {
        (JobStatus::Running, _) => return Ok(Err(NotSooner::Running)),
        (JobStatus::Dead, _) => return Ok(Err(NotSooner::Dead)),
        (JobStatus::Held, _) => return Ok(Err(NotSooner::Held)),
        (JobStatus::Ready, Some(pause)) => return Ok(Err(NotSooner::Paused(pause))),
        (JobStatus::Ready, None) if run_at <= now => return Ok(Err(NotSooner::Due)),
        (JobStatus::Ready, None) => {}
    }
    diesel::update(jobs::table.find(id)).set(jobs::run_at.eq(now)).execute(tx.conn()).await?;
    tx.audit(firm_id, "jobRunNow", JobId::NOUN, Some(id.uuid()));
    tx.commit(()).await?;
    store.hints.jobs();
    Ok(Ok(()))
}

/// Why a job does not run sooner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSooner {
    /// It never existed, or it is done.
    Unknown,
    /// It is running.
    Running,
    /// It is a dead letter: it must be retried.
    Dead,
    /// It is held back since a restore: it must be released.
    Held,
    /// It is due already, and waits for a free worker.
    Due,
    /// Its kind is paused.
    Paused(Pause),
}

/// The result of retrying many jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetriedAll {
    /// Jobs that run again.
    pub revived: usize,
    /// Jobs left as they are: a pending job has the same key, or somebody else retried them first.
    pub left: usize,
}

/// Runs all dead letters again, optionally of one kind, the oldest first.
///
/// # Errors
/// When the database does not answer; the jobs handled before stay revived.
pub async fn retry_all(store: &Store, by: impl Into<By>, kind: Option<&str>) -> Result<RetriedAll> {
    let mut dead =
        jobs::table.filter(jobs::status.eq(JobStatus::Dead)).select(jobs::id).order(jobs::id).into_boxed();
    if let Some(kind) = kind {
        dead = dead.filter(jobs::kind.eq(kind));
    }
    let ids: Vec<JobId> = dead.load(&mut store.conn().await?).await?;
    let by = by.into();
    let mut result = RetriedAll::default();
    for id in ids {
        match retry(store, by.clone(), id).await {
            Ok(()) => result.revived += 1,
            Err(Error::Refused(_)) => result.left += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(result)
}
