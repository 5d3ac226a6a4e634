//! One run of a job, from its claim until it is settled.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use guichet_base::id::{FirmId, JobId};
use guichet_engine::job::Claimed;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::leases::Held;
use super::point::Point;

/// What a handler is told about its job, beside the payload.
#[derive(Debug, Clone)]
pub struct Job {
    /// The job.
    pub id: JobId,
    /// The number of this attempt, from 1.
    pub attempt: i32,
    /// After how many attempts the job is given up.
    pub max_attempts: i32,
    /// The firm for which it works.
    pub firm_id: Option<FirmId>,
    /// When this attempt began.
    pub now: DateTime<Utc>,
    /// To be passed right before an effect that cannot be undone.
    pub point: Point,
}

/// The task that travels through apalis. While a clone of it exists, the lease is renewed and the slot is taken.
#[derive(Debug, Clone)]
pub(super) struct Assignment(Arc<Run>);

#[derive(Debug)]
struct Run {
    claimed: Claimed,
    kind: &'static str,
    held: Held,
    point: Point,
    _slot: Slot,
}

/// A slot among the runs of one kind.
#[derive(Debug)]
pub(super) struct Slot {
    // Order matters: first the slot is freed, then the claimer is notified.
    _permit: OwnedSemaphorePermit,
    _suspect: Option<OwnedSemaphorePermit>,
    _freed: Bell,
}

#[derive(Debug)]
struct Bell(Arc<Notify>);

impl Slot {
    /// The slot of `permit`, or the two slots of a suspect; `freed` is notified when they are free again.
    pub(super) fn new(
        permit: OwnedSemaphorePermit,
        suspect: Option<OwnedSemaphorePermit>,
        freed: Arc<Notify>,
    ) -> Self {
        Self { _permit: permit, _suspect: suspect, _freed: Bell(freed) }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Assignment {
    pub(super) fn new(claimed: Claimed, kind: &'static str, held: Held, slot: Slot) -> Self {
        Self(Arc::new(Run { claimed, kind, held, point: Point::default(), _slot: slot }))
    }

    pub(super) fn claimed(&self) -> &Claimed {
        &self.0.claimed
    }

    pub(super) fn kind(&self) -> &'static str {
        self.0.kind
    }

    pub(super) fn held(&self) -> &Held {
        &self.0.held
    }

    pub(super) fn point(&self) -> &Point {
        &self.0.point
    }

    pub(super) fn job(&self, now: DateTime<Utc>) -> Job {
        let Claimed { lease, firm_id, attempt, max_attempts, .. } = self.claimed();
        let (attempt, max_attempts, firm_id) = (*attempt, *max_attempts, *firm_id);
        Job { id: lease.id, attempt, max_attempts, firm_id, now, point: self.point().clone() }
    }
}
