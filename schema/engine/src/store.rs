//! The store: one transaction per action, with everything that must happen because of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager};
use futures_util::future::join3;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::actor::{Actor, Membership, Origin};
use crate::db::{Conn, Pool, Separate};
use crate::feed::{self, Audience, Event};
use crate::hint::Hints;
use crate::idempotency::{self, Once, Turns};
use crate::job::{self, NewJob};
use crate::pace::Pace;
use crate::pipeline::InOrder;
use crate::sql;
use crate::tables::audit;
use guichet_base::clock::SharedClock;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{AccessId, AccountId, FirmId, Id, StaffId, new_uuid};

/// The database, the clock, and the hints to other parts and processes.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    /// Where the time comes from.
    pub clock: SharedClock,
    /// Notified after each commit.
    pub hints: Hints,
    pub(crate) turns: Arc<Turns>,
    pace: Pace,
}

impl Store {
    /// A store over this pool.
    pub fn new(pool: Pool, clock: SharedClock) -> Self {
        Self { pool, clock, hints: Hints::default(), turns: Arc::default(), pace: Pace::default() }
    }

    /// The same store, where people keep this pace.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when no connection becomes free or the database does not answer.
    pub async fn conn(&self) -> Result<Conn, Fault> {
        self.pool.get().await
    }

    /// A separate connection, outside of the pool and its limit; one of the pool while the server takes no more.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when the database does not answer.
    pub async fn dedicated(&self) -> Result<Separate, Fault> {
        self.pool.separate().await
    }

    /// The state of the pool: (connections in use, connections open, most allowed, waiting).
    pub fn pool_status(&self) -> (usize, usize, usize, usize) {
        self.pool.status()
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Begins the transaction of an action.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when the database does not answer.
    pub async fn begin(&self, by: impl Into<By>) -> Result<Tx> {
        let mut conn = self.conn().await?;
        AnsiTransactionManager::begin_transaction(&mut *conn).await?;
        Ok(Tx {
            conn: Some(conn),
            now: self.now(),
            by: by.into(),
            hints: self.hints.clone(),
            pace: self.pace.clone(),
            events: Vec::new(),
            jobs: Vec::new(),
            audits: Vec::new(),
            once: None,
        })
    }

    /// Begins the transaction of an action that must happen once per idempotency key; a repeated call gets the
    /// result of the first.
    ///
    /// # Errors
    /// `IDEMPOTENCY_KEY_REUSED` when the key was used with another input; [`Fault::Unavailable`].
    pub async fn begin_once<T: DeserializeOwned>(
        &self,
        actor: &Actor,
        mutation: &'static str,
        key: &str,
        input: &impl Serialize,
    ) -> Result<Begun<T>> {
        idempotency::claim(self, actor, mutation, key, input).await
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// How an action with an idempotency key begins.
pub enum Begun<T> {
    /// It already happened, with this result.
    Replay(Done<T>),
    /// It is the first call.
    First(Box<Tx>),
}

/// The transaction of an act that happens for the first time. Of one that happened already, the function answers with
/// what came of it then.
#[macro_export]
macro_rules! first {
    ($begun:expr) => {
        match $begun {
            $crate::store::Begun::Replay(done) => return Ok(done),
            $crate::store::Begun::First(tx) => tx,
        }
    };
}

/// Who acts, for the audit log.
#[derive(Debug, Clone)]
pub struct By {
    account_id: Option<AccountId>,
    staff_id: Option<StaffId>,
    access_id: Option<AccessId>,
    origin: Origin,
}

impl By {
    /// The system itself: a worker or the command line.
    pub fn system() -> Self {
        Self { account_id: None, staff_id: None, access_id: None, origin: Origin::default() }
    }

    /// An account without a membership, for signing in and accepting an invitation.
    pub const fn account(account_id: Option<AccountId>, origin: Origin) -> Self {
        Self { account_id, staff_id: None, access_id: None, origin }
    }
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        let (staff_id, access_id) = match &actor.membership {
            Membership::Staff(membership) => (Some(membership.id), None),
            Membership::Portal(membership) => (None, Some(membership.id)),
        };
        Self { account_id: Some(actor.account_id), staff_id, access_id, origin: actor.origin.clone() }
    }
}

/// The result of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done<T> {
    /// What it created or changed.
    pub value: T,
    /// The revision of the firm's feed that contains it; none when nothing visible changed.
    pub revision: Option<i64>,
}

/// The transaction of one action. It collects events, jobs and audit rows; [`Tx::commit`] writes them and commits.
/// Dropping it without a commit rolls back.
pub struct Tx {
    conn: Option<Conn>,
    /// The time of the action.
    pub now: DateTime<Utc>,
    by: By,
    hints: Hints,
    pace: Pace,
    events: Vec<(FirmId, Event)>,
    jobs: Vec<NewJob>,
    audits: Vec<NewAudit>,
    pub(crate) once: Option<Once>,
}

/// So many audit rows are written with one statement: it has a value for each of their columns, and takes 65,535.
const AUDITS_AT_ONCE: usize = 2_000;

#[derive(Insertable)]
#[diesel(table_name = audit)]
struct NewAudit {
    id: Uuid,
    firm_id: Option<FirmId>,
    at: DateTime<Utc>,
    account_id: Option<AccountId>,
    staff_id: Option<StaffId>,
    access_id: Option<AccessId>,
    act: &'static str,
    noun: &'static str,
    subject_id: Option<Uuid>,
    address: Option<String>,
    request_id: Option<String>,
}

impl Tx {
    /// Names the staff member for whom the system acts, in the audit rows that are collected from now on (F-03).
    pub fn on_behalf_of(&mut self, staff_id: StaffId, account_id: AccountId) {
        self.by = By { account_id: Some(account_id), staff_id: Some(staff_id), ..By::system() };
    }

    /// Counts an act of a person that mails or notifies others.
    ///
    /// # Errors
    /// `TOO_FAST`.
    pub fn keep_pace(&self, actor: &Actor) -> Result<()> {
        Ok(self.pace.keep(actor, self.now)?)
    }

    /// The connection, inside the transaction.
    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        self.conn.as_mut().expect("a transaction has its connection until it ends")
    }

    /// The connection for pipelined statements. Joined futures are sent without waiting for each other's results,
    /// and run in the order in which they are first polled.
    pub fn pipeline(&self) -> &AsyncPgConnection {
        self.conn.as_ref().expect("a transaction has its connection until it ends")
    }

    /// Collects an event of the feed.
    pub fn event(&mut self, firm: FirmId, event: Event) {
        self.events.push((firm, event));
    }

    /// Collects a job, to be run after the commit.
    pub fn job(&mut self, job: NewJob) {
        self.jobs.push(job);
    }

    /// Collects what an act changed of a thing: the event, with who could see it before and who can now (nobody before
    /// a thing that is new, nobody after one that is gone), and the audit row.
    pub fn changed<I: Id>(
        &mut self,
        firm: FirmId,
        act: &'static str,
        id: I,
        before: Option<Audience>,
        after: Option<Audience>,
    ) {
        self.event(firm, Event { noun: I::NOUN, subject: id.uuid(), before, after });
        self.audit(Some(firm), act, I::NOUN, Some(id.uuid()));
    }

    /// Collects an audit row (F-03): which action, on what.
    pub fn audit(
        &mut self,
        firm_id: Option<FirmId>,
        act: &'static str,
        noun: &'static str,
        subject: Option<Uuid>,
    ) {
        let by = self.by.clone();
        self.audits.push(NewAudit {
            id: new_uuid(),
            firm_id,
            at: self.now,
            account_id: by.account_id,
            staff_id: by.staff_id,
            access_id: by.access_id,
            act,
            noun,
            subject_id: subject,
            address: by.origin.address,
            request_id: by.origin.request_id,
        });
    }

    /// Writes jobs, audit rows and, last, the events; commits; then sends hints.
    ///
    /// # Errors
    /// When the database rejects something or is lost. Nothing happened then, except that a connection lost during
    /// COMMIT leaves the outcome open, which the idempotency key settles.
    pub async fn commit<T: Serialize>(mut self, value: T) -> Result<Done<T>> {
        // Until COMMIT the connection stays where Drop finds it: a caller that is canceled here must not return an
        // open transaction, with its lock on the firm's feed, to the pool.
        let revision = self.write(&value).await?;
        let mut conn = self.conn.take().expect("a transaction ends once");
        AnsiTransactionManager::commit_transaction(&mut *conn).await?;
        drop(conn);
        if !self.jobs.is_empty() {
            self.hints.jobs();
        }
        let firms: BTreeSet<FirmId> = self.events.iter().map(|(firm, _)| *firm).collect();
        firms.into_iter().for_each(|firm| self.hints.feed(firm));
        Ok(Done { value, revision })
    }

    async fn write<T: Serialize>(&self, value: &T) -> Result<Option<i64>> {
        let Self { now, events, jobs, audits, once, .. } = self;
        let conn = self.pipeline();
        let jobs = async { if jobs.is_empty() { Ok(()) } else { job::insert(conn, jobs, *now).await } };
        let audits = async {
            for audits in audits.chunks(AUDITS_AT_ONCE) {
                let insert = diesel::insert_into(audit::table).values(audits);
                sql::keep(audits.len(), insert).execute(&mut { conn }).await?;
            }
            Ok(())
        };
        // Several firms are locked in id order, so that two transactions cannot deadlock.
        let firms: BTreeSet<FirmId> = events.iter().map(|(firm, _)| *firm).collect();
        let feeds = async {
            let mut revision = None;
            for firm in firms {
                let of_firm = events.iter().filter(|(of, _)| *of == firm);
                let events: Vec<Event> = of_firm.map(|(_, event)| event.clone()).collect();
                revision = Some(feed::append(conn, firm, &events, *now).await?);
            }
            Ok(revision)
        };
        let ((), (), revision) = join3(jobs, audits, feeds).await.in_order()?;
        // The idempotency row contains the revision, which is known only under the feed's lock. Its insert waits
        // for nobody: we already hold the key's advisory lock.
        if let Some(once) = once {
            idempotency::remember(conn, once, value, revision, *now).await?;
        }
        Ok(revision)
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(mut conn) = self.conn.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // After a failed rollback the connection is marked as broken, and the pool drops it.
            runtime.spawn(async move {
                if let Err(error) = AnsiTransactionManager::rollback_transaction(&mut *conn).await {
                    tracing::debug!(%error, "rollback failed; connection dropped");
                }
            });
        }
    }
}
