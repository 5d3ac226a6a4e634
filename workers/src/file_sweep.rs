//! The reconciler that clears away what has no owner when its time is over: the object first, then the row, so that
//! no row is without its object and no object stays without a row. Wants no input, and does nothing the second time.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use guichet_schema::error::Error;
use guichet_schema::file::expiry::{CHUNK, expired, forget, in_need, refuse_unused};
use guichet_schema::file::key::Key;
use guichet_schema::file::model::FileState;
use guichet_schema::file::rules::UPLOAD_ADDRESS;
use guichet_schema::id::{FileId, FirmId};
use guichet_schema::store::Store;
use guichet_storage::{Storage, StorageError};
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(600);
/// How old a staged object must be that no row needs: an address at which it could come again is no longer valid,
/// whatever the clocks of others say.
const ORPHANED_AFTER: TimeDelta =
    UPLOAD_ADDRESS.checked_add(&TimeDelta::minutes(5)).expect("minutes are few");
/// How old a piece must be before it is nobody's: longer than any writer takes.
const LEFT_AFTER: TimeDelta = TimeDelta::days(1);

/// Why a turn ended early; the next one goes on.
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
            Some(Ok(swept)) if swept == Swept::default() => {}
            Some(Ok(Swept { expired, unused, orphans, leftovers })) => {
                tracing::info!(expired, unused, orphans, leftovers, "swept files");
            }
            Some(Err(error)) => tracing::warn!(%error, "sweeping files failed; it is tried again"),
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

/// One turn.
///
/// # Errors
/// When database or store do not answer.
pub async fn sweep(store: &Store, storage: &Storage) -> Result<Swept, SweepError> {
    let now = store.now();
    let mut swept = Swept::default();
    loop {
        let files = expired(&mut *store.conn().await.map_err(Error::from)?, now).await?;
        if files.is_empty() {
            break;
        }
        for file in &files {
            match file.state {
                // It comes again, refused: nobody opens what is about to go.
                FileState::Stored => {
                    refuse_unused(store, file).await?;
                    swept.unused += 1;
                }
                FileState::Pending | FileState::Staged | FileState::Rejected | FileState::Quarantined => {
                    for key in file.keys() {
                        storage.remove(&key).await?;
                    }
                    forget(store, file).await?;
                    swept.expired += 1;
                }
            }
        }
    }
    let mut old = storage.staged_before(now - ORPHANED_AFTER).try_chunks(CHUNK);
    while let Some(staged) = old.try_next().await.map_err(|error| error.1)? {
        swept.orphans += remove_orphans(store, storage, &staged).await?;
    }
    swept.leftovers = storage.remove_leftovers(now - LEFT_AFTER).await?;
    Ok(swept)
}

async fn remove_orphans(
    store: &Store,
    storage: &Storage,
    staged: &[(FirmId, FileId)],
) -> Result<usize, SweepError> {
    let ids: Vec<FileId> = staged.iter().map(|(_, id)| *id).collect();
    let wanted = in_need(&mut *store.conn().await.map_err(Error::from)?, &ids).await?;
    let mut removed = 0;
    for &(firm_id, file_id) in staged.iter().filter(|(_, id)| !wanted.contains(id)) {
        storage.remove(&Key::Staged { firm_id, file_id }).await?;
        removed += 1;
    }
    Ok(removed)
}
