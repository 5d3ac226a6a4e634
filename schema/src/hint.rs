//! Hints after a commit: a nudge to look, never the truth. Whoever misses one finds the rows by its sweep.

use std::sync::Arc;

use tokio::sync::Notify;

/// The hints of one process. Clones share the same bells.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    jobs: Arc<Notify>,
}

impl Hints {
    /// Tells that jobs were committed.
    pub fn jobs(&self) {
        self.jobs.notify_one();
    }

    /// Waits until jobs were committed.
    pub async fn jobs_committed(&self) {
        self.jobs.notified().await;
    }
}
