//! Hints after a commit. A hint only says that it is worth looking; a process that misses one finds the rows in
//! its next periodic sweep.
//!
//! Within a process hints are free. Between processes they are sent through PostgreSQL ([`announce`], [`listen`]),
//! or through any transport that forwards the messages of [`Hints::outgoing`] to [`Hints::hear`]. NOTIFY must not
//! run in the transaction of an action: it takes a database-wide lock until the commit is on disk.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::StreamExt;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::db;
use crate::sql;
use guichet_base::error::Fault;
use guichet_base::id::{FirmId, Id};

/// Hints that follow the previous ones sooner than this are sent together.
pub const COALESCE: Duration = Duration::from_millis(5);
/// Delay before reconnecting.
pub const AGAIN: Duration = Duration::from_secs(1);
/// Beyond this number of firms, a receiver is told that any firm may have changed.
const REMEMBERED: usize = 1024;
/// Firms per message; PostgreSQL allows 8,000 bytes.
const NAMED: usize = 200;

/// The hints of one process. Clones share the same channels.
#[derive(Debug, Clone)]
pub struct Hints(Arc<Bells>);

#[derive(Debug)]
struct Bells {
    jobs: watch::Sender<()>,
    feeds: broadcast::Sender<FirmId>,
    outbox: Mutex<Outbox>,
    posted: Notify,
}

/// What has not been sent to other processes yet.
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
    /// Announces that this process committed jobs.
    pub fn jobs(&self) {
        self.0.jobs.send_replace(());
        self.outbox().jobs = true;
        self.0.posted.notify_one();
    }

    /// Announces that this process committed events of a firm.
    pub fn feed(&self, firm: FirmId) {
        // Fails only when nobody listens.
        let _ = self.0.feeds.send(firm);
        self.outbox().firms.insert(firm);
        self.0.posted.notify_one();
    }

    /// Subscribes to jobs; several hints while nobody waits count as one.
    pub fn listener(&self) -> JobHints {
        JobHints { told: self.0.jobs.subscribe(), _bells: Arc::clone(&self.0) }
    }

    /// Subscribes to events.
    pub fn feeds(&self) -> FeedHints {
        FeedHints { told: self.0.feeds.subscribe(), _bells: Arc::clone(&self.0) }
    }

    /// Delivers a message of another process to this one. An unreadable message is ignored.
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

    /// Waits until there is something to send; returns the messages for [`Hints::hear`] of the other processes.
    /// The sender then waits [`COALESCE`] before it calls again.
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
                    // Writing to a string cannot fail.
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

/// A subscription to committed jobs.
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

/// A subscription to committed events.
#[derive(Debug)]
pub struct FeedHints {
    told: broadcast::Receiver<FirmId>,
    _bells: Arc<Bells>,
}

impl FeedHints {
    /// Waits for firms with new events; none when too many changed at once, so any may have.
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

/// Forwards this process's hints to other processes through PostgreSQL, forever: coalesced, outside of any
/// transaction, on its own connection.
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
    // Losing a hint in a crash is harmless, so there is no need to wait for the disk.
    conn.batch_execute("SET synchronous_commit = off").await?;
    // Send once on connecting: hints may have been lost with the previous connection.
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

/// Delivers the hints of other processes to this one through PostgreSQL, forever.
pub async fn listen(url: &str, hints: &Hints) -> ! {
    loop {
        if let Err(error) = listen_while_connected(url, hints).await {
            tracing::warn!(%error, "hints from other processes interrupted; the sweep goes on");
        }
        sleep(AGAIN).await;
    }
}

async fn listen_while_connected(url: &str, hints: &Hints) -> Result<(), Fault> {
    let mut conn = db::connect_to_listen(url).await.map_err(|error| Fault::Unavailable(error.to_string()))?;
    conn.batch_execute("LISTEN guichet").await?;
    hints.hear("jobs");
    let mut told = std::pin::pin!(conn.notifications_stream());
    while let Some(notification) = told.next().await {
        hints.hear(&notification?.payload);
    }
    Err(Fault::Unavailable("the connection ended".to_owned()))
}

/// Whether hints get through PostgreSQL: what is sent on our channel is heard there, within `patience`. A connection
/// pooler may take them and lose them. The others take it for a hint and look for jobs once.
///
/// # Errors
/// When the database does not answer.
pub async fn gets_through(url: &str, patience: Duration) -> Result<bool, Fault> {
    let connected = |error: diesel::ConnectionError| Fault::Unavailable(error.to_string());
    let mut ear = db::connect_to_listen(url).await.map_err(connected)?;
    ear.batch_execute("LISTEN guichet").await?;
    let mut mouth = db::connect(url).await.map_err(connected)?;
    mouth.batch_execute("SELECT pg_notify('guichet', 'jobs')").await?;
    let mut told = std::pin::pin!(ear.notifications_stream());
    Ok(timeout(patience, told.next()).await.is_ok_and(|notification| notification.is_some()))
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
        // Repeated hints count as one.
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
