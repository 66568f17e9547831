//! How a sign-in token is derived, so that it stands in no table: from the sign-in's id, under a key from the settings
//! of the function that checks it and the one that mails it. The row names the key by its id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::config::{Reader, Settings, setting};
use ring::hmac;
use uuid::Uuid;

use crate::ids::SignInId;
use crate::token_keys::{TokenKeys, WANTED};

/// What the key is derived by that blinds; longer than an id, so that it is no token either.
const BLINDING: &[u8] = b"blinds what is personal";

/// The keys, by id. The first one is for new tokens; the others are kept for 15 minutes after a rotation.
#[derive(Clone, Debug)]
pub struct SignInKeys {
    tokens: TokenKeys,
    blinding: hmac::Key,
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
        let tokens = TokenKeys::parse(text)?;
        let blinding = tokens.derived(BLINDING);
        Ok(Self { tokens, blinding })
    }

    /// The key id for new tokens.
    #[must_use]
    pub fn newest(&self) -> &str {
        self.tokens.newest()
    }

    /// The token of a sign-in; `None` when its key is not here any more.
    #[must_use]
    pub fn token(&self, id: SignInId, key_id: &str) -> Option<String> {
        self.tokens.seal(id.0.as_bytes(), key_id)
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
        let id = self.tokens.open(token).or_else(|| self.verify_base64(token))?;
        Some(SignInId(Uuid::from_bytes(id)))
    }

    /// Tokens were mailed in base64url once, and an older `email-worker` may still do so. This can go when none does.
    fn verify_base64(&self, token: &str) -> Option<[u8; 16]> {
        self.tokens.opened(&URL_SAFE_NO_PAD.decode(token).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::token_keys::MAC_BYTES;

    fn keys(byte: u8) -> SignInKeys {
        SignInKeys::parse(&format!("k1:{}", STANDARD.encode([byte; MAC_BYTES]))).expect("keys")
    }

    const ID: SignInId = SignInId(Uuid::from_u128(7));

    /// The HMAC of that id under the key of 32 ones.
    fn mac() -> Vec<u8> {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[1; MAC_BYTES]), ID.0.as_bytes()).as_ref().to_vec()
    }

    #[test]
    fn a_token_names_its_sign_in() {
        let token = keys(1).token(ID, "k1").expect("a key");
        assert_eq!(keys(1).verify(&token), Some(ID));
        assert_eq!(token.len(), 77);
    }

    #[test]
    fn a_token_that_was_mailed_in_base64url_is_still_good() {
        let token = URL_SAFE_NO_PAD.encode([ID.0.as_bytes(), mac().as_slice()].concat());
        assert_eq!(keys(1).verify(&token), Some(ID));
        assert_eq!(keys(2).verify(&token), None);
    }

    #[test]
    fn a_token_of_another_key_is_nobodys() {
        assert_eq!(keys(1).verify(&keys(2).token(ID, "k1").expect("a key")), None);
        assert_eq!(keys(1).token(ID, "k9"), None);
    }

    #[test]
    fn what_is_blinded_is_told_apart_by_its_parts_and_by_the_key() {
        let blinded = keys(1).blind(&[b"ab", b"c"]);
        assert_eq!(blinded, keys(1).blind(&[b"ab", b"c"]));
        assert_eq!(blinded.len(), 64);
        let others = [keys(1).blind(&[b"a", b"bc"]), keys(1).blind(&[b"abc"]), keys(1).blind(&[b"ab", b"c", b""])];
        assert!(!others.contains(&blinded));
        assert_ne!(keys(2).blind(&[b"ab", b"c"]), blinded);
    }

    #[test]
    fn what_is_blinded_holds_no_token() {
        let mac: String = mac().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_ne!(keys(1).blind(&[ID.0.as_bytes()]), mac);
        assert!(BLINDING.len() > ID.0.as_bytes().len());
    }
}
