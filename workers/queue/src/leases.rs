//! The leases that this process holds.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use guichet_engine::job::Lease;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// All leases; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Leases {
    entries: Arc<Mutex<HashMap<Uuid, Entry>>>,
    /// Canceled when all runs must end that can be undone.
    cut: CancellationToken,
    /// Canceled when all runs must end.
    abandon: CancellationToken,
}

#[derive(Debug)]
struct Entry {
    lease: Lease,
    /// When the lease expires.
    until: Instant,
    /// When the run must be over; a later run counts as hanging, and its lease is not renewed.
    limit: Instant,
    lost: CancellationToken,
}

/// One lease, registered until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    leases: Leases,
    token: Uuid,
    lost: CancellationToken,
}

impl Leases {
    /// Starts with none. When `cut` is canceled, all runs must end that can be undone; when `abandon` is canceled, the
    /// others, too.
    pub(super) fn new(cut: CancellationToken, abandon: CancellationToken) -> Self {
        Self { entries: Arc::default(), cut, abandon }
    }

    /// Registers a lease that expires at `until`, of a run that must be over at `limit`.
    pub(super) fn hold(&self, lease: Lease, until: Instant, limit: Instant) -> Held {
        let lost = self.cut.child_token();
        self.lock().insert(lease.token, Entry { lease, until, limit, lost: lost.clone() });
        Held { leases: self.clone(), token: lease.token, lost }
    }

    /// The tokens of all runs.
    pub(super) fn tokens(&self) -> Vec<Uuid> {
        self.lock().keys().copied().collect()
    }

    /// The leases to renew.
    pub(super) fn to_renew(&self, now: Instant) -> Vec<Lease> {
        self.lock().values().filter(|entry| now < entry.limit).map(|entry| entry.lease).collect()
    }

    /// Of the `asked` leases, the `held` ones now expire at `until`; the others are lost, and their runs are
    /// notified.
    pub(super) fn renewed(&self, asked: &[Lease], held: Vec<Uuid>, until: Instant) {
        let held: HashSet<Uuid> = held.into_iter().collect();
        let mut entries = self.lock();
        for lease in asked {
            let Some(entry) = entries.get_mut(&lease.token) else { continue };
            if held.contains(&lease.token) {
                entry.until = until;
            } else {
                entry.lost.cancel();
            }
        }
    }

    /// Notifies the runs whose lease has expired: another worker may have the job.
    pub(super) fn expire(&self, now: Instant) {
        for entry in self.lock().values().filter(|entry| entry.until <= now) {
            entry.lost.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Waits until the run must stop.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Waits until the run must stop whatever it has done.
    pub(super) async fn abandoned(&self) {
        self.leases.abandon.cancelled().await;
    }

    /// Whether this process ended the run while it still holds the lease.
    pub(super) fn is_cut(&self) -> bool {
        self.leases.cut.is_cancelled()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.leases.lock().remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use guichet_base::id::JobId;

    use super::*;

    fn lease() -> Lease {
        Lease { id: JobId::new(), token: Uuid::new_v4() }
    }

    #[test]
    fn a_lease_that_is_not_renewed_ends_its_run() {
        let leases = Leases::new(CancellationToken::new(), CancellationToken::new());
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let (kept, refused, late) = (lease(), lease(), lease());
        let (kept, refused, late) = [(kept, 9), (refused, 9), (late, 1)]
            .map(|(lease, limit)| leases.hold(lease, now + second * 2, now + second * limit))
            .into();
        let asked = leases.to_renew(now + second);
        assert_eq!(asked.len(), 2, "a run that should be over is not renewed");
        leases.renewed(&asked, vec![kept.token], now + second * 5);
        leases.expire(now + second);
        let ended = |held: &Held| held.lost().now_or_never().is_some();
        assert_eq!([ended(&kept), ended(&refused), ended(&late)], [false, true, false]);
        leases.expire(now + second * 3);
        assert_eq!([ended(&kept), ended(&late)], [false, true]);
        drop((refused, late));
        assert_eq!(leases.tokens(), [kept.token]);
    }

    #[test]
    fn a_cut_ends_all_runs() {
        let cut = CancellationToken::new();
        let leases = Leases::new(cut.clone(), CancellationToken::new());
        let held = leases.hold(lease(), Instant::now(), Instant::now());
        assert!(held.lost().now_or_never().is_none() && !held.is_cut());
        cut.cancel();
        assert!(held.lost().now_or_never().is_some() && held.is_cut());
    }
}
