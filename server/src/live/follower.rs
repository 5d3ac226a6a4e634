//! A follower of a firm's feed, which reads at its own pace.

use std::sync::Arc;

use guichet_base::error::Result;
use guichet_engine::actor::Membership;
use guichet_engine::feed::FeedCursor;
use guichet_engine::feed::queries::Head;
use tokio::sync::watch;

use super::batch::EventBatch;
use super::hub::Live;
use super::reader::Reader;

/// A follower that missed more events than this reloads, which is less work.
const MOST_BEHIND: i64 = 10_000;

/// The next step of a follower.
#[derive(Debug)]
pub enum Step {
    /// The events of the batch after this revision are new.
    Events {
        /// Some events.
        batch: Arc<EventBatch>,
        /// The follower has received the events up to here before.
        behind: i64,
        /// Whether later events are known already.
        more: bool,
    },
    /// The follower must reload: it then has everything up to the cursor.
    Reload,
}

/// A follower of a firm's feed.
#[derive(Debug)]
pub struct Follower {
    live: Live,
    reader: Arc<Reader>,
    watch: watch::Receiver<Head>,
    at: FeedCursor,
    /// Whether the first step must be a reload.
    anew: bool,
}

impl Follower {
    /// Follows from `after`, if it is a cursor of this membership whose events are still available; otherwise from
    /// now on, beginning with a reload.
    ///
    /// # Errors
    /// When the database does not answer: retry.
    pub async fn begin(live: &Live, membership: &Membership, after: Option<&str>) -> Result<Self> {
        let reader = live.reader(membership.firm_id()).await?;
        let watch = reader.watch();
        let head = reader.head();
        let now = FeedCursor::of(membership, head.epoch, head.revision);
        let oldest = head.pruned_to.max(head.revision - MOST_BEHIND);
        let known = after
            .and_then(|text| now.resumed(text))
            .filter(|at| (oldest..=head.revision).contains(&at.revision));
        Ok(Self { live: live.clone(), reader, watch, at: known.unwrap_or(now), anew: known.is_none() })
    }

    /// The position up to which everything was delivered.
    pub fn cursor(&self) -> FeedCursor {
        self.at
    }

    /// Waits for the next step, and moves the cursor past it.
    ///
    /// # Errors
    /// When a follower that is behind needs the database and it does not answer: the step can be requested again.
    pub async fn next(&mut self) -> Result<Step> {
        if std::mem::take(&mut self.anew) {
            return Ok(Step::Reload);
        }
        loop {
            let head = *self.watch.borrow_and_update();
            if head.epoch != self.at.epoch || head.pruned_to > self.at.revision {
                (self.at.epoch, self.at.revision) = (head.epoch, head.revision);
                return Ok(Step::Reload);
            }
            if head.revision > self.at.revision {
                if let Some(batch) = self.reader.after(self.at.revision) {
                    let behind = std::mem::replace(&mut self.at.revision, batch.revision);
                    let more = head.revision > batch.revision;
                    return Ok(Step::Events { batch, behind, more });
                }
                return Box::pin(self.catch_up()).await;
            }
            self.watch.changed().await.expect("the reader lives as long as who follows it");
        }
    }

    /// Reads events that the reader no longer keeps.
    async fn catch_up(&mut self) -> Result<Step> {
        let behind = self.at.revision;
        if let Some(batch) = self.reader.read_after(&self.live.store, self.at.epoch, behind).await? {
            self.at.revision = batch.revision;
            let more = self.reader.head().revision > batch.revision;
            return Ok(Step::Events { batch, behind, more });
        }
        self.reader.advance(&self.live.store).await?;
        let head = self.reader.head();
        (self.at.epoch, self.at.revision) = (head.epoch, head.revision);
        Ok(Step::Reload)
    }
}
