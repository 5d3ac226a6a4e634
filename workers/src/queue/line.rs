//! A connection of the queue's own.

use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use guichet_schema::error::Fault;
use guichet_schema::store::Store;
use tokio::time::timeout;

/// How long one statement may take. Well below the time of a lease.
const LIMIT: Duration = Duration::from_secs(5);

/// A connection outside of the pool, so that busy handlers cannot keep the queue from renewing its
/// leases. Opened when first used, and again after a failure.
pub(super) struct Line {
    store: Store,
    conn: Option<AsyncPgConnection>,
}

impl Line {
    pub(super) fn new(store: Store) -> Self {
        Self { store, conn: None }
    }

    /// Runs `act` on the connection.
    ///
    /// # Errors
    /// When the database does not answer in time: what came of the act is then not known.
    pub(super) async fn run<T>(
        &mut self,
        act: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        // Taken, and put back only after success: whatever goes wrong, the next act gets a new one.
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => open(&self.store).await?,
        };
        let result = timeout(LIMIT, act(&mut conn)).await.map_err(|_| late())?;
        if result.is_ok() {
            self.conn = Some(conn);
        }
        result
    }
}

async fn open(store: &Store) -> Result<AsyncPgConnection, Fault> {
    let mut conn = timeout(LIMIT, store.dedicated()).await.map_err(|_| late())??;
    // The queue's plans are kept, and made while the table may be empty: with reading all of it as
    // the alternative they would stay wrong when fifty thousand jobs arrive.
    let settings = conn.batch_execute("SET enable_seqscan = off; SET enable_bitmapscan = off");
    timeout(LIMIT, settings).await.map_err(|_| late())??;
    Ok(conn)
}

fn late() -> Fault {
    Fault::Unavailable(format!("no answer within {LIMIT:?}"))
}
