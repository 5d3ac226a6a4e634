//! Claims jobs for this process: at once after a hint, and in a periodic sweep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use guichet_base::error::Fault;
use guichet_engine::job::{Claimed, queue};
use guichet_engine::store::Store;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::assignment::{Assignment, Slot};
use super::connection::QueueConnection;
use super::leases::Leases;
use super::watchdog::Health;

/// The delays after failures double from the first to the last.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LAST_WAIT: Duration = Duration::from_secs(5);
/// A run that exceeds its limit by this much counts as hanging.
const SLACK: Duration = Duration::from_secs(5);

/// The claimer's state of one kind.
pub(super) struct Lane {
    pub(super) kind: &'static str,
    /// The time limit of a run.
    pub(super) limit: Duration,
    pub(super) slots: Arc<Semaphore>,
    pub(super) inbox: UnboundedSender<Assignment>,
    /// Whether there may be more due jobs than there were free slots.
    pub(super) more: bool,
}

/// The claimer of this process. There is only one, so free slots stay free until it fills them.
pub(super) struct Claimer {
    pub(super) store: Store,
    pub(super) connection: QueueConnection,
    /// The worker name under which it claims.
    pub(super) worker: String,
    pub(super) lanes: Vec<Lane>,
    pub(super) leases: Leases,
    pub(super) lease: Duration,
    pub(super) sweep: Duration,
    /// The one slot for suspects: see [`queue::claim`].
    pub(super) suspects: Arc<Semaphore>,
    /// Notified when a slot becomes free.
    pub(super) freed: Arc<Notify>,
    pub(super) health: Health,
}

impl Claimer {
    /// Claims until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut hints = self.store.hints.listener();
        let mut sweep = interval(self.sweep);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let freed = Arc::clone(&self.freed);
        let mut wait = FIRST_WAIT;
        loop {
            let everything = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = hints.jobs_committed() => true,
                _ = sweep.tick() => true,
                () = freed.notified() => false,
            };
            if everything {
                self.lanes.iter_mut().for_each(|lane| lane.more = true);
            }
            // Never canceled half-way: a claim whose answer is lost blocks its jobs.
            while let Err(error) = self.claim().await {
                tracing::warn!(%error, "claiming failed; trying again");
                if stop.run_until_cancelled(sleep(wait)).await.is_none() {
                    return;
                }
                wait = (wait * 2).min(LAST_WAIT);
                self.give_back().await;
            }
            wait = FIRST_WAIT;
        }
    }

    /// Fills the free slots of the kinds that may have due jobs.
    async fn claim(&mut self) -> Result<(), Fault> {
        let wanted: Vec<(&str, usize)> = self
            .lanes
            .iter()
            .filter(|lane| lane.more)
            .map(|lane| (lane.kind, lane.slots.available_permits()))
            .filter(|(_, free)| *free > 0)
            .collect();
        if wanted.is_empty() {
            // A worker whose slots are all busy is still ready; hanging runs have their own limits.
            self.health.claimed();
            return Ok(());
        }
        let asked = Instant::now();
        let (worker, lease, now) = (&self.worker, self.lease, self.store.now());
        let suspects = self.suspects.available_permits();
        let claim = async |conn: &mut AsyncPgConnection| {
            queue::claim(conn, &wanted, suspects, worker, lease, now).await
        };
        let claimed = self.connection.run(claim).await?;
        // While a suspect runs, other suspects may be waiting for it to end.
        let more_suspects = suspects == 0 || claimed.iter().any(|job| job.is_suspect);
        for (kind, free) in wanted {
            let got = claimed.iter().filter(|job| job.kind == kind).count();
            if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.kind == kind) {
                lane.more = got == free || more_suspects;
            }
        }
        // A process that was frozen in the meantime has lost its leases.
        if asked.elapsed() < lease {
            claimed.into_iter().for_each(|job| self.assign(job, asked));
        }
        self.health.claimed();
        Ok(())
    }

    fn assign(&self, job: Claimed, asked: Instant) {
        // Only kinds and slots of these lanes were requested, and only this claimer takes slots. If that ever
        // fails, the lease expires and the job is rescued.
        let Some(lane) = self.lanes.iter().find(|lane| lane.kind == job.kind) else { return };
        let Ok(permit) = Arc::clone(&lane.slots).try_acquire_owned() else { return };
        let suspect = if job.is_suspect { Arc::clone(&self.suspects).try_acquire_owned().ok() } else { None };
        let held = self.leases.hold(job.lease, asked + self.lease, asked + lane.limit + SLACK);
        let slot = Slot::new(permit, suspect, Arc::clone(&self.freed));
        // The receiver lives as long as this process accepts jobs; otherwise as above.
        let _ = lane.inbox.send(Assignment::new(job, lane.kind, held, slot));
    }

    /// After a failure the database may have claimed jobs without being able to answer.
    async fn give_back(&mut self) {
        let (worker, known) = (&self.worker, self.leases.tokens());
        match self.connection.run(async |conn| queue::give_back(conn, worker, &known).await).await {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "gave back jobs whose claim was not answered"),
            Err(error) => tracing::debug!(%error, "nothing given back; the rescue will do it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use guichet_base::clock::ManualClock;
    use guichet_engine::db;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// A hanging relay occupies all slots for minutes, which is no reason to take the process out of service.
    #[tokio::test]
    async fn a_full_house_is_alive() {
        let pool = db::pool("postgres://nobody@127.0.0.1:9/nothing", 1).expect("a pool");
        let store = Store::new(pool, ManualClock::new(chrono::DateTime::UNIX_EPOCH));
        let (inbox, _jobs) = unbounded_channel();
        let slots = Arc::new(Semaphore::new(1));
        let kind = "email.send";
        let lane = Lane { kind, limit: LAST_WAIT, slots: Arc::clone(&slots), inbox, more: true };
        let mut claimer = Claimer {
            connection: QueueConnection::new(store.clone()),
            store,
            worker: "a test".to_owned(),
            lanes: vec![lane],
            leases: Leases::new(CancellationToken::new(), CancellationToken::new()),
            lease: LAST_WAIT,
            sweep: LAST_WAIT,
            suspects: Arc::new(Semaphore::new(1)),
            freed: Arc::default(),
            health: Health::default(),
        };
        let all = slots.acquire().await.expect("a slot");
        claimer.claim().await.expect("nothing is asked for");
        assert!(claimer.health.is_ready());
        drop(all);
        claimer.health = Health::default();
        claimer.claim().await.expect_err("there is no database");
        assert!(!claimer.health.is_ready());
    }
}
