//! The reconciler that removes expired files without an owner: first the object, then the row, so that no row
//! lacks its object and no object outlives its row. It needs no input and is idempotent.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use futures_util::stream::TryChunksError;
use guichet_base::error::Error;
use guichet_base::id::{FileId, FirmId};
use guichet_engine::store::Store;
use guichet_schema::shared::file::expiry::{
    CHUNK, ExpiryCursor, expired, forget, in_need, place, refuse_unused,
};
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::model::{File, FileState};
use guichet_schema::shared::file::rules::UPLOAD_ADDRESS;
use guichet_storage::{Storage, StorageError};

/// How old a staged object without a row must be before it is removed. By then no address to upload it again is
/// valid, even if clocks differ.
const ORPHANED_AFTER: TimeDelta =
    UPLOAD_ADDRESS.checked_add(&TimeDelta::minutes(5)).expect("minutes are few");
/// How old a leftover of a writer must be before it is removed: longer than any writer takes.
const LEFT_AFTER: TimeDelta = TimeDelta::days(1);

/// Why something was not removed.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database did not answer.
    #[error(transparent)]
    Business(#[from] Error),
    /// The store did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The folder could not be read.
    #[error(transparent)]
    Folder(#[from] std::io::Error),
}

/// The failures of a turn; the next turn tries again.
#[derive(Debug, thiserror::Error)]
#[error("{failures} failed, at first: {first}")]
pub struct Unswept {
    /// The number of files, objects or listings that failed.
    pub failures: usize,
    /// The first failure.
    pub first: SweepError,
    /// What was removed nevertheless.
    pub swept: Swept,
}

/// What a turn removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Expired files without an owner.
    pub expired: usize,
    /// Of these, the stored ones, which are refused first.
    pub unused: usize,
    /// Objects without a row.
    pub orphans: usize,
    /// Leftovers of killed writers in the folder.
    pub leftovers: usize,
}

/// One turn, as [`reconcilers`](crate::reconcilers) runs it. Returns how many things were removed.
pub(crate) async fn turn(store: Store, storage: Storage) -> Result<usize, Unswept> {
    let ended = sweep(&store, &storage).await;
    tell(ended.as_ref().map_or_else(|error| error.swept, |swept| *swept));
    ended.map(|Swept { expired, orphans, leftovers, .. }| expired + orphans + leftovers)
}

fn tell(swept: Swept) {
    let Swept { expired, unused, orphans, leftovers } = swept;
    if swept != Swept::default() {
        tracing::debug!(expired, unused, orphans, leftovers, "swept files");
    }
}

/// One turn. A failure does not stop what comes after it.
///
/// # Errors
/// When database or store did not answer, or refused to remove something.
pub async fn sweep(store: &Store, storage: &Storage) -> Result<Swept, Unswept> {
    let now = store.now();
    let mut turn = Turn { store, storage, swept: Swept::default(), failures: 0, first: None };
    turn.clear_expired(now).await;
    turn.clear_orphans(now - ORPHANED_AFTER).await;
    turn.clear_leftovers(now - LEFT_AFTER).await;
    let Turn { swept, failures, first, .. } = turn;
    match first {
        None => Ok(swept),
        Some(first) => Err(Unswept { failures, first, swept }),
    }
}

/// A turn in progress.
struct Turn<'a> {
    store: &'a Store,
    storage: &'a Storage,
    swept: Swept,
    failures: usize,
    first: Option<SweepError>,
}

impl Turn<'_> {
    fn failed(&mut self, error: impl Into<SweepError>) {
        self.failures += 1;
        self.first.get_or_insert(error.into());
    }

    async fn clear_expired(&mut self, now: DateTime<Utc>) {
        let mut behind = None;
        loop {
            let files = match self.expired(now, behind).await {
                Ok(files) => files,
                Err(error) => return self.failed(error),
            };
            let Some(last) = files.last() else { return };
            // Continue after the failed ones instead of from the start, where they still are.
            behind = place(last);
            for file in &files {
                if let Err(error) = self.clear(file).await {
                    let (file_id, firm_id) = (file.id, file.firm_id);
                    tracing::warn!(%file_id, %firm_id, %error, "a file was not cleared away");
                    self.failed(error);
                }
            }
        }
    }

    async fn expired(&self, now: DateTime<Utc>, behind: Option<ExpiryCursor>) -> Result<Vec<File>, Error> {
        expired(&mut *self.store.conn().await?, now, behind).await
    }

    async fn clear(&mut self, file: &File) -> Result<(), SweepError> {
        match file.state {
            // Refused first, so that nobody opens a file that is about to be removed.
            FileState::Stored => match refuse_unused(self.store, file).await? {
                Some(refused) => {
                    self.swept.unused += 1;
                    self.remove(&refused).await
                }
                None => Ok(()),
            },
            FileState::Pending | FileState::Staged | FileState::Rejected | FileState::Quarantined => {
                self.remove(file).await
            }
        }
    }

    async fn remove(&mut self, file: &File) -> Result<(), SweepError> {
        for key in file.keys() {
            self.storage.remove(&key).await?;
        }
        forget(self.store, file).await?;
        self.swept.expired += 1;
        Ok(())
    }

    async fn clear_orphans(&mut self, before: DateTime<Utc>) {
        let mut old = self.storage.staged_before(before).try_chunks(CHUNK);
        loop {
            match old.try_next().await {
                Ok(Some(staged)) => self.remove_orphans(&staged).await,
                Ok(None) => return,
                // What was listed before the listing failed.
                Err(TryChunksError(staged, error)) => {
                    self.failed(error);
                    return self.remove_orphans(&staged).await;
                }
            }
        }
    }

    async fn remove_orphans(&mut self, staged: &[(FirmId, FileId)]) {
        let ids: Vec<FileId> = staged.iter().map(|(_, id)| *id).collect();
        let wanted = match self.in_need(&ids).await {
            Ok(wanted) => wanted,
            Err(error) => return self.failed(error),
        };
        for &(firm_id, file_id) in staged.iter().filter(|(_, id)| !wanted.contains(id)) {
            match self.storage.remove(&Key::Staged { firm_id, file_id }).await {
                Ok(()) => self.swept.orphans += 1,
                Err(error) => {
                    tracing::warn!(%file_id, %firm_id, %error, "an orphan was not removed");
                    self.failed(error);
                }
            }
        }
    }

    async fn in_need(&self, ids: &[FileId]) -> Result<Vec<FileId>, Error> {
        in_need(&mut *self.store.conn().await?, ids).await
    }

    async fn clear_leftovers(&mut self, before: DateTime<Utc>) {
        match self.storage.remove_leftovers(before).await {
            Ok(removed) => self.swept.leftovers = removed,
            Err(error) => self.failed(error),
        }
    }
}
