//! Records the results of runs, many in one statement when many are due.

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use guichet_base::clock::SharedClock;
use guichet_base::error::Fault;
use guichet_engine::job::{JobOutcome, Lease, Settled, queue};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use uuid::Uuid;

use super::assignment::Assignment;
use super::connection::QueueConnection;
use super::metrics;

/// Most runs per statement.
const BATCH: usize = 200;
/// The delays between attempts double from the first to the last.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LAST_WAIT: Duration = Duration::from_secs(2);
/// Attempts after an error that does not look like a lost database.
const TRIES: u32 = 5;

/// A run to be settled.
#[derive(Debug)]
pub(super) struct Settlement {
    pub(super) outcome: JobOutcome,
    /// Whether the kind must be paused: for how long, and why.
    pub(super) pause: Option<(TimeDelta, String)>,
}

impl From<JobOutcome> for Settlement {
    fn from(outcome: JobOutcome) -> Self {
        Self { outcome, pause: None }
    }
}

#[derive(Debug)]
struct Wish {
    // Kept until the run is settled, so that its lease is renewed and its slot stays taken.
    assignment: Assignment,
    settlement: Settlement,
    answer: oneshot::Sender<Option<Settled>>,
}

/// The sender to the settler. The settler ends when all senders are gone and everything is settled.
#[derive(Debug, Clone)]
pub(super) struct Settler(mpsc::UnboundedSender<Wish>);

/// The settler's receiver.
#[derive(Debug)]
pub(super) struct Wishes(mpsc::UnboundedReceiver<Wish>);

impl Settler {
    /// A sender with its receiver. Unbounded, because the slots limit it.
    pub(super) fn new() -> (Self, Wishes) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), Wishes(receiver))
    }

    /// Settles a run and returns what became of the job; none when the run had lost its lease, or nothing could be
    /// written.
    pub(super) async fn settle(
        &self,
        assignment: Assignment,
        settlement: impl Into<Settlement>,
    ) -> Option<Settled> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Wish { assignment, settlement: settlement.into(), answer }).ok()?;
        answered.await.ok().flatten()
    }

    /// Releases a job that has not started, without waiting.
    pub(super) fn release(&self, assignment: Assignment) {
        let (answer, _) = oneshot::channel();
        // If nobody receives it, the lease expires and the job is rescued.
        let _ = self.0.send(Wish { assignment, settlement: JobOutcome::Release.into(), answer });
    }
}

impl Wishes {
    /// The next run to settle, for tests without a database.
    #[cfg(test)]
    pub(super) async fn next(&mut self) -> (Assignment, JobOutcome) {
        let wish = self.0.recv().await.unwrap();
        (wish.assignment, wish.settlement.outcome)
    }

    /// Settles until the last [`Settler`] is gone.
    pub(super) async fn serve(mut self, connection: QueueConnection, clock: SharedClock) {
        let mut desk = Desk { connection, clock };
        let mut batch = Vec::with_capacity(BATCH);
        while self.0.recv_many(&mut batch, BATCH).await > 0 {
            // Pauses are written before jobs are released, or these would be claimed again at once.
            for wish in &batch {
                if let Some((duration, reason)) = &wish.settlement.pause {
                    desk.pause(wish.assignment.kind(), *duration, reason).await;
                }
            }
            let run = |wish: &Wish| (wish.assignment.claimed().lease, wish.settlement.outcome.clone());
            let settled = desk.settle(&batch.iter().map(run).collect::<Vec<_>>()).await;
            for wish in batch.drain(..) {
                let _ = wish.answer.send(settled.get(&wish.assignment.claimed().lease.token).copied());
            }
        }
    }
}

struct Desk {
    connection: QueueConnection,
    clock: SharedClock,
}

impl Desk {
    async fn settle(&mut self, runs: &[(Lease, JobOutcome)]) -> HashMap<Uuid, Settled> {
        let mut patience = Patience::new();
        loop {
            let now = self.clock.now();
            match self.connection.run(async |conn| queue::settle(conn, runs, now).await).await {
                Ok(settled) => return settled,
                Err(error) if patience.is_left(&error).await => {}
                Err(_) => return HashMap::new(),
            }
        }
    }

    async fn pause(&mut self, kind: &'static str, duration: TimeDelta, reason: &str) {
        let mut patience = Patience::new();
        loop {
            let now = self.clock.now();
            let pause = async |conn: &mut AsyncPgConnection| {
                queue::pause(conn, kind, now + duration, reason, now).await
            };
            match self.connection.run(pause).await {
                // Logged once per pause, not once per job in flight.
                Ok(true) => {
                    metrics::paused(kind, true);
                    let seconds = duration.num_seconds();
                    tracing::error!(kind, seconds, %reason, "jobs of this kind are paused: somebody must look");
                    return;
                }
                Ok(false) => return,
                Err(error) if patience.is_left(&error).await => {}
                Err(_) => return,
            }
        }
    }
}

/// How long to retry: while the database is away, and a few times after other errors.
struct Patience {
    wait: Duration,
    tries: u32,
}

impl Patience {
    const fn new() -> Self {
        Self { wait: FIRST_WAIT, tries: TRIES }
    }

    /// Whether to try again after this error; it waits before it returns.
    async fn is_left(&mut self, error: &Fault) -> bool {
        self.tries -= u32::from(!error.is_retryable());
        if self.tries == 0 {
            tracing::error!(%error, "runs not settled; their leases will expire");
            return false;
        }
        tracing::warn!(%error, "runs not settled yet; trying again");
        sleep(self.wait).await;
        self.wait = (self.wait * 2).min(LAST_WAIT);
        true
    }
}
