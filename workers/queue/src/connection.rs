//! A separate database connection of the queue.

use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use guichet_base::error::Fault;
use guichet_engine::db::Separate;
use guichet_engine::store::Store;
use tokio::time::timeout;

/// How long an operation may take, connecting included. Well below the duration of a lease.
const LIMIT: Duration = Duration::from_secs(5);

/// A connection outside of the pool, so that busy handlers cannot keep the queue from renewing its leases. Opened
/// on first use, and again after a failure. While the server takes no more connections, the queue borrows those of the
/// pool.
pub(super) struct QueueConnection {
    store: Store,
    conn: Option<Separate>,
}

impl QueueConnection {
    pub(super) fn new(store: Store) -> Self {
        Self { store, conn: None }
    }

    /// Runs `act` on the connection.
    ///
    /// # Errors
    /// When the database does not answer in time: the result of the operation is then unknown.
    pub(super) async fn run<T>(
        &mut self,
        act: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        // Taken, and put back only after success: after any failure the next operation opens a new one.
        let kept = self.conn.take();
        let attempt = async {
            let mut conn = match kept {
                Some(conn) => conn,
                None => open(&self.store).await?,
            };
            act(&mut conn).await.map(|value| (value, conn))
        };
        let late = |_| Fault::Unavailable(format!("no answer within {LIMIT:?}"));
        let (value, conn) = timeout(LIMIT, attempt).await.map_err(late)??;
        self.conn = conn.keep();
        Ok(value)
    }
}

async fn open(store: &Store) -> Result<Separate, Fault> {
    let mut conn = store.dedicated().await?;
    // Plans are kept, and some are made while the table is empty. A plan that scans the whole table would stay in
    // use when fifty thousand jobs arrive (measured: 46 ms per claim instead of 0.3). A borrowed connection has other
    // statements to plan.
    if let Separate::Own(conn) = &mut conn {
        conn.batch_execute("SET enable_seqscan = off; SET enable_bitmapscan = off").await?;
    }
    Ok(conn)
}
