//! Keys and access tokens, made here without the code that checks them: a rule that `platform` reads wrongly must show.

mod kept;
mod key;
mod pem;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

pub(crate) use kept::kept;
pub use key::KeyPair;

/// Base64 as JOSE writes it (RFC 7515, section 2).
fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// 32 random hexadecimal digits (128 bits).
pub(crate) fn random_hex() -> String {
    format!("{:032x}", u128::from_be_bytes(random()))
}

/// Random bytes, for keys.
pub(crate) fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
