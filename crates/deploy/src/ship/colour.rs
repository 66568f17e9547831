//! Colours: which machines belong together.

use std::fmt;
use std::str::FromStr;

/// A text that is none of what this deployer writes; the text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wanted {0}")]
pub struct NotOurs(pub(super) &'static str);

fn hex(text: &str, digits: usize) -> Option<u64> {
    let fits = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if fits { u64::from_str_radix(text, 16).ok() } else { None }
}

macro_rules! hex {
    ($(#[$doc:meta])* $name:ident, $digits:literal, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl FromStr for $name {
            type Err = NotOurs;

            fn from_str(text: &str) -> Result<Self, NotOurs> {
                hex(text, $digits).map(Self).ok_or(NotOurs($wanted))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:0digits$x}", self.0, digits = $digits)
            }
        }
    };
}

hex! {
    /// One attempt at a release, never used twice: 12 hex digits of the time of its birth and 4 of chance. So ids sort by
    /// age, and a name with one is short enough.
    ColourId, 16, "16 hex digits"
}
hex! {
    /// What a release is: see [`fingerprint`](super::fingerprint).
    Fingerprint, 16, "16 hex digits"
}
hex! {
    /// The first 12 hex digits of an image's digest.
    Digest, 12, "12 hex digits"
}

impl ColourId {
    /// The id of a colour that is born now.
    #[must_use]
    pub fn new(unix_ms: u64, chance: u16) -> Self {
        Self(unix_ms << 16 | u64::from(chance))
    }

    /// When it was born, in milliseconds since 1970, by the clock of whoever made it.
    #[must_use]
    pub fn born(self) -> u64 {
        self.0 >> 16
    }
}

impl Fingerprint {
    /// Of a hash's first bytes.
    #[must_use]
    pub fn new(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }
}

impl Digest {
    /// Of an image's whole digest, `sha256:…`.
    #[must_use]
    pub fn of(image: &str) -> Option<Self> {
        image.strip_prefix("sha256:")?.get(..12)?.parse().ok()
    }
}

/// A commit, by as many of its digits as tell it from all others that are ever compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit(u64);

impl Commit {
    /// Of a hash of at least 7 digits; those after the 16th are not looked at.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let digits = text.len().min(16);
        if digits < 7 { None } else { hex(text.get(..digits)?, digits).map(Self) }
    }
}

/// What a machine of ours says it is: colour, release and image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseKey {
    /// Its colour.
    pub id: ColourId,
    /// Its release.
    pub fingerprint: Fingerprint,
    /// The image that it says so of. On another image the key is void: flyctl, clones and the autoscaler copy keys.
    pub digest: Digest,
}

impl FromStr for ReleaseKey {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let mut parts = text.split('.');
        let mut part = || parts.next().unwrap_or_default();
        let key = Self { id: part().parse()?, fingerprint: part().parse()?, digest: part().parse()? };
        if parts.next().is_none() { Ok(key) } else { Err(NotOurs("ID.FINGERPRINT.DIGEST12")) }
    }
}

impl fmt::Display for ReleaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.id, self.fingerprint, self.digest)
    }
}

/// Machines that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// Made by flyctl or by hand, of one image, if that is known.
    Foreign(Option<Digest>),
    /// Made by us.
    Ours(ReleaseKey),
}

/// How many machines a colour has when it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plan {
    /// How many of them run.
    pub started: u8,
    /// How many there are, those that sleep too.
    pub all: u8,
}

impl FromStr for Plan {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let parts = text.split_once('/').and_then(|(started, all)| Some((started.parse().ok()?, all.parse().ok()?)));
        let plan = parts.map(|(started, all)| Self { started, all });
        plan.filter(|plan| plan.started <= plan.all).ok_or(NotOurs("STARTED/ALL"))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.started, self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_as_it_was_written() {
        let text = "019aabbccdde0042.00000000deadbeef.222222222222";
        let key: ReleaseKey = text.parse().expect("a key");
        assert_eq!(key.to_string(), text);
        assert_eq!(key.id, ColourId::new(0x019a_abbc_cdde, 0x42));
        assert_eq!(key.id.born(), 0x019a_abbc_cdde);
        let plan: Plan = "1/2".parse().expect("a plan");
        assert_eq!((plan.started, plan.all, plan.to_string()), (1, 2, "1/2".to_owned()));
    }

    #[test]
    fn what_is_no_key_is_none() {
        let wrong = [
            "",
            "019aabbccdde0042.00000000deadbeef",
            "019aabbccdde0042.00000000deadbeef.222222222222.1",
            "019AABBCCDDE0042.00000000deadbeef.222222222222",
            "019aabbccdde0042.00000000deadbeef.22222222222",
            "+19aabbccdde0042.00000000deadbeef.222222222222",
        ];
        for text in wrong {
            assert!(text.parse::<ReleaseKey>().is_err(), "{text}");
        }
        for text in ["", "1", "2/1", "1/x", "-1/1"] {
            assert!(text.parse::<Plan>().is_err(), "{text}");
        }
    }

    #[test]
    fn ids_sort_by_age() {
        assert!(ColourId::new(1, u16::MAX) < ColourId::new(2, 0));
    }

    #[test]
    fn commits_are_told_apart_by_their_first_digits_and_a_word_is_none() {
        let long = "3b0a55300112233445566778899aabbccddeeff0";
        assert_eq!(Commit::of(long), Commit::of(&long[..16]));
        assert_ne!(Commit::of(long), Commit::of("8e5e5200011223344556677"));
        assert!(Commit::of("main").is_none() && Commit::of("branches").is_none());
    }
}
