//! The database connections of one request.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

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
}

impl Reading {
    /// For a request: a quarter of the pool, and at most [`AT_ONCE`].
    pub fn new(store: Store) -> Self {
        let (_, _, most, _) = store.pool_status();
        Self { store, turns: Arc::new(Semaphore::new((most / 4).clamp(1, AT_ONCE))) }
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.store.now()
    }

    /// A connection for reading. Code that holds one must not wait for another one of the same request.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the database does not answer.
    pub async fn conn(&self) -> Result<Lent, ApiError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(ApiError::internal)?;
        Ok(Lent { conn: self.store.conn().await?, _turn: turn })
    }
}

/// A connection, and its turn.
pub struct Lent {
    conn: Conn,
    _turn: OwnedSemaphorePermit,
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
