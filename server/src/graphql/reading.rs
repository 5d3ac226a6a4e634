//! The database connections of one request.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use guichet_edge::ApiError;
use guichet_engine::db::{Conn, Connection};
use guichet_engine::store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most connections that one request uses at once.
const AT_ONCE: usize = 4;

/// Access of one request to the database. Its concurrent reads take turns on a few connections; otherwise one
/// request with many fields would block all others. Clones share the turns.
#[derive(Debug, Clone)]
pub struct Reading {
    store: Store,
    turns: Arc<Semaphore>,
    /// How many fields are finding their rows.
    finding: Arc<AtomicUsize>,
}

impl Reading {
    /// For a request: a quarter of the pool, and at most [`AT_ONCE`].
    pub fn new(store: Store) -> Self {
        let (_, _, most, _) = store.pool_status();
        let turns = Semaphore::new((most / 4).clamp(1, AT_ONCE));
        Self { store, turns: Arc::new(turns), finding: Arc::default() }
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.store.now()
    }

    /// A connection for batches, and for what has nothing to load below, such as a number. Code that holds one
    /// must not wait for another one of the same request.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the database does not answer.
    pub async fn conn(&self) -> Result<Lent, ApiError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(ApiError::internal)?;
        Ok(Lent { conn: self.store.conn().await?, _turn: turn, _finding: None })
    }

    /// A connection with which a field finds its rows. Batches wait from the call until it is dropped, so code
    /// that holds one must not wait for a load either.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the database does not answer.
    pub async fn finding_conn(&self) -> Result<Lent, ApiError> {
        let finding = self.begin_finding();
        Ok(Lent { _finding: Some(finding), ..self.conn().await? })
    }

    /// Lets a field find its rows with connections of the store. Batches wait meanwhile, so `find` must not wait
    /// for a load.
    pub async fn find<T>(&self, find: impl AsyncFnOnce(&Store) -> T) -> T {
        let _finding = self.begin_finding();
        find(&self.store).await
    }

    /// Whether a field of the request is still finding its rows, whose fields have asked for nothing yet.
    pub fn is_finding(&self) -> bool {
        self.finding.load(Ordering::Relaxed) > 0
    }

    fn begin_finding(&self) -> Finding {
        self.finding.fetch_add(1, Ordering::Relaxed);
        Finding(Arc::clone(&self.finding))
    }
}

/// A field that is finding its rows. It ends within the request's task, which then looks again whether batches
/// can start.
struct Finding(Arc<AtomicUsize>);

impl Drop for Finding {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection, and its turn.
pub struct Lent {
    conn: Conn,
    _turn: OwnedSemaphorePermit,
    _finding: Option<Finding>,
}

impl Deref for Lent {
    type Target = Connection;

    fn deref(&self) -> &Self::Target {
        &self.conn
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.conn
    }
}
