//! Whether a bucket is away, as far as this process knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::store::StorageError;

/// What is known about a bucket. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    away: AtomicBool,
    suspected: Notify,
}

impl Health {
    /// Sets whether it is away. As long as it is, operations fail at once instead of waiting for it.
    pub fn set_away(&self, away: bool) {
        self.0.away.store(away, Ordering::Relaxed);
    }

    /// Waits until an operation has failed since the last call.
    pub async fn suspected(&self) {
        self.0.suspected.notified().await;
    }

    pub(crate) fn suspect(&self) {
        self.0.suspected.notify_one();
    }

    pub(crate) fn check(&self) -> Result<(), StorageError> {
        if self.0.away.load(Ordering::Relaxed) { Err(StorageError::Away) } else { Ok(()) }
    }
}
