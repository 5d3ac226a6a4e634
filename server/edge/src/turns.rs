//! Who is kept waiting, in the order of their last sign of life: where too many are, whoever has given none for
//! longest makes room.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The turns of all who wait for one thing. Clones share the same state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    lost: BTreeMap<u64, CancellationToken>,
}

impl Taken {
    fn push(&mut self, lost: CancellationToken) -> u64 {
        let number = self.next;
        self.next += 1;
        self.lost.insert(number, lost);
        number
    }
}

/// The turn of one, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    // Changed under the lock of `turns` only.
    number: AtomicU64,
    lost: CancellationToken,
}

impl Turns {
    /// Takes a turn after all others.
    pub fn take(&self) -> Turn {
        let lost = CancellationToken::new();
        let number = self.taken().push(lost.clone());
        Turn { turns: self.clone(), number: AtomicU64::new(number), lost }
    }

    /// How many have a turn that they have not lost.
    pub fn len(&self) -> usize {
        self.taken().lost.len()
    }

    /// Makes whoever has given no sign of life for longest lose its turn. Returns whether there was anybody.
    pub fn revoke(&self) -> bool {
        let first = self.taken().lost.pop_first();
        first.map(|(_, lost)| lost.cancel()).is_some()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Gives a sign of life. A turn that is lost stays lost.
    pub fn renew(&self) {
        let mut taken = self.turns.taken();
        if let Some(lost) = taken.lost.remove(&self.number.load(Ordering::Relaxed)) {
            self.number.store(taken.push(lost), Ordering::Relaxed);
        }
    }

    /// Completes when the turn is lost.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.taken().lost.remove(&self.number.load(Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn is_lost(turn: &Turn) -> bool {
        turn.lost().now_or_never().is_some()
    }

    #[test]
    fn the_longest_silence_makes_room() {
        let turns = Turns::default();
        assert!(!turns.revoke());
        let [first, second, third] = [(); 3].map(|()| turns.take());
        first.renew();
        drop(second);
        assert_eq!(turns.len(), 2);
        assert!(turns.revoke());
        assert!(is_lost(&third) && !is_lost(&first));
        third.renew();
        assert!(turns.revoke() && !turns.revoke());
        assert!(is_lost(&first));
    }
}
