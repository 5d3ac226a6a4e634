//! Hints after a commit: a nudge to look, never the truth. Whoever misses one finds the rows by its sweep.
//!
//! Inside a process they cost nothing. Between processes they go through PostgreSQL ([`announce`],
//! [`listen`]), or through whatever else passes on what [`Hints::outgoing`] says and tells
//! [`Hints::hear`] what comes in. Never NOTIFY inside the transaction of an act: it takes a lock over
//! the whole database until the commit is on disk.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::StreamExt;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::sleep;
use uuid::Uuid;

use crate::db;
use crate::sql;
use guichet_base::error::Fault;
use guichet_base::id::{FirmId, Id};

/// Hints that come sooner after the last ones go out together.
pub const COALESCE: Duration = Duration::from_millis(5);
/// How long to wait before connecting again.
pub const AGAIN: Duration = Duration::from_secs(1);
/// How many firms may have moved until whoever hears of it is told that any may have.
const REMEMBERED: usize = 1024;
/// How many firms one message names; PostgreSQL takes 8,000 bytes.
const NAMED: usize = 200;

/// The hints of one process. Clones share the same bells.
#[derive(Debug, Clone)]
pub struct Hints(Arc<Bells>);

#[derive(Debug)]
struct Bells {
    jobs: watch::Sender<()>,
    feeds: broadcast::Sender<FirmId>,
    outbox: Mutex<Outbox>,
    posted: Notify,
}

/// What other processes are still to be told.
#[derive(Debug, Default)]
struct Outbox {
    jobs: bool,
    firms: BTreeSet<FirmId>,
}

impl Default for Hints {
    fn default() -> Self {
        Self(Arc::new(Bells {
            jobs: watch::Sender::default(),
            feeds: broadcast::Sender::new(REMEMBERED),
            outbox: Mutex::default(),
            posted: Notify::new(),
        }))
    }
}

impl Hints {
    /// Tells that this process committed jobs.
    pub fn jobs(&self) {
        self.0.jobs.send_replace(());
        self.outbox().jobs = true;
        self.0.posted.notify_one();
    }

    /// Tells that this process committed events of a firm.
    pub fn feed(&self, firm: FirmId) {
        // Without ears there is nobody to tell.
        let _ = self.0.feeds.send(firm);
        self.outbox().firms.insert(firm);
        self.0.posted.notify_one();
    }

    /// Hears of jobs from now on; hints that come while nobody waits are heard as one.
    pub fn listener(&self) -> JobHints {
        JobHints { told: self.0.jobs.subscribe(), _bells: Arc::clone(&self.0) }
    }

    /// Hears of events from now on.
    pub fn feeds(&self) -> FeedHints {
        FeedHints { told: self.0.feeds.subscribe(), _bells: Arc::clone(&self.0) }
    }

    /// Passes a message of another process on to this one. One that cannot be read is none.
    pub fn hear(&self, message: &str) {
        let mut words = message.split(' ');
        match words.next() {
            Some("jobs") => {
                self.0.jobs.send_replace(());
            }
            Some("feed") => {
                for firm in words.filter_map(|word| Uuid::try_parse(word).ok()) {
                    let _ = self.0.feeds.send(FirmId::from_uuid(firm));
                }
            }
            _ => {}
        }
    }

    /// Waits until there is something to tell other processes; answers the messages for [`Hints::hear`]
    /// there. Whoever passes them on waits for [`COALESCE`] before it asks again.
    pub async fn outgoing(&self) -> Vec<String> {
        loop {
            let posted = self.0.posted.notified();
            let Outbox { jobs, firms } = std::mem::take(&mut *self.outbox());
            let mut messages = Vec::new();
            if jobs {
                messages.push("jobs".to_owned());
            }
            let firms: Vec<FirmId> = firms.into_iter().collect();
            for firms in firms.chunks(NAMED) {
                let mut message = "feed".to_owned();
                for firm in firms {
                    // Writing to a string does not fail.
                    let _ = write!(message, " {}", firm.uuid().simple());
                }
                messages.push(message);
            }
            if !messages.is_empty() {
                return messages;
            }
            posted.await;
        }
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An ear for the jobs that are committed.
#[derive(Debug)]
pub struct JobHints {
    told: watch::Receiver<()>,
    _bells: Arc<Bells>,
}

impl JobHints {
    /// Waits until jobs were committed since the last call.
    pub async fn jobs_committed(&mut self) {
        self.told.changed().await.expect("the ear keeps its bell");
    }
}

/// An ear for the events that are committed.
#[derive(Debug)]
pub struct FeedHints {
    told: broadcast::Receiver<FirmId>,
    _bells: Arc<Bells>,
}

impl FeedHints {
    /// Waits for firms with new events; none when it may be any, because too many came at once.
    pub async fn moved(&mut self) -> Option<BTreeSet<FirmId>> {
        let mut firms = BTreeSet::new();
        match self.told.recv().await {
            Ok(firm) => firms.insert(firm),
            Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
        };
        loop {
            match self.told.try_recv() {
                Ok(firm) => firms.insert(firm),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(firms),
                Err(TryRecvError::Lagged(_)) => return None,
            };
        }
    }
}

/// Passes this process's hints on to other processes through PostgreSQL, for ever: coalesced, outside of
/// any transaction, on a connection of its own.
pub async fn announce(url: &str, hints: &Hints) -> ! {
    loop {
        if let Err(error) = announce_while_connected(url, hints).await {
            tracing::warn!(%error, "hints to other processes interrupted; their sweep finds the rows");
        }
        sleep(AGAIN).await;
    }
}

async fn announce_while_connected(url: &str, hints: &Hints) -> Result<(), Fault> {
    let mut conn = db::connect(url).await.map_err(|error| Fault::Unavailable(error.to_string()))?;
    // A hint that is lost in a crash was worth nothing: no waiting for the disk.
    conn.batch_execute("SET synchronous_commit = off").await?;
    // First of all once: hints may have been lost with the connection before this one.
    let mut messages = vec!["jobs".to_owned()];
    loop {
        for message in messages {
            let notify = sql::kept("SELECT pg_notify('guichet', ?)").bind::<Text, _>(message);
            notify.execute(&mut conn).await?;
        }
        sleep(COALESCE).await;
        messages = hints.outgoing().await;
    }
}

/// Passes the hints of other processes on to this one through PostgreSQL, for ever.
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
    conn.batch_execute("LISTEN guichet").await?;
    hints.hear("jobs");
    let mut told = std::pin::pin!(conn.notifications_stream());
    while let Some(notification) = told.next().await {
        hints.hear(&notification?.payload);
    }
    Err(Fault::Unavailable("the connection ended".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_say_what_was_committed() {
        let (here, there) = (Hints::default(), Hints::default());
        let (mut jobs, mut feeds) = (there.listener(), there.feeds());
        let firms: Vec<FirmId> = (0..NAMED + 1).map(|_| FirmId::new()).collect();
        here.jobs();
        // Twice is once.
        firms.iter().chain(&firms).for_each(|firm| here.feed(*firm));
        let messages = here.outgoing().await;
        assert_eq!(messages.len(), 3);
        assert!(messages.iter().all(|message| message.len() < 8000));
        messages.iter().for_each(|message| there.hear(message));
        jobs.jobs_committed().await;
        assert_eq!(feeds.moved().await, Some(firms.into_iter().collect()));
    }

    #[tokio::test]
    async fn what_is_heard_is_not_told_again() {
        let hints = Hints::default();
        let firm = FirmId::new();
        hints.hear("jobs");
        hints.hear(&format!("feed {}", FirmId::new().uuid()));
        hints.feed(firm);
        assert_eq!(hints.outgoing().await, [format!("feed {}", firm.uuid().simple())]);
    }

    #[tokio::test]
    async fn too_many_at_once_may_be_any() {
        let hints = Hints::default();
        let mut feeds = hints.feeds();
        (0..=REMEMBERED).for_each(|_| hints.feed(FirmId::new()));
        assert_eq!(feeds.moved().await, None);
    }

    #[test]
    fn nonsense_is_not_heard() {
        for message in ["", "x", "feed", "feed x", "jobsx"] {
            Hints::default().hear(message);
        }
    }
}
