//! The feed readers of one process, and what wakes them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use guichet_base::error::{Fault, Result};
use guichet_base::id::FirmId;
use guichet_engine::feed::queries;
use guichet_engine::store::Store;
use tokio_util::sync::CancellationToken;

use super::reader::Reader;

/// How often all firms are checked, with or without a hint.
const SWEEP: Duration = Duration::from_secs(1);

/// The feeds of the firms that this process follows. Clones share the same state.
#[derive(Debug, Clone)]
pub struct Live {
    pub(super) store: Store,
    readers: Arc<Mutex<HashMap<FirmId, Weak<Reader>>>>,
}

impl Live {
    /// Starts without readers.
    pub fn new(store: Store) -> Self {
        Self { store, readers: Arc::default() }
    }

    /// The reader of a firm's feed, which has read up to an end of the feed at some moment during this call.
    ///
    /// # Errors
    /// When the database does not answer: retry.
    pub(super) async fn reader(&self, firm: FirmId) -> Result<Arc<Reader>> {
        let reader = match self.known(firm) {
            Some(reader) => reader,
            None => self.new_reader(firm).await?,
        };
        reader.advance(&self.store).await?;
        Ok(reader)
    }

    async fn new_reader(&self, firm: FirmId) -> Result<Arc<Reader>> {
        let head = queries::heads(&mut *self.store.conn().await?, &[firm]).await?.into_iter().next();
        let head = head.ok_or_else(|| Fault::Broken(format!("{firm} has no feed")))?;
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|_, reader| reader.strong_count() > 0);
        // Another caller may have been first: there is one reader per firm.
        Ok(readers.get(&firm).and_then(Weak::upgrade).unwrap_or_else(|| {
            let reader = Arc::new(Reader::new(head));
            readers.insert(firm, Arc::downgrade(&reader));
            reader
        }))
    }

    fn known(&self, firm: FirmId) -> Option<Arc<Reader>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).get(&firm)?.upgrade()
    }

    fn all(&self) -> Vec<Arc<Reader>> {
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.values().filter_map(Weak::upgrade).collect()
    }

    /// Reads new events until `stop`: after hints, and in a periodic sweep that finds what lost hints announced.
    pub async fn run(self, stop: CancellationToken) {
        let mut hints = self.store.hints.feeds();
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let told = tokio::select! {
                () = stop.cancelled() => return,
                moved = hints.moved() => moved,
                _ = sweep.tick() => None,
            };
            let read = match told {
                Some(firms) => self.read(firms).await,
                None => self.sweep().await,
            };
            if let Err(error) = read {
                tracing::warn!(%error, "the feed cannot be read; the next sweep tries again");
                // Hints arrive with every commit; retrying before the next sweep would be too often.
                if stop.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_none() {
                    return;
                }
                sweep.reset_immediately();
            }
        }
    }

    async fn read(&self, firms: BTreeSet<FirmId>) -> Result<()> {
        for reader in firms.into_iter().filter_map(|firm| self.known(firm)) {
            reader.advance(&self.store).await?;
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<()> {
        let readers = self.all();
        if readers.is_empty() {
            return Ok(());
        }
        let firms: Vec<FirmId> = readers.iter().map(|reader| reader.firm()).collect();
        let heads = queries::heads(&mut *self.store.conn().await?, &firms).await?;
        for reader in readers {
            let head = heads.iter().find(|head| head.firm_id == reader.firm());
            if head.is_some_and(|head| *head != reader.head()) {
                reader.advance(&self.store).await?;
            }
        }
        Ok(())
    }
}
