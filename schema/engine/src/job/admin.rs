//! Commands on the queue for operators.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::{JobRow, JobStatus};
use crate::store::{By, Store};
use crate::tables::jobs;
use guichet_base::error::{Code, Error, OrNotFound, Refusal, Result};
use guichet_base::id::{Id, JobId};

/// The newest jobs, optionally of one kind or status.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    conn: &mut AsyncPgConnection,
    kind: Option<&str>,
    status: Option<JobStatus>,
    limit: i64,
) -> Result<Vec<JobRow>> {
    let mut query = jobs::table.select(JobRow::as_select()).order(jobs::id.desc()).limit(limit).into_boxed();
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
            jobs::finished_at.eq(None::<chrono::DateTime<chrono::Utc>>),
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
