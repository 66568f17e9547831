//! Who is calling: access tokens as EdDSA JWTs (RFC 9068's `at+jwt`), minted by the function that signs people in
//! and checked by all others with public keys from a setting, so that none needs another to start.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, crypto, decode, decode_header, encode};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::{Reader, Settings, setting};
use crate::sabotage;

/// How long an access token is good for.
pub const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

const ISSUER: &str = "board";
const TOKEN_TYPE: &str = "at+jwt";
/// Longer texts are not even looked at.
const LONGEST_TOKEN: usize = 2_048;
/// Verified tokens that are remembered, since a check of a signature costs 47 µs.
const REMEMBERED: usize = 10_000;

/// What a token says: who, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The person.
    pub subject: Uuid,
    /// The session that it is a part of, where it names one.
    pub session: Option<Uuid>,
    /// When the token ends, in seconds since 1970.
    pub expires: i64,
}

#[derive(Serialize, Deserialize)]
struct Written {
    iss: String,
    aud: String,
    sub: Uuid,
    /// As OpenID Connect names it (Front-Channel Logout 1.0, section 3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

/// Mints tokens.
pub struct Signer {
    key: EncodingKey,
    header: Header,
    clock: Clock,
}

/// What a signer needs, as settings: the private key, and the id under which its public half is known.
pub struct SignerSettings {
    key: EncodingKey,
    key_id: String,
}

impl Settings for SignerSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let wanted = "an Ed25519 private key in PEM (PKCS #8)";
        let key = from.secret(setting("TOKEN_SIGNING_KEY", "signs access tokens"), wanted, |text| {
            EncodingKey::from_ed_pem(text.as_bytes()).map_err(|_| no_signing_key(text))
        });
        let key_id = from.required(setting("TOKEN_KEY_ID", "the `kid` of its public half"), "a text");
        Some(Self { key: key?, key_id: key_id? })
    }
}

impl SignerSettings {
    /// The id under which the public half is known.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }
}

impl Signer {
    /// Mints with this key.
    #[must_use]
    pub fn new(settings: SignerSettings, clock: Clock) -> Self {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(settings.key_id);
        Self { key: settings.key, header, clock }
    }

    /// A token for this person in this session, good for [`TOKEN_LIFE`] from now.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn mint(&self, subject: Uuid, session: Uuid) -> Result<(SecretString, Claims), MintError> {
        let now = self.clock.now().unix_timestamp();
        let expires = now + TOKEN_LIFE.as_secs().cast_signed();
        let written = Written {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: subject,
            sid: Some(session),
            iat: now,
            exp: expires,
            jti: self.clock.id(),
        };
        let token = encode(&self.header, &written, &self.key).map_err(MintError)?;
        Ok((token.into(), Claims { subject, session: Some(session), expires }))
    }
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("an access token could not be signed")]
pub struct MintError(#[source] jsonwebtoken::errors::Error);

/// Why a token is not good. The texts are for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// Not a token of this board at all.
    #[error("The access token is not one of this board's.")]
    Foreign,
    /// One that was good once.
    #[error("The access token has expired.")]
    Expired,
}

/// The public keys that tokens are checked with.
#[derive(Clone, Debug)]
pub struct PublicKeys(JwkSet);

impl Settings for PublicKeys {
    fn read(from: &mut Reader) -> Option<Self> {
        let keys: Option<JwkSet> = from.secret(
            setting("TOKEN_PUBLIC_KEYS", "check access tokens"),
            "a JWK Set (RFC 7517) of Ed25519 keys, each with a kid",
            |text| {
                let keys: JwkSet = serde_json::from_str(text).map_err(|_| "is no JWK Set")?;
                if keys.keys.is_empty() {
                    return Err("has no key");
                }
                keys.keys.iter().try_for_each(public_key)?;
                let ids: HashSet<_> = keys.keys.iter().map(|key| &key.common.key_id).collect();
                if ids.len() < keys.keys.len() {
                    return Err("has a kid twice");
                }
                Ok(keys)
            },
        );
        keys.map(Self)
    }
}

/// What is wrong with a text that is no private key.
fn no_signing_key(text: &str) -> &'static str {
    if text.contains("\\n") {
        "has \\n where its line breaks were"
    } else if text.contains("-----BEGIN PRIVATE KEY-----") {
        "is damaged, or of another kind than Ed25519"
    } else if text.contains("-----BEGIN") {
        "is PEM of something else than PKCS #8"
    } else {
        "is no PEM"
    }
}

fn public_key(key: &Jwk) -> Result<(), &'static str> {
    if key.common.key_id.is_none() {
        return Err("has a key without a kid");
    }
    if !is_ed25519(key) {
        return Err("has a key of another kind than Ed25519");
    }
    DecodingKey::from_jwk(key).map(drop).map_err(|_| "has a key that is damaged")
}

fn is_ed25519(key: &Jwk) -> bool {
    matches!(&key.algorithm, AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519)
}

impl PublicKeys {
    /// Whether tokens that are signed under this key id can be checked.
    #[must_use]
    pub fn include(&self, key_id: &str) -> bool {
        self.0.find(key_id).is_some()
    }

    /// Whether what this one signs is taken by the key of its id: a new private key with the old id would have every
    /// token refused that it signs.
    #[must_use]
    pub fn take(&self, signer: &SignerSettings) -> bool {
        let probe = b"is this your other half?";
        let key = self.0.find(&signer.key_id).and_then(|key| DecodingKey::from_jwk(key).ok());
        let signed = crypto::sign(probe, &signer.key, Algorithm::EdDSA).ok();
        let taken = key.zip(signed).map(|(key, signed)| crypto::verify(&signed, probe, &key, Algorithm::EdDSA));
        matches!(taken, Some(Ok(true)))
    }

    /// As `/.well-known/jwks.json` gives them.
    #[must_use]
    pub fn document(&self) -> &JwkSet {
        &self.0
    }
}

/// Checks tokens, and remembers those that were good until they expire.
#[derive(Debug)]
pub struct Verifier {
    keys: PublicKeys,
    validation: Validation,
    clock: Clock,
    remembered: Mutex<HashMap<String, Claims>>,
}

impl Verifier {
    /// Checks with these keys.
    #[must_use]
    pub fn new(keys: PublicKeys, clock: Clock) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Expiry is judged below, by the clock that was given.
        validation.validate_exp = false;
        Self { keys, validation, clock, remembered: Mutex::default() }
    }

    /// Who the token is of.
    ///
    /// # Errors
    /// When it is not ours, or has expired.
    pub fn verify(&self, token: &str) -> Result<Claims, BadToken> {
        if token.len() > LONGEST_TOKEN {
            return Err(BadToken::Foreign);
        }
        let known = self.remembered().get(token).copied();
        let claims = known.map_or_else(|| self.check(token), Ok)?;
        let now = self.clock.now().unix_timestamp();
        if claims.expires <= now && !sabotage::takes_out("token expiry") {
            self.remembered().remove(token);
            return Err(BadToken::Expired);
        }
        if known.is_none() {
            self.remember(token, claims, now);
        }
        Ok(claims)
    }

    fn check(&self, token: &str) -> Result<Claims, BadToken> {
        let header = decode_header(token).map_err(|_| BadToken::Foreign)?;
        let key = header.kid.and_then(|kid| self.keys.0.find(&kid)).ok_or(BadToken::Foreign)?;
        if header.typ.as_deref() != Some(TOKEN_TYPE) {
            return Err(BadToken::Foreign);
        }
        let key = DecodingKey::from_jwk(key).map_err(|_| BadToken::Foreign)?;
        let read = if sabotage::takes_out("token signature") {
            jsonwebtoken::dangerous::insecure_decode::<Written>(token)
        } else {
            decode::<Written>(token, &key, &self.validation)
        };
        let token = read.map_err(|_| BadToken::Foreign)?;
        let Written { sub, sid, exp, .. } = token.claims;
        Ok(Claims { subject: sub, session: sid, expires: exp })
    }

    fn remember(&self, token: &str, claims: Claims, now: i64) {
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED {
            remembered.retain(|_, claims| claims.expires > now);
            if remembered.len() >= REMEMBERED {
                remembered.clear();
            }
        }
        remembered.insert(token.to_owned(), claims);
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, Claims>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
