//! Rescues the jobs of crashed workers, and measures the queue.

use std::collections::BTreeSet;
use std::time::Instant;

use guichet_base::error::Fault;
use guichet_engine::job::{JobStatus, queue};
use guichet_engine::store::Store;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::metrics;
use super::workers::Timing;

/// Measuring the queue takes at most one part in so many of the time.
const SHARE: u32 = 20;
/// The queue is measured at most every so many checks for expired leases.
const LOOKS: u32 = 5;

/// State that is kept between rounds.
pub(super) struct Keeper {
    store: Store,
    /// All kinds ever seen, so that a kind without jobs is reported as 0.
    kinds: BTreeSet<String>,
    paused: BTreeSet<String>,
}

impl Keeper {
    /// Starts with these kinds known.
    pub(super) fn new(store: Store, kinds: impl IntoIterator<Item = &'static str>) -> Self {
        Self { store, kinds: kinds.into_iter().map(str::to_owned).collect(), paused: BTreeSet::new() }
    }

    /// Runs at once, so that a process that soon crashes still does its part, and then periodically until `stop`.
    pub(super) async fn run(mut self, timing: Timing, stop: CancellationToken) {
        let mut measure_next = Instant::now();
        loop {
            if let Err(error) = self.rescue(timing).await {
                tracing::warn!(%error, "no jobs rescued; trying again");
            }
            let began = Instant::now();
            if began >= measure_next {
                if let Err(error) = self.measure().await {
                    tracing::debug!(%error, "queue not measured");
                }
                // Counting a queue of millions takes a while.
                measure_next = Instant::now() + (began.elapsed() * SHARE).max(timing.rescue * LOOKS);
            }
            if stop.run_until_cancelled(sleep(timing.rescue)).await.is_none() {
                return;
            }
        }
    }

    async fn rescue(&self, Timing { notice, spread, .. }: Timing) -> Result<(), Fault> {
        let rescued = queue::rescue(&mut *self.store.conn().await?, notice, spread, self.store.now()).await?;
        for job in &rescued {
            if job.status == JobStatus::Dead {
                tracing::error!(kind = job.kind, job = %job.id, attempts = job.attempts, "job crashed its worker once too often: a dead letter");
            } else {
                tracing::warn!(kind = job.kind, job = %job.id, attempts = job.attempts, "job of a crashed or frozen worker rescued");
            }
        }
        if !rescued.is_empty() {
            self.store.hints.jobs();
        }
        Ok(())
    }

    async fn measure(&mut self) -> Result<(), Fault> {
        let now = self.store.now();
        let mut conn = self.store.conn().await?;
        let depths = queue::depth(&mut conn, now).await?;
        let paused: BTreeSet<String> =
            queue::pauses(&mut conn, now).await?.into_iter().map(|pause| pause.kind).collect();
        drop(conn);
        self.kinds.extend(depths.iter().map(|depth| depth.kind.clone()));
        for kind in &self.kinds {
            let depth = depths.iter().find(|depth| depth.kind == *kind);
            let states = depth.map_or([0; 5], |d| [d.ready, d.running, d.scheduled, d.held, d.dead]);
            for (state, jobs) in ["ready", "running", "scheduled", "held", "dead"].into_iter().zip(states) {
                metrics::depth(kind, state, jobs);
            }
            let oldest = depth.and_then(|depth| depth.oldest_ready);
            metrics::age(kind, oldest.map_or(0.0, |at| (now - at).as_seconds_f64()));
        }
        for kind in self.paused.union(&paused) {
            metrics::paused(kind, paused.contains(kind));
        }
        self.paused = paused;
        Ok(())
    }
}
