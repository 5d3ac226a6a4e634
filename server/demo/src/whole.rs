//! One transaction around all acts of a fill.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel_async::{AnsiTransactionManager, AsyncConnection, SimpleAsyncConnection, TransactionManager};
use guichet_base::clock::{Clock, ManualClock};
use guichet_base::error::{Error, Result};
use guichet_engine::db;
use guichet_engine::store::Store;

/// A store whose acts are parts of one transaction: until it commits, nobody else sees anything of them, workers
/// included. Dropped without a commit, nothing happened.
pub(crate) struct Whole {
    /// Its pool has one connection, on which the transaction of an act is a savepoint.
    pub store: Store,
    /// When the story ends.
    pub now: DateTime<Utc>,
    clock: Arc<ManualClock>,
}

impl Whole {
    pub async fn begin(url: &str, now: DateTime<Utc>) -> Result<Self> {
        let clock = ManualClock::new(now);
        let store = Store::new(db::pool(url, 1)?, clock.clone());
        // Diesel's name for a transaction with which a connection may go back to its pool.
        store.conn().await?.begin_test_transaction().await?;
        Ok(Self { store, now, clock })
    }

    /// From now on it is `at`, but never later than now.
    pub fn at(&self, at: DateTime<Utc>) {
        self.clock.advance(at.min(self.now) - self.clock.now());
    }

    /// What time it is.
    pub fn time(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub async fn commit(self) -> Result<()> {
        let mut conn = self.store.conn().await?;
        // So much at once is not left to the statistics of an empty database.
        conn.batch_execute("ANALYZE").await?;
        Ok(AnsiTransactionManager::commit_transaction(&mut *conn).await?)
    }
}

/// What came of an act; none when the rules refused it, so that a story may want more than is allowed.
pub(crate) fn allowed<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
