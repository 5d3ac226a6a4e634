//! The reader of one firm's feed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guichet_schema::db::Connection;
use guichet_schema::error::Result;
use guichet_schema::feed::queries::{self, Head};
use guichet_schema::id::FirmId;
use tokio::sync::watch;

use super::batch::Batch;

/// How many events are read at once.
const AT_ONCE: i64 = 500;
/// How many batches are kept for those who are a little behind.
const KEPT: usize = 256;

/// The reader of one firm's feed, as long as somebody looks on.
#[derive(Debug)]
pub(super) struct Reader {
    firm: FirmId,
    head: watch::Sender<Head>,
    recent: Mutex<VecDeque<Arc<Batch>>>,
    /// One at a time reads on.
    turn: tokio::sync::Mutex<()>,
}

impl Reader {
    /// A reader that begins at the present end of the feed.
    pub fn new(head: Head) -> Self {
        let (recent, turn) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { firm: head.firm_id, head: watch::Sender::new(head), recent, turn }
    }

    /// The firm.
    pub fn firm(&self) -> FirmId {
        self.firm
    }

    /// How far it has read.
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// Tells when it has read on.
    pub fn watch(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// Reads on to the end of the feed.
    ///
    /// # Errors
    /// When the database does not answer: what was read stays, the next call goes on from there.
    pub async fn advance(&self, conn: &mut Connection) -> Result<()> {
        let _turn = self.turn.lock().await;
        loop {
            let known = self.head();
            let (entries, head) = queries::since(conn, self.firm, known.revision, AT_ONCE).await?;
            // Firms are not deleted.
            let Some(head) = head else { return Ok(()) };
            if head.epoch != known.epoch || head.pruned_to > known.revision {
                // Another life of the feed, or a gap: whoever follows finds that it must reload.
                self.recent().clear();
                self.head.send_replace(head);
                return Ok(());
            }
            let Some(last) = entries.last().map(|entry| entry.revision) else {
                // What was pruned meanwhile is told without waking anybody.
                self.head.send_if_modified(|at| {
                    at.pruned_to = head.pruned_to;
                    false
                });
                return Ok(());
            };
            let is_more = entries.len() as i64 == AT_ONCE;
            let batch = Arc::new(Batch::new(known.revision, last, entries));
            {
                let mut recent = self.recent();
                recent.push_back(batch);
                if recent.len() > KEPT {
                    recent.pop_front();
                }
            }
            self.head.send_replace(Head { revision: last, ..head });
            if !is_more {
                return Ok(());
            }
        }
    }

    /// The batch that holds the event after this revision, while it is kept.
    pub fn after(&self, revision: i64) -> Option<Arc<Batch>> {
        let recent = self.recent();
        let at = recent.partition_point(|batch| batch.revision <= revision);
        recent.get(at).filter(|batch| batch.behind <= revision).cloned()
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Arc<Batch>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
