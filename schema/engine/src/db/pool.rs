//! The connections of a process. At the server's limit of connections, actions wait for one that this process already
//! has, instead of failing because it gets no further one.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::deadpool::Runtime;
use ::deadpool::managed::{Manager, Object, PoolError};
use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError as NoConnection, RecyclingMethod, deadpool,
};
use guichet_base::error::{Fault, sqlstate};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::connect;

/// How long an action waits for a connection.
const WAIT: Duration = Duration::from_secs(5);
/// How soon after a refusal the server is asked again whether it takes another connection.
const AGAIN: Duration = Duration::from_millis(500);
/// The code of PostgreSQL, and of poolers in front of it, for "too many connections": of the server, the database or the
/// role.
const FULL: &str = "53300";

/// A pool of connections. Clones share it.
#[derive(Clone)]
pub struct Pool {
    connections: deadpool::Pool<AsyncPgConnection>,
    places: Arc<Places>,
}

/// One place for each connection that the process may have. Actions wait for a place, first come, first served. A place
/// for which the server gives no connection is put away for a while, and its action waits for another one, after those
/// who wait already.
struct Places {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    away: Mutex<Away>,
}

/// The places that were put away.
#[derive(Debug, Default)]
struct Away {
    places: usize,
    /// Whether the server has refused a connection since the last places came back.
    refused: bool,
}

/// A connection borrowed from the pool.
pub struct Conn {
    // Order matters: first the connection returns, then its place is free.
    connection: Object<AsyncDieselConnectionManager<AsyncPgConnection>>,
    _place: OwnedSemaphorePermit,
}

/// A connection outside of the pool or, while the server takes no more, one of the pool.
#[allow(clippy::large_enum_variant, reason = "a process has a handful of them")]
pub enum Separate {
    /// A connection of its own.
    Own(Box<AsyncPgConnection>),
    /// One of the pool, to be returned after use.
    Lent(Conn),
}

/// A pool of at most `size` connections. Waiting for one fails after five seconds with "database unavailable".
///
/// # Errors
/// When the pool cannot be created.
pub fn pool(url: &str, size: usize) -> Result<Pool, Fault> {
    let mut config = ManagerConfig::default();
    // A closed connection is detected locally; a test query would cost a round trip each time.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(connect);
    let connections = deadpool::Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(size)
        .create_timeout(Some(WAIT))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| Fault::Broken(error.to_string()))?;
    let free = Arc::new(Semaphore::new(size));
    let places = Places { free, waiting: AtomicUsize::new(0), away: Mutex::default() };
    Ok(Pool { connections, places: Arc::new(places) })
}

impl Pool {
    /// A connection.
    ///
    /// # Errors
    /// [`Fault::Unavailable`]: at once when the database does not answer, after five seconds when no connection becomes
    /// free.
    pub async fn get(&self) -> Result<Conn, Fault> {
        let got = async {
            loop {
                let place = self.places.take().await?;
                match self.connections.get().await {
                    Ok(connection) => return Ok(Conn { connection, _place: place }),
                    Err(PoolError::Backend(error)) if is_full(&error) => {
                        Places::put_away(&self.places, place)
                    }
                    Err(error) => return Err(Fault::Unavailable(error.to_string())),
                }
            }
        };
        let late = |_| Fault::Unavailable(format!("no connection became free within {WAIT:?}"));
        timeout(WAIT, got).await.map_err(late)?
    }

    /// A connection outside of the pool; one of the pool while the server takes no more.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when the database does not answer, or takes no more connections while the pool has none or
    /// none becomes free.
    pub async fn separate(&self) -> Result<Separate, Fault> {
        match self.connections.manager().create().await {
            Ok(connection) => Ok(Separate::Own(Box::new(connection))),
            Err(error) if is_full(&error) && self.connections.status().size > 0 => {
                self.get().await.map(Separate::Lent)
            }
            Err(error) => Err(Fault::Unavailable(error.to_string())),
        }
    }

    /// Connections in use, connections open, most allowed, actions waiting for one.
    pub fn status(&self) -> (usize, usize, usize, usize) {
        let status = self.connections.status();
        let used = status.size.saturating_sub(status.available);
        (used, status.size, status.max_size, self.places.waiting.load(Ordering::Relaxed))
    }
}

impl Places {
    async fn take(&self) -> Result<OwnedSemaphorePermit, Fault> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(place);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        let taken = Arc::clone(&self.free).acquire_owned().await;
        taken.map_err(|closed| Fault::Broken(closed.to_string()))
    }

    /// Puts a place away; the first one begins to bring them back.
    fn put_away(this: &Arc<Self>, place: OwnedSemaphorePermit) {
        place.forget();
        let mut away = this.away();
        away.places += 1;
        away.refused = true;
        if away.places == 1 {
            tracing::warn!(
                "the database server takes no more connections; going on with those of this process"
            );
            tokio::spawn(Self::bring_back(Arc::clone(this)));
        }
    }

    /// Brings places back: one by one while the server refuses, so that it is not asked too often, and more and more
    /// once it does not.
    async fn bring_back(this: Arc<Self>) {
        let mut step = 1;
        loop {
            sleep(AGAIN).await;
            let mut away = this.away();
            step = if std::mem::take(&mut away.refused) { 1 } else { step * 2 };
            let back = step.min(away.places);
            away.places -= back;
            this.free.add_permits(back);
            if away.places == 0 {
                return;
            }
        }
    }

    fn away(&self) -> MutexGuard<'_, Away> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts an action as waiting.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether the server answered that it takes no more connections.
fn is_full(error: &NoConnection) -> bool {
    let NoConnection::ConnectionError(ConnectionError::BadConnection(reason)) = error else { return false };
    sqlstate(reason) == Some(FULL)
}

impl Deref for Conn {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.connection
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }
}

impl Deref for Separate {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Lent(connection) => connection,
        }
    }
}

impl DerefMut for Separate {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Lent(connection) => connection,
        }
    }
}

impl Separate {
    /// Keeps a connection of its own for later; one of the pool returns.
    pub fn keep(self) -> Option<Self> {
        match self {
            Self::Own(_) => Some(self),
            Self::Lent(_) => None,
        }
    }
}
