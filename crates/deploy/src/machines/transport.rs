//! What carries a call to the API and its answer back.

use std::fmt;
use std::future::Future;

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

/// The name that a lease is held by: whoever has it may act on the machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Nonce(SecretString);

impl TryFrom<String> for Nonce {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err("wanted 1 to 200 visible signs") }
    }
}

impl Nonce {
    /// The text, for the header `fly-machine-lease-nonce`.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// One call, as the API gets it. Whoever carries it adds what it alone knows: the address and who we are.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path with its query, from `/v1` on.
    pub path: String,
    /// The lease that it is done under: the header `fly-machine-lease-nonce`.
    pub nonce: Option<Nonce>,
    /// The JSON body, where there is one.
    pub body: Option<Value>,
}

/// Bodies hold a machine's whole environment: they are left out.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// An answer, whatever it says.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header `fly-request-id`: Fly's support asks for it.
    pub request_id: Option<String>,
    /// The header `retry-after`.
    pub retry_after: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// As [`Request`]'s, without the body.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, request_id, .. } = self;
        f.debug_struct("Answer").field("status", status).field("request_id", request_id).finish_non_exhaustive()
    }
}

/// Why there is no answer, with the cause in words that hold no secret.
#[derive(Clone, Debug)]
pub enum Lost {
    /// The call was not sent: no connection could be made.
    NotSent(String),
    /// It may have been sent and done.
    Cut(String),
}

/// Carries calls: once each, without repeating or redirecting any. A call that gets no answer waits until it is dropped,
/// since its caller knows how long it may take.
pub trait Transport {
    /// Carries one call.
    ///
    /// # Errors
    /// [`Lost`], when no whole answer came back.
    fn send(&self, request: Request) -> impl Future<Output = Result<Answer, Lost>>;
}
