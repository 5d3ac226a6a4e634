//! Hints after a commit: a nudge to look, never the truth. Whoever misses one finds the rows by its sweep.
//!
//! Inside a process they cost nothing. Between processes they go through PostgreSQL: a process that
//! commits jobs and runs none [`announce`]s, one that runs jobs [`listen`]s. Never NOTIFY inside the
//! transaction of an act: it takes a lock over the whole database until the commit is on disk.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::db;
use crate::error::Fault;

/// Hints that come sooner after the last one go out as one.
const COALESCE: Duration = Duration::from_millis(5);
/// How long to wait before connecting again.
const AGAIN: Duration = Duration::from_secs(1);

/// The hints of one process. Clones share the same bells.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    jobs: Arc<watch::Sender<()>>,
}

impl Hints {
    /// Tells that jobs were committed.
    pub fn jobs(&self) {
        self.jobs.send_replace(());
    }

    /// Hears every hint from now on; those that come while nobody waits are heard as one.
    pub fn listener(&self) -> JobHints {
        JobHints { told: self.jobs.subscribe(), _bell: Arc::clone(&self.jobs) }
    }
}

/// An ear for the hints of one process.
#[derive(Debug)]
pub struct JobHints {
    told: watch::Receiver<()>,
    _bell: Arc<watch::Sender<()>>,
}

impl JobHints {
    /// Waits until jobs were committed since the last call.
    pub async fn jobs_committed(&mut self) {
        self.told.changed().await.expect("the ear keeps its bell");
    }
}

/// Passes this process's hints on to other processes, for ever: coalesced, outside of any
/// transaction, on a connection of its own.
pub async fn announce(url: &str, hints: &Hints) -> ! {
    let mut heard = hints.listener();
    loop {
        if let Err(error) = announce_while_connected(url, &mut heard).await {
            tracing::warn!(%error, "hints to other processes interrupted; their sweep finds the jobs");
        }
        sleep(AGAIN).await;
    }
}

async fn announce_while_connected(url: &str, heard: &mut JobHints) -> Result<(), Fault> {
    let mut conn = db::connect(url).await.map_err(|error| Fault::Unavailable(error.to_string()))?;
    // A hint that is lost in a crash was worth nothing: no waiting for the disk.
    conn.batch_execute("SET synchronous_commit = off").await?;
    loop {
        // First of all once: hints may have been lost with the connection before this one.
        conn.batch_execute("NOTIFY guichet_jobs").await?;
        sleep(COALESCE).await;
        heard.jobs_committed().await;
    }
}

/// Passes the hints of other processes on to this one, for ever.
pub async fn listen(url: &str, hints: &Hints) -> ! {
    loop {
        if let Err(error) = listen_while_connected(url, hints).await {
            tracing::warn!(%error, "hints from other processes interrupted; the sweep goes on");
        }
        sleep(AGAIN).await;
    }
}

async fn listen_while_connected(url: &str, hints: &Hints) -> Result<(), Fault> {
    let mut conn = db::connect(url).await.map_err(|error| Fault::Unavailable(error.to_string()))?;
    conn.batch_execute("LISTEN guichet_jobs").await?;
    hints.jobs();
    let mut told = std::pin::pin!(conn.notifications_stream());
    while let Some(notification) = told.next().await {
        notification?;
        hints.jobs();
    }
    Err(Fault::Unavailable("the connection ended".to_owned()))
}
