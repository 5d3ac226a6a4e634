//! The reconciler that clears away what was never completed: the object first, then the row, so that no row is
//! without its object and no object stays without a row. Wants no input, and does nothing the second time.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use guichet_schema::error::Error;
use guichet_schema::file::key::Key;
use guichet_schema::file::sweep::{CHUNK, expired, forget, in_need};
use guichet_schema::id::FileId;
use guichet_schema::store::Store;
use guichet_storage::{Storage, StorageError};
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(3600);
/// How old a staged object must be before it can be nobody's: longer than any upload or verification takes that
/// has begun.
const ORPHANED_AFTER: TimeDelta = TimeDelta::days(1);

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
    /// Uploads that nobody completed.
    pub expired: usize,
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
            Some(Ok(Swept { expired, orphans, leftovers })) => {
                tracing::info!(expired, orphans, leftovers, "swept files");
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
        for file in &files {
            storage.remove(&file.staged()).await?;
            forget(store, file).await?;
        }
        swept.expired += files.len();
        if files.len() < CHUNK {
            break;
        }
    }
    let mut old = storage.staged_before(now - ORPHANED_AFTER).try_chunks(CHUNK);
    while let Some(keys) = old.try_next().await.map_err(|error| error.1)? {
        swept.orphans += remove_orphans(store, storage, &keys).await?;
    }
    swept.leftovers = storage.remove_leftovers(now - ORPHANED_AFTER).await?;
    Ok(swept)
}

async fn remove_orphans(store: &Store, storage: &Storage, keys: &[Key]) -> Result<usize, SweepError> {
    let of = |key: &Key| match key {
        Key::Staged { file_id, .. } => Some(*file_id),
        Key::Stored { .. } | Key::Quarantined { .. } => None,
    };
    let ids: Vec<FileId> = keys.iter().filter_map(of).collect();
    let wanted = in_need(&mut *store.conn().await.map_err(Error::from)?, &ids).await?;
    let orphans = keys.iter().filter(|key| of(key).is_some_and(|id| !wanted.contains(&id)));
    let mut removed = 0;
    for key in orphans {
        storage.remove(key).await?;
        removed += 1;
    }
    Ok(removed)
}
