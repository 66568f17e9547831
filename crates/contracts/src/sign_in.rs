//! How a sign-in token is derived, so that it stands in no table: it is the HMAC-SHA-256 of the sign-in's id under a
//! key from the settings of the function that checks it and the one that mails it. The row names the key by its id.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use platform::config::{Reader, Settings, setting};
use ring::hmac;
use uuid::Uuid;

use crate::ids::SignInId;

const WANTED: &str = "ID:KEY, comma-separated, the newest first; each KEY is 32 bytes or more in base64";
/// What the key is derived by that blinds; longer than an id, so that it is no token either.
const BLINDING: &[u8] = b"blinds what is personal";
const ID_BYTES: usize = 16;
const MAC_BYTES: usize = 32;

/// The keys, by id. The first one is for new tokens; the others are kept for 15 minutes after a rotation.
#[derive(Clone)]
pub struct SignInKeys {
    newest: String,
    keys: BTreeMap<String, hmac::Key>,
    blinding: hmac::Key,
}

impl std::fmt::Debug for SignInKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInKeys").field("newest", &self.newest).finish_non_exhaustive()
    }
}

impl Settings for SignInKeys {
    fn read(from: &mut Reader) -> Option<Self> {
        from.secret(setting("SIGN_IN_KEYS", "derive the tokens of mailed links"), WANTED, Self::parse)
    }
}

impl SignInKeys {
    /// Reads `ID:KEY,ID:KEY`.
    ///
    /// # Errors
    /// What is wrong, without any of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (mut newest, mut blinding) = (None, None);
        let mut keys = BTreeMap::new();
        for pair in text.split(',') {
            let (id, key) = pair.trim().split_once(':').ok_or("has a part that is not ID:KEY")?;
            let key = STANDARD.decode(key).map_err(|_| "has a KEY that is not base64")?;
            if key.len() < MAC_BYTES {
                return Err("has a KEY of less than 32 bytes");
            }
            if id.is_empty() {
                return Err("has a KEY without an ID");
            }
            newest.get_or_insert_with(|| id.to_owned());
            let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
            blinding.get_or_insert_with(|| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, BLINDING).as_ref()));
            if keys.insert(id.to_owned(), key).is_some() {
                return Err("has an ID twice");
            }
        }
        newest.zip(blinding).map(|(newest, blinding)| Self { newest, keys, blinding }).ok_or("is empty")
    }

    /// The key id for new tokens.
    #[must_use]
    pub fn newest(&self) -> &str {
        &self.newest
    }

    /// The token of a sign-in; `None` when its key is not here any more.
    #[must_use]
    pub fn token(&self, id: SignInId, key_id: &str) -> Option<String> {
        let mac = hmac::sign(self.keys.get(key_id)?, id.0.as_bytes());
        let mut bytes = id.0.as_bytes().to_vec();
        bytes.extend_from_slice(mac.as_ref());
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Something personal as a text that tells it apart, and that nobody without the newest key can guess it from: for
    /// where it must not stand itself. The parts are not run together: `ab, c` is another thing than `a, bc`.
    #[must_use]
    pub fn blind(&self, parts: &[&[u8]]) -> String {
        let mut mac = hmac::Context::with_key(&self.blinding);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Which sign-in a token is of, if any key here made it.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<SignInId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == ID_BYTES + MAC_BYTES)?;
        let (id, mac) = bytes.split_at(ID_BYTES);
        let made = self.keys.values().any(|key| hmac::verify(key, id, mac).is_ok());
        made.then(|| Uuid::from_slice(id).ok().map(SignInId)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> SignInKeys {
        SignInKeys::parse(text).expect("keys")
    }

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    const ID: SignInId = SignInId(Uuid::from_u128(7));

    #[test]
    fn a_token_names_its_sign_in() {
        let keys = keys(&format!("k1:{}", key(1)));
        let token = keys.token(ID, "k1").expect("a key");
        assert_eq!(keys.verify(&token), Some(ID));
    }

    #[test]
    fn a_token_outlives_a_rotation_that_keeps_its_key() {
        let before = keys(&format!("k1:{}", key(1)));
        let after = keys(&format!("k2:{},k1:{}", key(2), key(1)));
        assert_eq!(after.newest(), "k2");
        assert_eq!(after.token(ID, "k1"), before.token(ID, "k1"));
        assert_eq!(after.verify(&before.token(ID, "k1").expect("a key")), Some(ID));
    }

    #[test]
    fn a_token_of_another_key_is_nobodys() {
        let (ours, theirs) = (keys(&format!("k1:{}", key(1))), keys(&format!("k1:{}", key(2))));
        assert_eq!(ours.verify(&theirs.token(ID, "k1").expect("a key")), None);
        assert_eq!(ours.token(ID, "k9"), None);
    }

    #[test]
    fn any_changed_byte_makes_it_nobodys() {
        let keys = keys(&format!("k1:{}", key(1)));
        let token = URL_SAFE_NO_PAD.decode(keys.token(ID, "k1").expect("a key")).expect("base64");
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1;
            assert_eq!(keys.verify(&URL_SAFE_NO_PAD.encode(changed)), None, "byte {at}");
        }
    }

    #[test]
    fn what_is_blinded_is_told_apart_by_its_parts_and_by_the_key() {
        let keys = keys(&format!("k1:{}", key(1)));
        let blinded = keys.blind(&[b"ab", b"c"]);
        assert_eq!(blinded, keys.blind(&[b"ab", b"c"]));
        assert_eq!(blinded.len(), 64);
        let others = [keys.blind(&[b"a", b"bc"]), keys.blind(&[b"abc"]), keys.blind(&[b"ab", b"c", b""])];
        assert!(!others.contains(&blinded));
        assert_ne!(SignInKeys::parse(&format!("k1:{}", key(2))).expect("keys").blind(&[b"ab", b"c"]), blinded);
    }

    #[test]
    fn what_is_blinded_holds_no_token() {
        let keys = keys(&format!("k1:{}", key(1)));
        let token = URL_SAFE_NO_PAD.decode(keys.token(ID, "k1").expect("a key")).expect("base64");
        let mac: String = token[ID_BYTES..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_ne!(keys.blind(&[ID.0.as_bytes()]), mac);
        assert!(BLINDING.len() > ID_BYTES);
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let (good, short) = (key(1), STANDARD.encode([1; 31]));
        for (wrong, why) in [
            ("", "has a part that is not ID:KEY"),
            ("k1", "has a part that is not ID:KEY"),
            ("k1:", "has a KEY of less than 32 bytes"),
            ("k1:_", "has a KEY that is not base64"),
            (&format!(":{good}"), "has a KEY without an ID"),
            (&format!("k1:{short}"), "has a KEY of less than 32 bytes"),
            (&format!("k1:{good},k1:{good}"), "has an ID twice"),
        ] {
            assert_eq!(SignInKeys::parse(wrong).err(), Some(why), "{wrong}");
        }
    }
}
