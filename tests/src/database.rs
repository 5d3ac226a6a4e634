//! Databases for tests: one PostgreSQL for all test processes, one database per test, cloned from a migrated
//! template.

pub mod french;
pub mod keeper;
mod server;

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel_async::SimpleAsyncConnection;
use guichet_engine::db;

use server::{Server, server};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// When this variable is set, databases are kept after their tests, and the command for opening each is printed.
const KEEP: &str = "KEEP_DATABASES";

/// An empty, migrated database for one test.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    is_kept: bool,
    /// Its address, as in `DATABASE_URL`.
    pub url: String,
}

impl TestDatabase {
    /// Creates one.
    ///
    /// # Panics
    /// When PostgreSQL cannot be started or does not answer.
    pub async fn new() -> Self {
        let server = tokio::task::spawn_blocking(server).await.expect("PostgreSQL starts");
        Self::like(&server.template).await
    }

    /// Creates a copy. Nobody may be connected to this database: see [`TestDatabase::close`].
    ///
    /// # Panics
    /// When somebody is, or PostgreSQL does not answer.
    pub async fn copy(&self) -> Self {
        Self::like(&self.name).await
    }

    async fn like(template: &str) -> Self {
        #[allow(clippy::disallowed_methods, reason = "it is a setting of the tests")]
        let is_kept = std::env::var_os(KEEP).is_some();
        let kind = if is_kept { Server::KEPT } else { Server::OWN };
        let name = format!("{kind}{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let url = server().url(&name);
        admin(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")).await;
        if is_kept {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Not by a macro: what those print is shown of failed tests only.
            writeln!(std::io::stderr(), "{test}: psql '{url}'").expect("stderr takes a line");
        }
        Self { name, is_kept, url }
    }

    /// Disconnects everybody and refuses connections, until [`TestDatabase::open`].
    ///
    /// # Panics
    /// When PostgreSQL does not answer.
    pub async fn close(&self) {
        admin(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name)).await;
        let others =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        admin(&others).await;
    }

    /// Accepts connections again.
    ///
    /// # Panics
    /// When PostgreSQL does not answer.
    pub async fn open(&self) {
        admin(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name)).await;
    }

    /// Drops it, disconnecting everybody.
    ///
    /// # Panics
    /// When PostgreSQL does not answer.
    pub async fn drop(self) {
        if !self.is_kept {
            admin(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        }
    }
}

async fn admin(statement: &str) {
    let mut conn = db::connect(&server().url("postgres")).await.expect("PostgreSQL answers");
    conn.batch_execute(statement).await.expect("PostgreSQL does as told");
}
