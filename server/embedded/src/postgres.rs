//! A private PostgreSQL server: start it, connect to it, stop it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::EmbeddedError;
use super::cluster::Cluster;
use super::keeper::Server;

/// How long a clean stop may take, and then one without a final checkpoint.
const CLEAN: Duration = Duration::from_secs(30);
const IMMEDIATE: Duration = Duration::from_secs(10);

/// Options of an embedded server.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The folder of everything that belongs to the server; created if missing.
    pub data_dir: PathBuf,
    /// Whether another folder, under /var/lib, may be used when the user that runs PostgreSQL cannot enter
    /// `data_dir`: true for the default folder, false for one that somebody chose.
    pub may_move: bool,
    /// The folder of `postgres` and `initdb` (`PG_BIN_DIR`); none: search for them.
    pub bin_dir: Option<PathBuf>,
    /// Whether commits survive a crash of the machine. False is only for tests.
    pub fsync: bool,
    /// Additional settings of the server, as name and value; they override ours.
    pub settings: Vec<(String, String)>,
    /// Environment variables of the server; it has no others.
    pub environment: Vec<(String, String)>,
}

impl PostgresOptions {
    /// A durable server in exactly this folder.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            may_move: false,
            bin_dir: None,
            fsync: true,
            settings: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Options for data that may be lost.
    #[must_use]
    pub fn without_fsync(mut self) -> Self {
        self.fsync = false;
        self
    }

    /// Adds a setting of the server.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A private server: a unix socket in its own folder, no port. It ends with this process, for whatever reason;
/// dropping the handle ends it at once, [`Postgres::stop`] cleanly.
#[derive(Debug)]
pub struct Postgres {
    cluster: Arc<Cluster>,
    server: Option<Server>,
}

impl Postgres {
    /// Creates the cluster if there is none, starts the server and waits until it accepts connections.
    ///
    /// # Errors
    /// When no usable binaries, user or folder is found, when another process uses the folder, or when PostgreSQL
    /// fails. Trying again without a change does not help.
    pub async fn start(options: PostgresOptions) -> Result<Self, EmbeddedError> {
        let cluster = spawn_blocking(|| Cluster::prepare(options))
            .await
            .map_err(|error| EmbeddedError::Keeper(error.to_string()))??;
        let cluster = Arc::new(cluster);
        let server = Server::launch(Arc::clone(&cluster)).await?;
        Ok(Self { cluster, server: Some(server) })
    }

    /// The address of the program's database, as in `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.url_of("guichet")
    }

    /// The address of another database of this server, which need not exist.
    pub fn url_of(&self, database: &str) -> String {
        self.cluster.url(database)
    }

    /// The data folder in use, which may differ from the requested one.
    pub fn data_dir(&self) -> &Path {
        self.cluster.root()
    }

    /// The folder of the socket, for PostgreSQL's own tools: `psql -h <folder> -U guichet guichet`.
    pub fn socket_folder(&self) -> &Path {
        self.cluster.socket_folder()
    }

    /// The folder of its programs.
    pub fn bin_dir(&self) -> PathBuf {
        self.cluster.bin_dir()
    }

    /// Messages for the terminal: which folder differs from the requested one, and why.
    pub fn notes(&self) -> &[String] {
        self.cluster.notes()
    }

    /// The server's process id; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Server::pid)
    }

    /// Waits until the server has ended; returns at once while it is stopped.
    pub async fn ended(&self) {
        if let Some(server) = &self.server {
            server.ended().await;
        }
    }

    /// Stops the server: cleanly, with open connections cut; after 30 s at once; after 10 more by force.
    pub async fn stop(&mut self) {
        let Some(server) = self.server.take() else { return };
        for (signal, limit) in [(Signal::SIGINT, CLEAN), (Signal::SIGQUIT, IMMEDIATE)] {
            server.signal(signal);
            if timeout(limit, server.ended()).await.is_ok() {
                return;
            }
            tracing::warn!(%signal, seconds = limit.as_secs(), "PostgreSQL does not stop");
        }
        server.signal(Signal::SIGKILL);
        server.ended().await;
    }

    /// Kills the server as a crash would, for fault injection.
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal(Signal::SIGKILL);
            server.ended().await;
        }
    }

    /// Stops the server if it runs, and starts it again with the same data and address.
    ///
    /// # Errors
    /// When PostgreSQL does not start; the handle then has no server.
    pub async fn restart(&mut self) -> Result<(), EmbeddedError> {
        self.stop().await;
        self.server = Some(Server::launch(Arc::clone(&self.cluster)).await?);
        Ok(())
    }
}

/// Keeps the server running until `stop`, and stops it then. A server that ends by itself is started again.
///
/// # Errors
/// When it cannot be started again.
pub async fn keep_running(mut postgres: Postgres, stop: CancellationToken) -> Result<(), EmbeddedError> {
    loop {
        tokio::select! {
            () = stop.cancelled() => {
                postgres.stop().await;
                return Ok(());
            }
            () = postgres.ended() => {
                tracing::error!("PostgreSQL ended by itself; starting it again");
                postgres.restart().await?;
            }
        }
    }
}
