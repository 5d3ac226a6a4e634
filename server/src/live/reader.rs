//! The reader of one firm's feed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guichet_base::error::Result;
use guichet_base::id::FirmId;
use guichet_engine::db::Connection;
use guichet_engine::feed::queries::{self, Head};
use guichet_engine::store::Store;
use tokio::sync::watch;
use uuid::Uuid;

use super::batch::EventBatch;

/// Most events read at once.
const AT_ONCE: i64 = 500;
/// Most recent batches kept, for followers that are a little behind.
const KEPT: usize = 256;
/// Batches kept for followers that are further behind: when a server is lost, many clients resume from the same
/// few positions.
const OLDER_KEPT: usize = 64;
/// Of so many latest batches, recent or older, the loaded data are kept.
const LOADED: usize = 8;

/// The reader of one firm's feed, which lives as long as it has followers.
#[derive(Debug)]
pub(super) struct Reader {
    firm: FirmId,
    head: watch::Sender<Head>,
    recent: Mutex<VecDeque<Arc<EventBatch>>>,
    /// Batches for followers that are further behind. One task at a time reads more.
    older: tokio::sync::Mutex<VecDeque<Arc<EventBatch>>>,
    /// Held by the one task that reads on.
    turn: tokio::sync::Mutex<()>,
    /// The number of reads that have begun.
    begun: AtomicU64,
    /// The latest of them that reached the end of the feed.
    done: AtomicU64,
}

impl Reader {
    /// A reader that begins at the current end of the feed.
    pub fn new(head: Head) -> Self {
        Self {
            firm: head.firm_id,
            head: watch::Sender::new(head),
            recent: Mutex::default(),
            older: tokio::sync::Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            begun: AtomicU64::default(),
            done: AtomicU64::default(),
        }
    }

    /// The firm.
    pub fn firm(&self) -> FirmId {
        self.firm
    }

    /// The position up to which it has read.
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// Notifies when it has read on.
    pub fn watch(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// Reads up to where the end of the feed is at some moment during this call. A caller that waits for another
    /// one's read needs no connection.
    ///
    /// # Errors
    /// When the database does not answer: what was read is kept, and the next call continues there.
    pub async fn advance(&self, store: &Store) -> Result<()> {
        let asked = self.begun.load(Ordering::SeqCst);
        let _turn = self.turn.lock().await;
        if self.done.load(Ordering::SeqCst) > asked {
            return Ok(());
        }
        let turn = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.read_on(&mut *store.conn().await?).await?;
        self.done.store(turn, Ordering::SeqCst);
        Ok(())
    }

    async fn read_on(&self, conn: &mut Connection) -> Result<()> {
        loop {
            let known = self.head();
            let (entries, head) = queries::since(conn, self.firm, known.revision, AT_ONCE).await?;
            // Firms are never deleted.
            let Some(head) = head else { return Ok(()) };
            if head.epoch != known.epoch || head.pruned_to > known.revision {
                // Another epoch of the feed, or a gap: followers will find that they must reload.
                self.recent().clear();
                self.head.send_replace(head);
                return Ok(());
            }
            let Some(last) = entries.last().map(|entry| entry.revision) else {
                // Pruning alone wakes nobody.
                self.head.send_if_modified(|at| {
                    at.pruned_to = head.pruned_to;
                    false
                });
                return Ok(());
            };
            let is_more = entries.len() as i64 == AT_ONCE;
            let batch = Arc::new(EventBatch::new(head.epoch, known.revision, last, entries));
            {
                let mut recent = self.recent();
                recent.push_back(batch);
                if recent.len() > KEPT {
                    recent.pop_front();
                }
                // Most followers have received these; loaded data take memory.
                if let Some(old) = recent.len().checked_sub(LOADED + 1) {
                    recent[old].grow_old();
                }
            }
            self.head.send_replace(Head { revision: last, ..head });
            if !is_more {
                return Ok(());
            }
        }
    }

    /// The batch with the event after this revision, while it is kept.
    pub fn after(&self, revision: i64) -> Option<Arc<EventBatch>> {
        let recent = self.recent();
        let at = recent.partition_point(|batch| batch.revision <= revision);
        recent.get(at).filter(|batch| batch.behind <= revision).cloned()
    }

    /// The events after this revision, from the cache or the database; none when some are missing in this epoch of
    /// the feed.
    ///
    /// # Errors
    /// When the database does not answer: retry.
    pub async fn read_after(
        &self,
        store: &Store,
        epoch: Uuid,
        revision: i64,
    ) -> Result<Option<Arc<EventBatch>>> {
        let mut older = self.older.lock().await;
        let holds = |batch: &&Arc<EventBatch>| {
            batch.epoch == epoch && (batch.behind..batch.revision).contains(&revision)
        };
        if let Some(batch) = older.iter().find(holds) {
            return Ok(Some(Arc::clone(batch)));
        }
        // Reads begin at multiples, so that followers at different positions share them.
        let behind = revision - revision % AT_ONCE;
        let (entries, head) = queries::since(&mut *store.conn().await?, self.firm, behind, AT_ONCE).await?;
        let Some(head) = head.filter(|head| head.epoch == epoch && head.pruned_to <= revision) else {
            return Ok(None);
        };
        let Some(last) = entries.last().map(|entry| entry.revision).filter(|last| *last > revision) else {
            return Ok(None);
        };
        let batch = Arc::new(EventBatch::new(epoch, behind.max(head.pruned_to), last, entries));
        older.truncate(OLDER_KEPT - 1);
        older.push_front(Arc::clone(&batch));
        if let Some(old) = older.get(LOADED) {
            old.grow_old();
        }
        Ok(Some(batch))
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Arc<EventBatch>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
