//! The reconciler that clears away what has no owner when its time is over: the object first, then the row, so that
//! no row is without its object and no object stays without a row. Wants no input, and does nothing the second time.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use futures_util::stream::TryChunksError;
use guichet_base::error::Error;
use guichet_base::id::{FileId, FirmId};
use guichet_engine::store::Store;
use guichet_schema::shared::file::expiry::{CHUNK, Place, expired, forget, in_need, place, refuse_unused};
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::model::{File, FileState};
use guichet_schema::shared::file::rules::UPLOAD_ADDRESS;
use guichet_storage::{Storage, StorageError};
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(600);
/// How old a staged object must be that no row needs: an address at which it could come again is no longer valid,
/// whatever the clocks of others say.
const ORPHANED_AFTER: TimeDelta =
    UPLOAD_ADDRESS.checked_add(&TimeDelta::minutes(5)).expect("minutes are few");
/// How old a piece must be before it is nobody's: longer than any writer takes.
const LEFT_AFTER: TimeDelta = TimeDelta::days(1);

/// Why something was not cleared away.
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

/// What a turn left behind; the next one tries it again.
#[derive(Debug, thiserror::Error)]
#[error("{failures} failed, at first: {first}")]
pub struct Unswept {
    /// How many files, objects or lists of them failed.
    pub failures: usize,
    /// Why the first did.
    pub first: SweepError,
    /// What was cleared away all the same.
    pub swept: Swept,
}

/// What a turn cleared away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Files that were kept for as long as what has no owner is kept.
    pub expired: usize,
    /// Those of them that were stored and refused first.
    pub unused: usize,
    /// Objects that no row wants.
    pub orphans: usize,
    /// Pieces that killed writers left in the folder.
    pub leftovers: usize,
}

/// Sweeps until `stop`. Whatever fails is tried again at the next turn.
pub async fn run(store: Store, storage: Storage, stop: CancellationToken) {
    loop {
        match stop.run_until_cancelled(sweep(&store, &storage)).await {
            None => return,
            Some(Ok(swept)) => tell(swept),
            Some(Err(error)) => {
                tell(error.swept);
                tracing::warn!(%error, "sweeping files failed; it is tried again");
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

fn tell(swept: Swept) {
    let Swept { expired, unused, orphans, leftovers } = swept;
    if swept != Swept::default() {
        tracing::info!(expired, unused, orphans, leftovers, "swept files");
    }
}

/// One turn. What fails stops nothing that is behind it.
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

/// A turn under way.
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
            // Not from the head again: what fails stays there.
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

    async fn expired(&self, now: DateTime<Utc>, behind: Option<Place>) -> Result<Vec<File>, Error> {
        expired(&mut *self.store.conn().await?, now, behind).await
    }

    async fn clear(&mut self, file: &File) -> Result<(), SweepError> {
        match file.state {
            // Nobody opens what is about to go.
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
                // What was listed before the list broke off.
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
