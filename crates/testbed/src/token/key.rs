//! The Ed25519 key that access tokens are signed with.

use std::path::Path;
use std::time::Duration;

use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::{base64url, pem, random_hex};
use crate::Error;

/// A key pair (RFC 8032).
#[derive(Debug)]
pub struct KeyPair {
    /// PKCS#8: version 2, with the public key (RFC 5958), when made here; version 1 when made by openssl.
    der: Vec<u8>,
    pair: Ed25519KeyPair,
}

impl KeyPair {
    /// Makes a new one.
    ///
    /// # Panics
    ///
    /// When the operating system has no random bytes.
    pub fn generate() -> Self {
        let made =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("the operating system gives random bytes");
        let der = made.as_ref().to_vec();
        let pair = Ed25519KeyPair::from_pkcs8(&der).expect("ring reads what it wrote");
        Self { der, pair }
    }

    /// Reads the key from a PEM file, or makes one and writes it there (0600).
    ///
    /// # Errors
    ///
    /// When the file can't be read or written, or holds something else than an Ed25519 key: that is left as it is.
    pub fn load_or_create(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = super::kept(path, || Self::generate().signing_key_pem())?;
        Self::parse(&text).ok_or_else(|| {
            Error::Unfit(format!(
                "{} holds no Ed25519 key (PKCS#8, PEM \"PRIVATE KEY\"); move it away to have one made",
                path.display()
            ))
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let der = pem::decode(text)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok()?;
        Some(Self { der, pair })
    }

    /// The private key as PEM, for the function that signs.
    pub fn signing_key_pem(&self) -> String {
        pem::encode(&self.der)
    }

    /// The public key as a JWK set (RFC 7517, RFC 8037), for the functions that verify.
    pub fn public_jwks(&self) -> String {
        let key = json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": self.kid(),
            "x": self.x(),
        });
        json!({ "keys": [key] }).to_string()
    }

    /// The key's thumbprint (RFC 7638; its members by RFC 8037, appendix A.3).
    pub fn kid(&self) -> String {
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        let digest = ring::digest::digest(&ring::digest::SHA256, members.as_bytes());
        base64url(digest.as_ref())
    }

    fn x(&self) -> String {
        base64url(self.pair.public_key().as_ref())
    }

    /// An access token (RFC 9068) for a person, good from now on for `lifetime`.
    pub fn mint(&self, subject: &str, lifetime: Duration) -> String {
        let now = crate::now();
        self.mint_with(&json!({
            "iss": "board",
            "aud": "board",
            "sub": subject,
            "iat": now.as_secs(),
            "exp": (now + lifetime).as_secs(),
            "jti": random_hex(),
        }))
    }

    /// A token with these claims, right or wrong.
    pub fn mint_with(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid() });
        self.sign(&header, claims)
    }

    /// A token with this header and these claims, right or wrong, with a good signature.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", base64url(signature.as_ref()))
    }
}
