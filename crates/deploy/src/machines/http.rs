//! Calls over the network.

use std::time::Duration;

use platform::http::edge::once;
use platform::telemetry::log::chain;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::transport::{Answer, Lost, Request, Transport};
use super::{ApiAddress, FlySettings, Token};

const NONCE: HeaderName = HeaderName::from_static("fly-machine-lease-nonce");
const REQUEST_ID: HeaderName = HeaderName::from_static("fly-request-id");
const USER_AGENT: &str = concat!("boardctl/", env!("CARGO_PKG_VERSION"));

/// How long the open network may leave what was sent unacknowledged: a write that is cut has to be looked up again, so
/// more patience than between our own machines, and less than the 15 s of a whole call.
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);

/// A machine in a list is about 3 kB; whatever is longer than this is no list of ours.
const LONGEST_ANSWER: usize = 8 << 20;

/// The API over HTTP.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    address: ApiAddress,
    token: Token,
}

impl Http {
    /// With these settings.
    ///
    /// # Errors
    /// When the system's part of the HTTP stack cannot be set up.
    pub fn new(settings: &FlySettings) -> reqwest::Result<Self> {
        let client = platform::http::client::builder()
            .user_agent(USER_AGENT)
            .tcp_user_timeout(UNACKNOWLEDGED)
            // Each repeat is decided above, by what the answer means.
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self { client, address: settings.address.clone(), token: settings.token.clone() })
    }
}

impl Transport for Http {
    async fn send(&self, request: Request) -> Result<Answer, Lost> {
        let url = self.address.join(&request.path);
        let mut sent = self.client.request(request.method, url).header(AUTHORIZATION, self.token.authorization());
        let nonce = request.nonce.as_ref().and_then(|nonce| HeaderValue::from_str(nonce.expose()).ok());
        if let Some(mut nonce) = nonce {
            nonce.set_sensitive(true);
            sent = sent.header(NONCE, nonce);
        }
        if let Some(body) = request.body {
            sent = sent.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let mut response = sent.send().await.map_err(lost)?;
        let status = response.status();
        let request_id = text(response.headers(), &REQUEST_ID);
        let retry_after = text(response.headers(), &RETRY_AFTER);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)?.filter(|_| body.len() <= LONGEST_ANSWER) {
            body.extend_from_slice(&chunk);
        }
        // What was done is read by its fields; what was refused is quoted.
        let body = if status.is_success() { body } else { self.token.hidden_in(body) };
        Ok(Answer { status: status.as_u16(), request_id, retry_after, body })
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = once(headers.get_all(name)).ok().flatten()?.to_str().ok()?;
    (text.len() <= 100).then(|| text.to_owned())
}

fn lost(error: reqwest::Error) -> Lost {
    let unsent = error.is_connect();
    let cause = chain(&error.without_url());
    if unsent { Lost::NotSent(cause) } else { Lost::Cut(cause) }
}
