//! A database per test, with a clock that only tests advance.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use guichet_base::clock::{Clock, ManualClock};
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::database::TestDatabase;
use tempfile::TempDir;

#[derive(Debug, Clone)]
pub struct Database {
    pub url: String,
    pub clock: Arc<ManualClock>,
}

impl Database {
    pub async fn with_store() -> (Self, Store) {
        Self::at(TestDatabase::new().await.url)
    }

    /// On a separate server, which the test can stop.
    pub async fn with_server() -> (TempDir, Postgres, Self, Store) {
        // Accessible also for the user who runs PostgreSQL when the tests run as root.
        let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
        let options = PostgresOptions::new(folder.path().join("data")).without_fsync();
        let server = Postgres::start(options).await.unwrap();
        db::migrate(&server.url()).await.unwrap();
        let (database, store) = Self::at(server.url());
        (folder, server, database, store)
    }

    fn at(url: String) -> (Self, Store) {
        let clock = ManualClock::new("2026-11-23T12:00:00Z".parse().unwrap());
        let database = Self { url, clock };
        let store = database.store();
        (database, store)
    }

    /// Another store on the same database, as another process has.
    pub fn store(&self) -> Store {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        Store::new(db::pool(&self.url, 8).unwrap(), clock)
    }

    pub async fn conn(&self) -> AsyncPgConnection {
        db::connect(&self.url).await.unwrap()
    }
}
