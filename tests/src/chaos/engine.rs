//! A PostgreSQL that a fault may stop, with the product's own settings.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use tempfile::TempDir;

/// A server with a migrated database.
#[derive(Debug)]
pub struct Engine {
    /// The server.
    pub postgres: Postgres,
    // Removed after the server has ended.
    _folder: TempDir,
}

impl Engine {
    /// Starts a server in a temporary folder.
    ///
    /// # Panics
    /// When PostgreSQL does not start.
    pub async fn start() -> Self {
        // Accessible also for the user that runs PostgreSQL when this runs as root.
        let passable = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(passable).tempdir().expect("a folder is made");
        let options = PostgresOptions::new(folder.path().join("data")).with("max_connections", "200");
        let postgres = Postgres::start(options).await.expect("PostgreSQL starts");
        db::migrate(&postgres.url()).await.expect("the migrations run");
        Self { postgres, _folder: folder }
    }

    /// Starts a server that was stopped or killed.
    ///
    /// # Panics
    /// When PostgreSQL does not start.
    pub async fn start_again(&mut self) {
        self.postgres.restart().await.expect("PostgreSQL starts again");
    }
}
