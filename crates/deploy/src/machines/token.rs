//! Who we are to Fly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// A shorter piece of a token would be found in words that have nothing to do with it.
const SHORTEST_HIDDEN: usize = 8;

/// An access token of Fly's. It is never printed.
#[derive(Clone, Debug)]
pub struct Token(SecretString);

impl Token {
    /// Takes what `fly tokens create` prints, or a token alone: a scheme in front of it is dropped.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not show it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let schemed = ["flyv1", "bearer"].contains(&first.to_ascii_lowercase().as_str());
        let bare = if schemed { rest.trim() } else { text };
        if bare.is_empty() {
            return Err("is empty");
        }
        if !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("is no token: it holds blanks or other signs that no token has");
        }
        Ok(Self(bare.into()))
    }

    /// The `Authorization` that the Machines API and GraphQL know it by: macaroons (all of them, joined by commas) go
    /// under a scheme of Fly's own, as flyctl sends them, everything else as a bearer token.
    pub(crate) fn authorization(&self) -> HeaderValue {
        let token = self.0.expose_secret();
        let scheme = if token.split(',').any(is_macaroon) { "FlyV1" } else { "Bearer" };
        self.header(scheme)
    }

    /// The `Authorization` of `api.fly.io`'s own paths, where flyctl sends the same token as a bearer.
    pub(crate) fn bearer(&self) -> HeaderValue {
        self.header("Bearer")
    }

    fn header(&self, scheme: &str) -> HeaderValue {
        let token = self.0.expose_secret();
        // `parse` let nothing through that a header may not hold.
        let mut value =
            HeaderValue::from_str(&format!("{scheme} {token}")).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }

    /// The `Authorization` that the registry knows it by: the password of any name.
    pub(crate) fn basic(&self) -> HeaderValue {
        let login = STANDARD.encode(format!("x:{}", self.0.expose_secret()));
        let mut value =
            HeaderValue::from_str(&format!("Basic {login}")).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }

    /// The text without the token, should somebody have sent it back to us.
    pub(crate) fn hidden_in(&self, body: Vec<u8>) -> Vec<u8> {
        let mut text = String::from_utf8_lossy(&body).into_owned();
        for piece in self.0.expose_secret().split(',').filter(|piece| piece.len() >= SHORTEST_HIDDEN) {
            text = text.replace(piece, "[token]");
        }
        text.into_bytes()
    }
}

fn is_macaroon(token: &str) -> bool {
    ["fm1r_", "fm1a_", "fm2_"].iter().any(|prefix| token.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> String {
        let value = Token::parse(text).expect("a token").authorization();
        assert!(value.is_sensitive());
        value.to_str().expect("text").to_owned()
    }

    #[test]
    fn macaroons_go_whole_under_flys_scheme_whatever_stood_in_front_of_them() {
        for text in ["fm2_a,fm2_b", "FlyV1 fm2_a,fm2_b", "Bearer fm2_a,fm2_b", " flyv1  fm2_a,fm2_b\n"] {
            assert_eq!(sent(text), "FlyV1 fm2_a,fm2_b");
        }
        assert_eq!(sent("fo1_a,fm1r_b"), "FlyV1 fo1_a,fm1r_b");
    }

    #[test]
    fn every_other_token_is_a_bearer() {
        assert_eq!(sent("fo1_abc"), "Bearer fo1_abc");
        assert_eq!(sent("FlyV1 abc"), "Bearer abc");
    }

    #[test]
    fn to_the_registry_it_is_the_password_of_any_name() {
        let value = Token::parse("FlyV1 fm2_a,fm2_b").expect("a token").basic();
        assert!(value.is_sensitive());
        assert_eq!(value.to_str().expect("text"), "Basic eDpmbTJfYSxmbTJfYg==");
    }

    #[test]
    fn what_no_header_can_hold_is_refused_without_being_shown() {
        for text in ["", "  ", "FlyV1 ", "fm2_a fm2_b", "fm2_\u{e4}", "a\nb"] {
            let wrong = Token::parse(text).expect_err("no token");
            assert!(!wrong.contains("fm2"), "{wrong}");
        }
    }

    #[test]
    fn a_token_that_is_sent_back_is_taken_out() {
        let token = Token::parse("fm2_secretsecret,fm2_othersecret").expect("a token");
        let body = token.hidden_in(b"bad token fm2_othersecret".to_vec());
        assert_eq!(String::from_utf8_lossy(&body), "bad token [token]");
    }
}
