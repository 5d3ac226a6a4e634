//! What was never completed, for the worker that clears it away: the object first, then the row.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::id::{FileId, Id};
use crate::store::{By, Store};
use crate::tables::files;

use super::model::{File, FileState};

/// How many files are cleared away at once.
pub const CHUNK: usize = 100;

/// Files whose bytes are awaited no more, the oldest first; at most a [`CHUNK`].
///
/// # Errors
/// When the database does not answer: retry.
pub async fn expired(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<File>> {
    Ok(files::table
        .filter(files::state.eq(FileState::Pending))
        .filter(files::expires_at.le(now))
        .order(files::expires_at)
        .limit(CHUNK as i64)
        .select(File::as_select())
        .load(conn)
        .await?)
}

/// Forgets a file whose object is gone. What was completed at the last moment stays: its verification finds
/// that there is nothing, and its uploader is told.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn forget(store: &Store, file: &File) -> Result<()> {
    let mut tx = store.begin(By::house()).await?;
    let pending = files::table.filter(files::id.eq(file.id)).filter(files::state.eq(FileState::Pending));
    if diesel::delete(pending).execute(tx.conn()).await? == 0 {
        return Ok(());
    }
    tx.audit(Some(file.firm_id), "fileForget", FileId::NOUN, Some(file.id.uuid()));
    tx.event(file.firm_id, crate::feed::Event { after: None, ..file.event(false) });
    tx.commit(()).await?;
    Ok(())
}

/// Which of these files still need what is staged for them.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn in_need(conn: &mut AsyncPgConnection, ids: &[FileId]) -> Result<Vec<FileId>> {
    Ok(files::table
        .filter(files::id.eq_any(ids))
        .filter(files::state.eq_any([FileState::Pending, FileState::Staged]))
        .select(files::id)
        .load(conn)
        .await?)
}
