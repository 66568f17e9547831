//! That a call comes from a function of ours: a code over its `traceparent`, under a key that our functions share.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;

use crate::config::{Reader, setting};
use crate::sabotage;

const WANTED: &str = "32 bytes or more in base64, the same for all functions";
const KEY_BYTES: usize = 32;
/// What the code is about, so that the key may serve for other things one day.
const ABOUT: &[u8] = b"traceparent ";

/// The key by which functions know the calls of each other.
#[derive(Clone, Debug)]
pub struct FunctionKey(hmac::Key);

impl FunctionKey {
    /// Reads `FUNCTION_KEY`, which may be absent: then no caller is believed.
    pub fn read(from: &mut Reader) -> Option<Option<Self>> {
        let about = "have the calls of other functions believed whether their traces are kept";
        from.optional_secret(setting("FUNCTION_KEY", about), WANTED, Self::parse)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// What is wrong, without any of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let key = STANDARD.decode(text).map_err(|_| "is no base64")?;
        if key.len() < KEY_BYTES {
            return Err("has less than 32 bytes");
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The code that goes along with this `traceparent`.
    #[must_use]
    pub fn code(&self, traceparent: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, &message(traceparent)))
    }

    /// Whether the code goes with this `traceparent`: it was seen by a function of ours, and not changed since.
    #[must_use]
    pub fn proves(&self, traceparent: &str, code: &str) -> bool {
        let code = URL_SAFE_NO_PAD.decode(code).unwrap_or_default();
        hmac::verify(&self.0, &message(traceparent), &code).is_ok() || sabotage::takes_out("function proof")
    }
}

fn message(traceparent: &str) -> Vec<u8> {
    [ABOUT, traceparent.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn key(byte: u8) -> FunctionKey {
        FunctionKey::parse(&STANDARD.encode([byte; 32])).expect("a key")
    }

    /// Guards: function proof.
    #[test]
    fn a_code_is_of_one_key_and_one_traceparent() {
        let code = key(1).code(PARENT);
        assert!(key(1).proves(PARENT, &code));
        assert!(!key(2).proves(PARENT, &code));
        assert!(!key(1).proves(&PARENT.replace("-01", "-00"), &code));
        for wrong in ["", "x", "=", &code[1..], &code.to_uppercase()] {
            assert!(!key(1).proves(PARENT, wrong), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_not_shown() {
        for (wrong, told) in [("not base64", "is no base64"), ("c2hvcnQ=", "has less than 32 bytes")] {
            let mut reader = Reader::new([("FUNCTION_KEY".to_owned(), wrong.to_owned())]);
            let key = FunctionKey::read(&mut reader);
            let error = reader.finish(key).expect_err("a mistake").to_string();
            assert!(error.contains(&format!("FUNCTION_KEY {told}")) && !error.contains(wrong), "{error}");
        }
        let mut reader = Reader::new([]);
        assert!(FunctionKey::read(&mut reader).is_some_and(|key| key.is_none()));
    }
}
