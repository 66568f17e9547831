//! Randomness that is the same on every machine and in every year.

use time::OffsetDateTime;
use uuid::{Builder, Uuid};

/// SplitMix64 (Steele, Lea and Flood, 2014): one word of state, and all that sample data needs. Nothing secret may come
/// from it.
pub(super) struct Random(u64);

impl Random {
    /// Starts at a seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..bound`; 0 for a bound of 0. The bias of the remainder is far below what a reader could see.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound.max(1)
    }

    /// True in so many of a hundred draws.
    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// A place in a list of that length.
    fn index(&mut self, length: usize) -> usize {
        // A list's length fits in 64 bits, and what is below it fits in `usize` again.
        self.below(length as u64) as usize
    }

    /// One of a list, which must not be empty.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    /// One of a list by weight; its first when all weights are 0.
    pub(super) fn weighted<T: Copy>(&mut self, from: &[(T, u64)]) -> T {
        let mut left = self.below(from.iter().map(|(_, weight)| weight).sum());
        for (item, weight) in from {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        from[0].0
    }

    /// Several of a list, each once, in a random order; all of them when it is shorter.
    pub(super) fn several<T: Copy>(&mut self, from: &[T], count: usize) -> Vec<T> {
        let mut left = from.to_vec();
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count && !left.is_empty() {
            let index = self.index(left.len());
            taken.push(left.swap_remove(index));
        }
        taken
    }

    /// A UUIDv7 of that time.
    pub(super) fn id(&mut self, at: OffsetDateTime) -> Uuid {
        // A time before 1970 has no UUIDv7: it gets the oldest one.
        let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.bits().to_le_bytes());
        bytes[8..].copy_from_slice(&self.bits().to_le_bytes()[..2]);
        Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::Random;

    #[test]
    fn it_draws_the_published_sequence() {
        let mut random = Random::new(1_234_567);
        assert_eq!(random.bits(), 6_457_827_717_110_365_317);
        assert_eq!(random.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn several_are_taken_once_each() {
        let mut taken = Random::new(1).several(&[1, 2, 3, 4], 9);
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3, 4]);
    }

    #[test]
    fn what_weighs_nothing_is_never_drawn() {
        let mut random = Random::new(1);
        assert!((0..100).all(|_| random.weighted(&[('a', 0), ('b', 1)]) == 'b'));
    }

    #[test]
    fn an_id_is_of_version_7_and_holds_its_time() {
        let id = Random::new(1).id(datetime!(2026-01-02 03:04:05.678 UTC));
        assert_eq!(id.get_version_num(), 7);
        let millis = id.get_timestamp().map(|at| at.to_unix());
        assert_eq!(millis, Some((1_767_323_045, 678_000_000)));
    }
}
