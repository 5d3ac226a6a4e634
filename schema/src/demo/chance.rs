//! Seeded chance: the same seed gives the same data.

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt, SeedableRng};
use uuid::Builder;

use guichet_base::id::Id;

/// A stream of choices. Its generator is one whose numbers never change with the crate's version.
pub(super) struct Chance {
    rng: Xoshiro256PlusPlus,
    last_milli: u64,
    tick: u16,
}

impl Chance {
    pub fn seeded(seed: u64) -> Self {
        Self { rng: Xoshiro256PlusPlus::seed_from_u64(seed), last_milli: 0, tick: 0 }
    }

    /// Whether something happens that happens this often in a hundred.
    pub fn percent(&mut self, often: u32) -> bool {
        self.rng.random_ratio(often, 100)
    }

    /// An index below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.rng.random_range(0..count)
    }

    pub fn between(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.rng.random_range(range)
    }

    /// A length of time; the range is in minutes.
    pub fn minutes(&mut self, range: RangeInclusive<i64>) -> TimeDelta {
        TimeDelta::minutes(self.between(range)) + TimeDelta::seconds(self.between(0..=59))
    }

    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        among.choose(&mut self.rng).expect("the lists of the demo have entries")
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        items.shuffle(&mut self.rng);
    }

    /// This many decimal digits.
    pub fn digits<const N: usize>(&mut self) -> [u32; N] {
        std::array::from_fn(|_| self.rng.random_range(0..10))
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// An id as it would have been given at that time; those of one millisecond stay in their order.
    pub fn id<T: Id>(&mut self, at: DateTime<Utc>) -> T {
        let milli = at.timestamp_millis().unsigned_abs();
        self.tick = if milli == self.last_milli { self.tick.wrapping_add(1) } else { 0 };
        self.last_milli = milli;
        let mut tail: [u8; 10] = self.bytes();
        tail[..2].copy_from_slice(&(self.tick & 0x0fff).to_be_bytes());
        T::from_uuid(Builder::from_unix_timestamp_millis(milli, &tail).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_base::id::TicketId;

    #[test]
    fn a_seed_gives_the_same_choices() {
        let draw = |seed| {
            let mut chance = Chance::seeded(seed);
            let at = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
            (
                chance.between(0..=1_000_000),
                chance.id::<TicketId>(at),
                chance.digits::<8>(),
                chance.percent(50),
            )
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn ids_follow_time_and_order() {
        let mut chance = Chance::seeded(7);
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let ids: Vec<TicketId> =
            (0..2_000).map(|n| chance.id(at + TimeDelta::milliseconds(n / 500))).collect();
        assert!(ids.is_sorted());
        let uuid = ids[0].uuid();
        assert_eq!(uuid.get_version_num(), 7);
        let seconds = uuid.get_timestamp().map(|stamp| stamp.to_unix().0);
        assert_eq!(seconds, Some(at.timestamp().unsigned_abs()));
    }
}
