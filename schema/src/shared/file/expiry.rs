//! Files without an owner expire. The worker removes the object before its row, and a row is marked before its
//! object is removed.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use guichet_base::error::Result;
use guichet_base::id::{FileId, Id};
use guichet_engine::condition::Condition;
use guichet_engine::feed::Event;
use guichet_engine::sql;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::files;

use super::model::{File, FileRefusal, FileState};
use super::owner::Owner;
use super::rules::GRACE;

/// Files removed per batch.
pub const CHUNK: usize = 100;

/// The position of an expired file in the order of removal, from which the sweep continues.
pub type ExpiryCursor = (DateTime<Utc>, FileId);

/// Expired files, longest expired first; at most a [`CHUNK`], those after `behind`. A pending file is included
/// only when no command can complete it any more, see [`GRACE`].
///
/// # Errors
/// When the database does not answer: retry.
pub async fn expired(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    behind: Option<ExpiryCursor>,
) -> Result<Vec<File>> {
    let (at, id) = behind.unwrap_or((DateTime::UNIX_EPOCH, FileId::from_uuid(Uuid::nil())));
    let expires_at = files::expires_at.assume_not_null();
    Ok(files::table
        .filter(files::expires_at.le(now))
        .filter(files::state.ne(FileState::Pending).or(expires_at.le(now - GRACE)))
        .filter(expires_at.ge(at))
        .filter(expires_at.gt(at).or(files::id.gt(id)))
        .order((files::expires_at, files::id))
        .limit(CHUNK as i64)
        .select(File::as_select())
        .load(conn)
        .await?)
}

/// The position of a file among the expired ones; none for a file that is kept.
pub fn place(file: &File) -> Option<ExpiryCursor> {
    file.expires_at.map(|at| (at, file.id))
}

/// The file, if it is unchanged since it was found to be expired. The database checks this again after waiting for
/// the row lock, so a file that was completed or attached meanwhile is kept.
fn unchanged(file: &File) -> Condition<files::table> {
    let expires_at = files::expires_at.is_not_distinct_from(file.expires_at);
    Condition::new(files::id.eq(file.id).and(files::state.eq(file.state)).and(expires_at))
}

/// Refuses a stored file that was not attached in time; returns its new state, or none when it is kept after all.
/// Its bytes still exist; it stays expired, so they are removed next.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn refuse_unused(store: &Store, file: &File) -> Result<Option<File>> {
    let mut tx = store.begin(By::system()).await?;
    let refusal = FileRefusal::Unused;
    let update = diesel::update(files::table.filter(unchanged(file)))
        .set((files::state.eq(refusal.state()), files::refusal.eq(refusal)));
    if sql::keep(1, update).execute(tx.conn()).await? == 0 {
        return Ok(None);
    }
    tx.audit(Some(file.firm_id), "fileRefuse", FileId::NOUN, Some(file.id.uuid()));
    tx.event(file.firm_id, file.event(false));
    tx.commit(()).await?;
    let mut refused = file.clone();
    (refused.state, refused.refusal) = (refusal.state(), Some(refusal));
    Ok(Some(refused))
}

/// Deletes the row of a file whose bytes are gone. A file that was completed at the last moment is kept: its
/// verification finds no bytes, and its uploader is notified. A file that was once stored is kept as refused
/// without an expiry, because its access log is kept forever (B-09).
///
/// # Errors
/// When the database does not answer: retry.
pub async fn forget(store: &Store, file: &File) -> Result<()> {
    let mut tx = store.begin(By::system()).await?;
    let locked: Option<FileId> = files::table
        .filter(unchanged(file))
        .select(files::id)
        .for_update()
        .get_result(tx.conn())
        .await
        .optional()?;
    if locked.is_none() {
        return Ok(());
    }
    let row = files::table.find(file.id);
    if file.refusal.is_some_and(FileRefusal::was_stored) {
        let update = diesel::update(row).set(files::expires_at.eq(None::<DateTime<Utc>>));
        sql::keep(1, update).execute(tx.conn()).await?;
    } else {
        if let Some(owner) = Owner::of(&mut tx, file.id).await? {
            owner.remove(&mut tx).await?;
            owner.tell_uploader(&mut tx, file);
        }
        diesel::delete(row).execute(tx.conn()).await?;
        tx.event(file.firm_id, Event { after: None, ..file.event(false) });
    }
    tx.audit(Some(file.firm_id), "fileForget", FileId::NOUN, Some(file.id.uuid()));
    tx.commit(()).await?;
    Ok(())
}

/// Removes the expiry of files that now have an owner. Every new owner calls it, under the lock of their rows.
pub(crate) async fn keep(tx: &mut Tx, owned: &[File]) -> Result<()> {
    let ids: Vec<FileId> = owned.iter().map(|file| file.id).collect();
    let none: Option<DateTime<Utc>> = None;
    let update =
        diesel::update(files::table.filter(sql::among(files::id, &ids))).set(files::expires_at.eq(none));
    sql::keep(1, update).execute(tx.conn()).await?;
    owned.iter().for_each(|file| tx.event(file.firm_id, file.event(false)));
    Ok(())
}

/// Which of these files still need their staged object.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn in_need(conn: &mut AsyncPgConnection, ids: &[FileId]) -> Result<Vec<FileId>> {
    Ok(files::table
        .filter(sql::among(files::id, ids))
        .filter(files::state.eq_any([FileState::Pending, FileState::Staged]))
        .select(files::id)
        .load(conn)
        .await?)
}
