//! Chance that can be repeated: the same seed draws the same faults.

use time::OffsetDateTime;
use uuid::{Builder, Uuid};

/// SplitMix64 (Steele, Lea, Flood 2014). Ten lines of our own, because a library's generator may change with
/// its version, and a seed noted in a failed run should still say the same a year later.
#[derive(Clone)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    /// A generator that starts at `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but not including, 1.
    pub(crate) fn share(&mut self) -> f64 {
        // The upper 53 bits are what a f64 can hold exactly.
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A new id. The time goes in too: a stand-in started again with the same seed repeats its faults, but
    /// must not hand out the ids of its last life, which a sender may have stored.
    pub(crate) fn id(&mut self, now: OffsetDateTime) -> Uuid {
        let drawn = u128::from(self.draw()) << 64 | u128::from(self.draw());
        let moment = now.unix_timestamp_nanos().unsigned_abs();
        Builder::from_random_bytes((drawn ^ moment).to_be_bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn the_same_seed_draws_the_same_shares() {
        let (mut one, mut other) = (Chance::new(7), Chance::new(7));
        let drawn: Vec<f64> = (0..100).map(|_| one.share()).collect();
        assert!(drawn.iter().all(|share| *share == other.share()));
        assert!(drawn.iter().all(|share| (0.0..1.0).contains(share)));
    }

    #[test]
    fn shares_are_spread_evenly() {
        let mut chance = Chance::new(1);
        let low = (0..10_000).filter(|_| chance.share() < 0.25).count();
        assert!((2_300..2_700).contains(&low), "{low} of 10,000 were below a quarter");
    }

    #[test]
    fn a_second_life_with_the_same_seed_makes_other_ids() {
        let born = OffsetDateTime::UNIX_EPOCH;
        let first = Chance::new(7).id(born);
        let second = Chance::new(7).id(born + Duration::SECOND);
        assert_ne!(first, second);
        assert_eq!(first.get_version_num(), 4);
    }
}
