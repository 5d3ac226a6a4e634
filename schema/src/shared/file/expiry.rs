//! What has no owner goes when its time is over; for the worker that clears it away. Bytes go before the row that
//! knows of them, and a row says that they go before they do.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use guichet_base::error::Result;
use guichet_base::id::{FileId, Id};
use guichet_engine::condition::Condition;
use guichet_engine::feed::Event;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::files;

use super::model::{File, FileRefusal, FileState};
use super::owner::Owner;
use super::rules::GRACE;

/// How many files are cleared away at once.
pub const CHUNK: usize = 100;

/// The place of a file among those whose time is over: whoever walks goes on behind it.
pub type Place = (DateTime<Utc>, FileId);

/// Files whose time is over, the longest first; at most a [`CHUNK`], those behind `behind`. Those that are awaited
/// only when no act can complete them any more, see [`GRACE`].
///
/// # Errors
/// When the database does not answer: retry.
pub async fn expired(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    behind: Option<Place>,
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

/// Where a file stands among those whose time is over; none for one that is kept.
pub fn place(file: &File) -> Option<Place> {
    file.expires_at.map(|at| (at, file.id))
}

/// The file, as long as it is what it was when it was found to be expired. Said once more by the database
/// after a wait for the row's lock, so whoever completed or attached it meanwhile keeps it.
fn unchanged(file: &File) -> Condition<files::table> {
    let expires_at = files::expires_at.is_not_distinct_from(file.expires_at);
    Condition::new(files::id.eq(file.id).and(files::state.eq(file.state)).and(expires_at))
}

/// Refuses a stored file that nobody attached in time; answers what it is then, none when it is kept after all.
/// Its bytes are still there; it stays expired, so that they go next.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn refuse_unused(store: &Store, file: &File) -> Result<Option<File>> {
    let mut tx = store.begin(By::house()).await?;
    let refusal = FileRefusal::Unused;
    let update = diesel::update(files::table.filter(unchanged(file)))
        .set((files::state.eq(refusal.state()), files::refusal.eq(refusal)));
    if update.execute(tx.conn()).await? == 0 {
        return Ok(None);
    }
    tx.audit(Some(file.firm_id), "fileRefuse", FileId::NOUN, Some(file.id.uuid()));
    tx.event(file.firm_id, file.event(false));
    tx.commit(()).await?;
    let mut refused = file.clone();
    (refused.state, refused.refusal) = (refusal.state(), Some(refusal));
    Ok(Some(refused))
}

/// Forgets a file whose bytes are gone. What was completed at the last moment stays: its verification finds
/// that there is nothing, and its uploader is told. What was stored once stays as a refusal without an
/// end: who opened it is known for ever (B-09).
///
/// # Errors
/// When the database does not answer: retry.
pub async fn forget(store: &Store, file: &File) -> Result<()> {
    let mut tx = store.begin(By::house()).await?;
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
    if file.refusal == Some(FileRefusal::Unused) {
        diesel::update(row).set(files::expires_at.eq(None::<DateTime<Utc>>)).execute(tx.conn()).await?;
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

/// Keeps files that have an owner from now on. Whatever becomes one calls it, under the lock of their rows.
pub(crate) async fn keep(tx: &mut Tx, owned: &[File]) -> Result<()> {
    let ids: Vec<FileId> = owned.iter().map(|file| file.id).collect();
    let none: Option<DateTime<Utc>> = None;
    diesel::update(files::table.filter(files::id.eq_any(ids)))
        .set(files::expires_at.eq(none))
        .execute(tx.conn())
        .await?;
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
