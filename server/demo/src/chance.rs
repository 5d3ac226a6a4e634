//! Seeded chance: the same seed tells the same story.

use std::ops::RangeInclusive;

use chrono::TimeDelta;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of choices. Its generator is one whose numbers never change with the crate's version.
pub(crate) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    pub fn seeded(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// The chance of a thing, the same whenever and in whatever order it is asked for.
    pub fn of(words: &[&str], place: usize) -> Self {
        let mut digest = Sha256::new();
        for word in words {
            digest.update(word);
            digest.update([0]);
        }
        let digest = digest.chain_update(place.to_be_bytes()).finalize();
        let (first, _) = digest.split_at(8);
        Self::seeded(u64::from_be_bytes(first.try_into().expect("eight of its bytes")))
    }

    /// Whether something happens that happens this often in a hundred.
    pub fn percent(&mut self, often: u32) -> bool {
        self.0.random_ratio(often, 100)
    }

    /// An index below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0.random_range(0..count)
    }

    pub fn between(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.0.random_range(range)
    }

    /// A length of time; the range is in minutes.
    pub fn minutes(&mut self, range: RangeInclusive<i64>) -> TimeDelta {
        TimeDelta::minutes(self.between(range)) + TimeDelta::seconds(self.between(0..=59))
    }

    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        among.choose(&mut self.0).expect("the lists of the demo have entries")
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        items.shuffle(&mut self.0);
    }

    /// This many decimal digits.
    pub fn digits<const N: usize>(&mut self) -> [u32; N] {
        std::array::from_fn(|_| self.0.random_range(0..10))
    }
}
