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

/// How long a clean stop may take, and how long one without the last checkpoint.
const CLEAN: Duration = Duration::from_secs(30);
const IMMEDIATE: Duration = Duration::from_secs(10);

/// What server to run.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The folder of everything that belongs to the server; made where it is missing.
    pub data_dir: PathBuf,
    /// Whether another folder, under /var/lib, may be taken when the user that runs PostgreSQL
    /// cannot enter `data_dir`: true for a default, false for somebody's wish.
    pub may_move: bool,
    /// Where `postgres` and `initdb` are (`PG_BIN_DIR`); none: looked for.
    pub bin_dir: Option<PathBuf>,
    /// Whether commits survive a crash of the machine. False is for tests.
    pub fsync: bool,
    /// More settings of the server, name and value; they win over ours.
    pub settings: Vec<(String, String)>,
}

impl PostgresOptions {
    /// A durable server in that folder and no other.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), may_move: false, bin_dir: None, fsync: true, settings: Vec::new() }
    }

    /// The same for data that may be lost.
    #[must_use]
    pub fn without_fsync(mut self) -> Self {
        self.fsync = false;
        self
    }

    /// The same with one more setting of the server.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A private server: a unix socket in a folder of its own, no port. It ends with this process,
/// however that ends; dropping the handle ends it at once, [`Postgres::stop`] cleanly.
#[derive(Debug)]
pub struct Postgres {
    cluster: Arc<Cluster>,
    server: Option<Server>,
}

impl Postgres {
    /// Makes the database where there is none, starts the server and waits until it accepts connections.
    ///
    /// # Errors
    /// When no usable binaries, user or folder is found, when another process has the folder, or when
    /// PostgreSQL refuses. Trying again unchanged does not help.
    pub async fn start(options: PostgresOptions) -> Result<Self, EmbeddedError> {
        let cluster = spawn_blocking(|| Cluster::prepare(options))
            .await
            .map_err(|error| EmbeddedError::Keeper(error.to_string()))??;
        let cluster = Arc::new(cluster);
        let server = Server::launch(Arc::clone(&cluster)).await?;
        Ok(Self { cluster, server: Some(server) })
    }

    /// The address of the program's database, as `DATABASE_URL` spells it.
    pub fn url(&self) -> String {
        self.url_of("guichet")
    }

    /// The address of another database of this server, which need not exist.
    pub fn url_of(&self, database: &str) -> String {
        self.cluster.url(database)
    }

    /// The data folder in use, which may be another than the one asked for.
    pub fn data_dir(&self) -> &Path {
        self.cluster.root()
    }

    /// The folder of its socket, for PostgreSQL's own programs: `psql -h <folder> -U guichet guichet`.
    pub fn socket_folder(&self) -> &Path {
        self.cluster.socket_folder()
    }

    /// The folder of its programs.
    pub fn bin_dir(&self) -> PathBuf {
        self.cluster.bin_dir()
    }

    /// Sentences for the person at the terminal: which folder is elsewhere than asked for, and why.
    pub fn notes(&self) -> &[String] {
        self.cluster.notes()
    }

    /// The server's process; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Server::pid)
    }

    /// Waits until the server has ended; at once while it is stopped.
    pub async fn ended(&self) {
        if let Some(server) = &self.server {
            server.ended().await;
        }
    }

    /// Ends the server: cleanly, with open connections cut; after 30 s at once; after 10 more by force.
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

    /// Kills the server as a crash would. For fault runs.
    pub async fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal(Signal::SIGKILL);
            server.ended().await;
        }
    }

    /// Stops the server when it runs and starts it again on the same data and address.
    ///
    /// # Errors
    /// When PostgreSQL refuses to start; the handle then has no server.
    pub async fn restart(&mut self) -> Result<(), EmbeddedError> {
        self.stop().await;
        self.server = Some(Server::launch(Arc::clone(&self.cluster)).await?);
        Ok(())
    }
}

/// Keeps the server up until `stop`, and stops it then. A server that ends by itself is started again.
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
