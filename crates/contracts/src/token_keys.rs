//! Keys that tokens are derived with, so that no token stands in a table: a token is what it names, followed by the
//! HMAC-SHA-256 of that under a key from the settings.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::{BASE32_NOPAD_NOCASE, Encoding};
use ring::hmac;

/// What a setting with such keys must be.
pub const WANTED: &str = "ID:KEY, comma-separated, the newest first; each KEY is 32 bytes or more in base64";

/// How a token is written: base32 (RFC 4648, section 6) without padding. Letters and digits alone, since mail clients end
/// a link before a `-`, `_` or `.` that stands at its end, and break lines at a `-` within it.
const TEXT: Encoding = BASE32_NOPAD_NOCASE;

pub(crate) const MAC_BYTES: usize = 32;

/// The keys, by id. The first one is for new tokens.
#[derive(Clone)]
pub struct TokenKeys {
    newest: String,
    newest_key: hmac::Key,
    keys: BTreeMap<String, hmac::Key>,
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKeys").field("newest", &self.newest).finish_non_exhaustive()
    }
}

impl TokenKeys {
    /// Reads `ID:KEY,ID:KEY`.
    ///
    /// # Errors
    /// What is wrong, without any of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut newest = None;
        let mut keys = BTreeMap::new();
        let mut bytes = BTreeSet::new();
        for pair in text.split(',') {
            let (id, key) = pair.trim().split_once(':').ok_or("has a part that is not ID:KEY")?;
            let key = STANDARD.decode(key).map_err(|_| "has a KEY that is not base64")?;
            if key.len() < MAC_BYTES {
                return Err("has a KEY of less than 32 bytes");
            }
            if id.is_empty() {
                return Err("has a KEY without an ID");
            }
            if !bytes.insert(key.clone()) {
                // Under two ids: whoever rotated it so would take away the key that they believe is new.
                return Err("has a KEY twice");
            }
            let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
            newest.get_or_insert_with(|| (id.to_owned(), key.clone()));
            if keys.insert(id.to_owned(), key).is_some() {
                return Err("has an ID twice");
            }
        }
        let (newest, newest_key) = newest.ok_or("is empty")?;
        Ok(Self { newest, newest_key, keys })
    }

    /// The key id for new tokens.
    #[must_use]
    pub fn newest(&self) -> &str {
        &self.newest
    }

    /// A key for something else than tokens, derived from the newest one by this label.
    pub(crate) fn derived(&self, label: &[u8]) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&self.newest_key, label).as_ref())
    }

    /// The token that names this, under the newest key.
    #[must_use]
    pub fn seal_newest(&self, named: &[u8]) -> String {
        sealed(&self.newest_key, named)
    }

    /// The same under the key of this id; `None` when that is not here any more.
    #[must_use]
    pub fn seal(&self, named: &[u8], key_id: &str) -> Option<String> {
        self.keys.get(key_id).map(|key| sealed(key, named))
    }

    /// What a token names, if any key here made it.
    #[must_use]
    pub fn open<const BYTES: usize>(&self, token: &str) -> Option<[u8; BYTES]> {
        self.opened(&TEXT.decode(token.as_bytes()).ok()?)
    }

    /// The same of a token's bytes.
    pub(crate) fn opened<const BYTES: usize>(&self, token: &[u8]) -> Option<[u8; BYTES]> {
        let (named, mac) = token.split_first_chunk::<BYTES>()?;
        let made = self.keys.values().any(|key| hmac::verify(key, named, mac).is_ok());
        made.then_some(*named)
    }
}

fn sealed(key: &hmac::Key, named: &[u8]) -> String {
    TEXT.encode(&[named, hmac::sign(key, named).as_ref()].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(ids_and_bytes: &[(&str, u8)]) -> TokenKeys {
        let pairs: Vec<String> =
            ids_and_bytes.iter().map(|(id, byte)| format!("{id}:{}", STANDARD.encode([*byte; 32]))).collect();
        TokenKeys::parse(&pairs.join(",")).expect("keys")
    }

    #[test]
    fn a_token_outlives_a_rotation_that_keeps_its_key() {
        let (before, after) = (keys(&[("k1", 1)]), keys(&[("k2", 2), ("k1", 1)]));
        assert_eq!(after.newest(), "k2");
        assert_eq!(after.seal(b"seven", "k1"), before.seal(b"seven", "k1"));
        assert_eq!(Some(after.seal_newest(b"seven")), after.seal(b"seven", "k2"));
        assert_eq!(after.open(&before.seal(b"seven", "k1").expect("a key")), Some(*b"seven"));
        assert_eq!(keys(&[("k2", 2)]).open::<5>(&before.seal(b"seven", "k1").expect("a key")), None);
        assert_eq!(before.seal(b"seven", "k2"), None);
    }

    #[test]
    fn a_token_that_names_more_or_less_is_none() {
        let keys = keys(&[("k1", 1)]);
        let token = keys.seal(b"seven", "k1").expect("a key");
        assert_eq!((keys.open::<4>(&token), keys.open::<6>(&token), keys.open::<0>("")), (None, None, None));
    }

    #[test]
    fn any_changed_byte_makes_it_nobodys() {
        let keys = keys(&[("k1", 1)]);
        let token = TEXT.decode(keys.seal(b"seven", "k1").expect("a key").as_bytes()).expect("base32");
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1;
            assert_eq!(keys.open::<5>(&TEXT.encode(&changed)), None, "byte {at}");
        }
    }

    #[test]
    fn it_may_be_typed_in_small_letters() {
        let keys = keys(&[("k1", 1)]);
        let token = keys.seal(b"seven", "k1").expect("a key").to_lowercase();
        assert_eq!(keys.open(&token), Some(*b"seven"));
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let (good, other, short) = (STANDARD.encode([1; 32]), STANDARD.encode([2; 32]), STANDARD.encode([1; 31]));
        for (wrong, why) in [
            ("", "has a part that is not ID:KEY"),
            ("k1", "has a part that is not ID:KEY"),
            ("k1:", "has a KEY of less than 32 bytes"),
            ("k1:_", "has a KEY that is not base64"),
            (&format!(":{good}"), "has a KEY without an ID"),
            (&format!("k1:{short}"), "has a KEY of less than 32 bytes"),
            (&format!("k1:{good},k1:{other}"), "has an ID twice"),
            (&format!("k2:{good},k1:{good}"), "has a KEY twice"),
        ] {
            assert_eq!(TokenKeys::parse(wrong).err(), Some(why), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_it_names_under_whatever_key_it_is_letters_and_digits(named: [u8; 16], key: [u8; 32]) {
            let keys = TokenKeys::parse(&format!("k:{}", STANDARD.encode(key))).expect("a key");
            let token = keys.seal(&named, "k").expect("its key");
            prop_assert!(token.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit()), "{}", token);
            prop_assert_eq!(keys.open(&token), Some(named));
        }

        #[test]
        fn no_other_text_is_a_token(text in "\\PC{0,100}") {
            prop_assert_eq!(keys(&[("k1", 1)]).open::<16>(&text), None);
        }
    }
}
