//! `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header): whoever does not know whether a request was
//! done repeats it with the same key, and gets the answer that there was or would have been.
//!
//! Keys belong to a person and a route. The answer to a request that made something is kept in the transaction that
//! made it, for 24 h; a refusal is not kept, and worked out anew. Of two requests with one key at once, one works and
//! the other is told so. Neither the key nor the body is stored: only their hashes are.

mod answer;
mod key;
mod store;

use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use ring::digest::{Context, SHA256, digest};

pub use answer::KeptAnswer;
pub(crate) use key::quoted;
pub use store::{CLAIM, Found, KeyRefused, LOOKUP, write_once};

use crate::http::edge::Caller;
use crate::http::problem::{MALFORMED_IDEMPOTENCY_KEY, Problem};
use crate::postgres::Sweep;

/// The name of the header.
pub const HEADER: &str = "idempotency-key";

/// How long answers are kept. Every function that answers repeated requests sweeps them.
pub(crate) const SWEEP: Sweep =
    Sweep { table: "idempotency_keys", since: "created_at", keep: Duration::from_hours(24) };

/// A SHA-256.
pub type Hash = [u8; 32];

/// The key of a request, where it has one.
#[derive(Debug)]
pub struct IdempotencyKey(Option<Given>);

#[derive(Debug)]
struct Given {
    key: Hash,
    route: String,
    target: String,
    body: BodyHash,
}

/// A request that came with a key, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// Whose key it is.
    pub caller: Caller,
    /// Method and template: `POST /v1/jobs`.
    pub route: String,
    /// The key's.
    pub key: Hash,
    /// Of method, path and body.
    pub fingerprint: Hash,
}

/// Where the reader of the body leaves its hash. Extractors run side by side, so whoever wants it looks in the handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyHash(Rc<Cell<Option<Hash>>>);

impl BodyHash {
    /// That of a request with a key, where its hash is wanted.
    pub(crate) fn wanted(request: &HttpRequest) -> Option<Self> {
        request.headers().contains_key(HEADER).then(|| Self::of(request))
    }

    fn of(request: &HttpRequest) -> Self {
        request.extensions_mut().get_or_insert(Self::default()).clone()
    }

    /// Notes what was read.
    pub(crate) fn note(&self, body: &[u8]) {
        self.0.set(Some(sha256(body)));
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let values: Vec<&[u8]> = request.headers().get_all(HEADER).map(|value| value.as_bytes()).collect();
        let given =
            key::parse(&values).map_err(|wrong| Problem::from(MALFORMED_IDEMPOTENCY_KEY).detail(wrong.to_string()));
        ready(given.map(|key| {
            Self(key.map(|key| Given {
                key: sha256(key.as_bytes()),
                route: format!("{} {}", request.method(), request.match_pattern().unwrap_or_default()),
                target: format!("{} {}", request.method(), request.uri()),
                body: BodyHash::of(request),
            }))
        }))
    }
}

impl IdempotencyKey {
    /// The request with its key, once its body was read; none where it came without a key.
    #[must_use]
    pub fn of(self, caller: Caller) -> Option<Keyed> {
        self.0.map(|Given { key, route, target, body }| {
            let body = body.0.get().unwrap_or_else(|| sha256(b""));
            Keyed { caller, route, key, fingerprint: hash_of(&[target.as_bytes(), &body]) }
        })
    }
}

impl Keyed {
    /// The advisory lock of whoever works under this key.
    #[must_use]
    pub fn lock(&self) -> i64 {
        lock(&[b"idempotency key", self.caller.0.as_bytes(), self.route.as_bytes(), &self.key])
    }
}

/// The advisory lock of something that is named by these parts. Locks are one number for the whole database: by hash,
/// so that nobody has to know the others'.
#[must_use]
pub fn lock(parts: &[&[u8]]) -> i64 {
    let hash = hash_of(parts);
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}

fn sha256(bytes: &[u8]) -> Hash {
    hash(digest(&SHA256, bytes))
}

/// Of several parts, each with its length, so that none can pass for two.
fn hash_of(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    hash(context.finish())
}

fn hash(digest: ring::digest::Digest) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

#[cfg(test)]
mod tests;
