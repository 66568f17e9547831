//! Posts to Resend: one request for each call, cut after a time, never repeated and never redirected. What comes back
//! is read by [`Reply`].

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE, SERVER_ADDRESS, SERVER_PORT, URL_FULL,
};
use platform::guard::breaker::Verdict;
use platform::http::edge::once;
use platform::sabotage;
use platform::telemetry::{context, trace::OpenSpan};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::protocol::{BatchId, ErrorName, Reply, answer::Doubt, key, reason};
use crate::settings::ResendSettings;

/// Without one, Resend refuses with a 403.
const USER_AGENT: &str = concat!("email-worker/", env!("CARGO_PKG_VERSION"));

/// What the prober's question may take: less than the prober gives it.
const KEY_LIMIT: Duration = Duration::from_millis(1_500);

/// No mail has this id.
const NO_MAIL: &str = "00000000-0000-0000-0000-000000000000";

/// How long the open network may leave what was sent unacknowledged: longer than our own, since a repeated post costs a
/// minute's share of the rate.
const UNACKNOWLEDGED: Duration = Duration::from_secs(2);

/// A hundred ids are 5 kB; whatever is longer than this is not Resend's.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Resend's API.
#[derive(Clone, Debug)]
pub struct Resend {
    http: reqwest::Client,
    base: Url,
    bearer: HeaderValue,
    limit: Duration,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The HTTP stack could not be made.
    #[error("the HTTP stack could not be made")]
    Http(#[source] reqwest::Error),
    /// The API key is no header value.
    #[error("the API key cannot be a header")]
    Key,
}

impl Resend {
    /// A client of these settings.
    ///
    /// # Errors
    /// [`Unusable`], for reasons that no retry mends.
    pub fn new(settings: &ResendSettings) -> Result<Self, Unusable> {
        // A stack of its own: one mark is one post, so nothing here may repeat it or carry it elsewhere.
        let http = platform::http::client::of_function()
            .user_agent(USER_AGENT)
            .tcp_user_timeout(UNACKNOWLEDGED)
            .retry(reqwest::retry::never())
            .build()
            .map_err(Unusable::Http)?;
        let bearer = format!("Bearer {}", settings.api_key.expose_secret());
        let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| Unusable::Key)?;
        bearer.set_sensitive(true);
        Ok(Self { http, base: settings.url.clone(), bearer, limit: settings.post_limit })
    }

    /// Posts a batch of so many mails once, with its id as `Idempotency-Key`.
    pub async fn post(&self, batch: BatchId, mails: usize, body: Vec<u8>) -> Reply {
        let host = self.base.host_str().unwrap_or_default().to_owned();
        let port = i64::from(self.base.port_or_known_default().unwrap_or_default());
        let span = OpenSpan::below(
            &context::current(),
            "POST /emails/batch",
            SpanKind::Client,
            vec![
                KeyValue::new(HTTP_REQUEST_METHOD, "POST"),
                KeyValue::new(SERVER_ADDRESS, host),
                KeyValue::new(SERVER_PORT, port),
                KeyValue::new(URL_FULL, format!("{}/emails/batch", self.base.as_str().trim_end_matches('/'))),
            ],
        );
        let exchange = tokio::time::timeout(self.limit, self.exchange(batch, mails, body, &span)).await;
        let answer = exchange.unwrap_or(Ok(Reply::none(Doubt::TimedOut))).unwrap_or_else(Reply::none);
        let failure = failure(&answer);
        if let Some(name) = &failure {
            span.set(KeyValue::new(ERROR_TYPE, reason(name)));
        }
        span.end(failure);
        answer
    }

    /// Whether Resend knows our key, if it says so in time.
    pub async fn knows_key(&self) -> Option<Result<(), ErrorName>> {
        let url = format!("{}/emails/{NO_MAIL}", self.base.as_str().trim_end_matches('/'));
        let request = self.http.get(url).header(AUTHORIZATION, self.bearer.clone());
        let exchange = async {
            let mut response = request.send().await.ok()?;
            let (status, mut read) = (response.status().as_u16(), Vec::new());
            while let Some(chunk) = response.chunk().await.ok()?.filter(|_| read.len() <= LONGEST_ANSWER) {
                read.extend_from_slice(&chunk);
            }
            key::standing(status, &read)
        };
        tokio::time::timeout(KEY_LIMIT, exchange).await.ok().flatten()
    }

    async fn exchange(&self, batch: BatchId, mails: usize, body: Vec<u8>, span: &OpenSpan) -> Result<Reply, Doubt> {
        let url = format!("{}/emails/batch", self.base.as_str().trim_end_matches('/'));
        let key = if sabotage::takes_out("mail key") { uuid::Uuid::new_v4() } else { batch.uuid() };
        let request = self
            .http
            .post(url)
            .header(AUTHORIZATION, self.bearer.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", key.to_string())
            .body(body);
        let mut response = request.send().await.map_err(|error| doubt(&error))?;
        let status = response.status().as_u16();
        span.set(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status)));
        let retry_after = once(response.headers().get_all(RETRY_AFTER)).ok().flatten();
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut read = Vec::new();
        // An answer that breaks off is none: a refusal without its name would be taken for another one.
        while let Some(chunk) = response.chunk().await.map_err(|error| doubt(&error))? {
            read.extend_from_slice(&chunk);
            if read.len() > LONGEST_ANSWER {
                // A refusal is one however much is said of it: nothing was accepted.
                if matches!(status, 400..=499) && status != 408 {
                    break;
                }
                return Err(Doubt::Malformed(status));
            }
        }
        Ok(Reply::read(status, retry_after.as_deref(), &read, mails))
    }
}

fn doubt(error: &reqwest::Error) -> Doubt {
    if error.is_timeout() { Doubt::TimedOut } else { Doubt::Disconnected }
}

/// What an answer says of Resend: whatever it refuses, it answers. A 408 is a proxy's word on one slow request.
#[must_use]
pub fn verdict(answer: &Reply) -> Verdict {
    let failed = match answer {
        Reply::Accepted { .. } | Reply::Refused { .. } => false,
        Reply::Unknown { doubt, .. } => match doubt {
            Doubt::TimedOut | Doubt::Disconnected | Doubt::Malformed(_) => true,
            Doubt::Failed(status) => *status >= 500,
        },
    };
    if failed && !sabotage::takes_out("resend breaker") { Verdict::Bad } else { Verdict::Good }
}

/// What went wrong, by name; `None` when nothing did.
#[must_use]
pub fn failure(answer: &Reply) -> Option<String> {
    match answer {
        Reply::Accepted { .. } => None,
        Reply::Refused { name, .. } => Some(name.as_str().to_owned()),
        Reply::Unknown { doubt, .. } => Some(doubt.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use platform::guard::breaker::BreakerSettings;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn timeouts_lost_connections_5xx_and_malformed_answers_are_failures_of_resend() {
        for doubt in [Doubt::TimedOut, Doubt::Disconnected, Doubt::Malformed(200), Doubt::Malformed(302)] {
            assert_eq!(verdict(&Reply::none(doubt)), Verdict::Bad, "{doubt}");
        }
        for (status, body) in [(500, "{}"), (503, ""), (200, "{}"), (301, "")] {
            assert_eq!(verdict(&Reply::read(status, None, body.as_bytes(), 1)), Verdict::Bad, "{status}");
        }
    }

    #[test]
    fn no_4xx_is_a_failure_of_resend() {
        for status in [400, 401, 403, 408, 409, 413, 422, 429] {
            let body = br#"{"name":"validation_error","message":"as asked"}"#;
            assert_eq!(verdict(&Reply::read(status, Some("2"), body, 1)), Verdict::Good, "{status}");
        }
    }

    /// A client of something that answers one post with this status and a body that is longer than any of Resend's.
    async fn long(status: u16) -> Reply {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let api_key = "re_test".into();
        let settings = ResendSettings {
            url: url.parse().expect("an address"),
            api_key,
            post_limit: Duration::from_secs(10),
            breaker: BreakerSettings::default(),
        };
        let answer = async {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut head = [0; 4_096];
            assert!(stream.read(&mut head).await.expect("a request") > 0);
            let body = "x".repeat(2 * LONGEST_ANSWER);
            let answer = format!("HTTP/1.1 {status} As Asked\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            // The client may hang up before the end.
            drop(stream.write_all(answer.as_bytes()).await);
        };
        let resend = Resend::new(&settings).expect("a client");
        tokio::join!(resend.post(BatchId::new(uuid::Uuid::nil()), 1, b"[]".to_vec()), answer).0
    }

    #[tokio::test]
    async fn a_refusal_is_one_however_long_its_text_is_and_nothing_else_of_that_length_is_an_answer() {
        for status in [401, 403, 422, 429] {
            let answer = long(status).await;
            assert!(matches!(answer, Reply::Refused { .. }), "{status}: {answer:?}");
            assert_eq!(verdict(&answer), Verdict::Good, "{status}");
        }
        for status in [200, 408, 500] {
            assert_eq!(long(status).await, Reply::none(Doubt::Malformed(status)));
        }
    }
}
