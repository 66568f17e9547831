//! Ids, and what else looks like chance: the same seed makes the same ones.

use time::OffsetDateTime;

/// Crockford's base 32, which ULIDs are written in.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// SplitMix64 (Steele, Lea, Flood 2014): ten lines of our own, because a library's generator may change with its version,
/// and a seed noted in a failed run should still say the same a year later.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    state: u64,
}

impl Ids {
    /// Starts at `seed`.
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

    /// A machine's id: 14 hex digits.
    pub(crate) fn machine(&mut self) -> String {
        format!("{:014x}", self.draw() >> 8)
    }

    /// A lease's nonce: 12 hex digits.
    pub(crate) fn nonce(&mut self) -> String {
        format!("{:012x}", self.draw() >> 16)
    }

    /// A ULID: events, versions of a configuration and requests are told by one.
    pub(crate) fn ulid(&mut self, now: OffsetDateTime) -> String {
        let drawn = u128::from(self.draw()) << 64 | u128::from(self.draw());
        let number = u128::from(millis(now).unsigned_abs()) << 80 | drawn >> 48;
        (0..26).rev().map(|place| char::from(SIGNS[(number >> (5 * place) & 31) as usize])).collect()
    }
}

/// Milliseconds since 1970.
pub(crate) fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

/// A text's print (FNV-1a): another one for another text.
pub(crate) fn print(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_ids_and_another_others() {
        let three = |seed| {
            let mut ids = Ids::new(seed);
            [ids.machine(), ids.nonce(), ids.ulid(OffsetDateTime::UNIX_EPOCH)]
        };
        assert_eq!(three(7), three(7));
        assert!(three(7).iter().zip(three(8)).all(|(one, other)| *one != other));
        assert_eq!(three(7).map(|id| id.len()), [14, 12, 26]);
    }

    #[test]
    fn later_ulids_sort_later() {
        let mut ids = Ids::new(1);
        let early = ids.ulid(OffsetDateTime::UNIX_EPOCH + Duration::DAY);
        assert!(early < ids.ulid(OffsetDateTime::UNIX_EPOCH + Duration::DAY + Duration::MILLISECOND));
        assert!(early.starts_with("00002JCQ00"), "{early}: the time stands in front");
    }
}
