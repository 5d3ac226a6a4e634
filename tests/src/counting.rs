//! A store that counts its statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::InstrumentationEvent;
use diesel_async::AsyncConnection;
use guichet_base::clock::SharedClock;
use guichet_engine::db;
use guichet_engine::store::Store;

/// A store that counts the statements it has issued.
#[derive(Debug)]
pub struct Counting {
    /// The store.
    pub store: Store,
    statements: Arc<AtomicUsize>,
}

impl Counting {
    /// Opens a store with so many connections to this database.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn new(url: &str, clock: SharedClock, connections: usize) -> Self {
        let store = Store::new(db::pool(url, connections).expect("a pool is made"), clock);
        let statements = Arc::new(AtomicUsize::new(0));
        let mut held = Vec::new();
        for _ in 0..connections {
            let mut conn = store.conn().await.expect("the database answers");
            let counter = Arc::clone(&statements);
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { .. } = event {
                    counter.fetch_add(1, Ordering::SeqCst);
                }
            });
            held.push(conn);
        }
        Self { store, statements }
    }

    /// The number of statements so far.
    pub fn statements(&self) -> usize {
        self.statements.load(Ordering::SeqCst)
    }
}
