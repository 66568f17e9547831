//! Calls to other services: any [`Call`], with trace context, a deadline, and problems as typed errors.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_REQUEST_RESEND_COUNT, HTTP_RESPONSE_STATUS_CODE, SERVER_ADDRESS, SERVER_PORT,
    URL_FULL,
};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
pub use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::config::place;
use crate::guard::deadline::{self, TooLate};
use crate::http::{failure, idempotency};
use crate::telemetry::context;
use crate::telemetry::log::chain;
use crate::telemetry::trace::OpenSpan;
use crate::{sabotage, tls};

/// An endpoint as its caller sees it: method, path, body, and the shape of its answer.
pub trait Call {
    /// What a good answer holds; `()` where it has no body.
    type Answer: DeserializeOwned;
    /// The method.
    const METHOD: Method;
    /// The route's template, for the span's name: `/v1/jobs/{id}`.
    const ROUTE: &'static str;

    /// The path, with its ids and query filled in.
    fn path(&self) -> String;

    /// The JSON body, where there is one.
    fn body(&self) -> Option<Value> {
        None
    }

    /// The `Idempotency-Key`, where it is sent under one: see [`Under`].
    fn idempotency_key(&self) -> Option<&str> {
        None
    }
}

/// A call under an `Idempotency-Key`: whoever does not know what came of it sends it again under the same one.
#[derive(Clone, Debug)]
pub struct Under<C> {
    /// The key.
    pub key: String,
    /// The call.
    pub call: C,
}

impl<C: Call> Call for Under<C> {
    type Answer = C::Answer;
    const METHOD: Method = C::METHOD;
    const ROUTE: &'static str = C::ROUTE;

    fn path(&self) -> String {
        self.call.path()
    }

    fn body(&self) -> Option<Value> {
        self.call.body()
    }

    fn idempotency_key(&self) -> Option<&str> {
        Some(&self.key)
    }
}

/// A service that answered with a problem.
#[derive(Clone, Debug, Deserialize)]
pub struct ProblemAnswer {
    /// `/problems/NAME`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened.
    pub title: String,
    /// Status of the answer.
    pub status: u16,
    /// More of this one case.
    pub detail: Option<String>,
    /// Wrong values, as the service names them.
    #[serde(default)]
    pub errors: Vec<Value>,
    /// Its trace.
    pub trace_id: Option<String>,
    /// Members of its own.
    #[serde(flatten)]
    pub more: serde_json::Map<String, Value>,
}

impl ProblemAnswer {
    /// Whether it is of this kind, by name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.kind.strip_prefix("/problems/") == Some(name)
    }
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service said no.
    #[error("{} {} ({})", .0.status, .0.title, .0.kind)]
    Refused(Box<ProblemAnswer>),
    /// The service could not be reached, or the connection was lost.
    #[error("no answer from {0}")]
    Unreachable(String, #[source] reqwest::Error),
    /// The answer took longer than it may.
    #[error("the call was given up")]
    TooLate(#[from] TooLate),
    /// The answer is not what the contract says.
    #[error("{0} answered {1} with something that the contract does not have")]
    Unreadable(String, StatusCode),
}

impl CallError {
    /// A word of a bounded set: the status of an answer, or what happened on the way.
    fn class(&self) -> String {
        match self {
            Self::Refused(problem) => problem.status.to_string(),
            Self::Unreachable(_, error) => failure::class(error).to_owned(),
            Self::TooLate(_) => "timed_out".to_owned(),
            Self::Unreadable(_, status) if status.is_success() => "unreadable".to_owned(),
            Self::Unreadable(_, status) => status.as_u16().to_string(),
        }
    }
}

/// How long a connection is kept that nobody uses: less than a process that is about to end goes on serving, so that no
/// call is sent over one that is just being closed.
const IDLE: Duration = Duration::from_secs(3);

/// What an HTTP stack of ours begins with: a connection that died without a sign is known as lost after a short wait, and
/// each address of a name has its share of the time to open one. Nothing is redirected behind the caller's back.
pub fn builder() -> reqwest::ClientBuilder {
    // Chosen already in a function; a process of another kind chooses here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let unacknowledged =
        if sabotage::takes_out("unacknowledged") { deadline::REQUEST } else { deadline::UNACKNOWLEDGED };
    reqwest::Client::builder()
        .connect_timeout(deadline::CONNECT)
        .tcp_user_timeout(unacknowledged)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(tls::web())
}

/// What an HTTP stack of a function begins with. No proxy is asked that the environment names: it would stand between a
/// function and its own probes.
pub fn of_function() -> reqwest::ClientBuilder {
    builder().no_proxy()
}

/// The one HTTP stack of a process. Calls are cut by [`deadline::OUTGOING`].
///
/// # Errors
/// When the system's part of it cannot be set up.
pub fn stack() -> reqwest::Result<reqwest::Client> {
    of_function().timeout(deadline::OUTGOING).build()
}

/// One that uses no connection twice.
fn fresh() -> reqwest::Result<reqwest::Client> {
    of_function().timeout(deadline::OUTGOING).pool_max_idle_per_host(0).build()
}

/// Sends calls to one function of ours, with what proves to it that they come from one.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<SecretString>,
    parent: Option<opentelemetry::Context>,
}

impl Client {
    /// To the service at this address, through the process's HTTP stack.
    #[must_use]
    pub fn new(http: reqwest::Client, base: Url) -> Self {
        Self { http, base, token: None, parent: None }
    }

    /// In the name of whoever this access token is of.
    #[must_use]
    pub fn with_token(&self, token: SecretString) -> Self {
        Self { token: Some(token), ..self.clone() }
    }

    /// Below this span, where there is no `tracing` span at hand.
    #[must_use]
    pub fn below(&self, parent: &opentelemetry::Context) -> Self {
        Self { parent: Some(parent.clone()), ..self.clone() }
    }

    /// Sends a call and reads its answer. A `GET` whose connection was lost is sent once more, over a new connection; every
    /// other call is its caller's to repeat.
    ///
    /// # Errors
    /// Each way in which there is no answer; see [`CallError`].
    pub async fn send<C: Call>(&self, call: &C) -> Result<C::Answer, CallError> {
        let parent = self.parent.clone().unwrap_or_else(context::current);
        let host = self.base.host_str().unwrap_or_default().to_owned();
        let port = i64::from(self.base.port_or_known_default().unwrap_or_default());
        let span = OpenSpan::below(
            &parent,
            format!("{} {}", C::METHOD, C::ROUTE),
            SpanKind::Client,
            vec![
                KeyValue::new(HTTP_REQUEST_METHOD, C::METHOD.to_string()),
                KeyValue::new(SERVER_ADDRESS, host),
                KeyValue::new(SERVER_PORT, port),
                KeyValue::new(URL_FULL, place(&self.url(call))),
            ],
        );
        let answer = deadline::within(deadline::OUTGOING, self.over_one_that_lives(call, &span)).await;
        let answer = answer.unwrap_or_else(|late| Err(late.into()));
        if let Err(error) = &answer {
            span.set(KeyValue::new(ERROR_TYPE, error.class()));
        }
        span.end(answer.as_ref().err().map(|error| chain(error)));
        answer
    }

    fn url(&self, call: &impl Call) -> String {
        format!("{}{}", self.base.as_str().trim_end_matches('/'), call.path())
    }

    async fn over_one_that_lives<C: Call>(&self, call: &C, span: &OpenSpan) -> Result<C::Answer, CallError> {
        let answer = self.exchange(&self.http, call, span).await;
        let lost = matches!(&answer, Err(CallError::Unreachable(_, error)) if !error.is_connect());
        if !lost || C::METHOD != Method::GET {
            return answer;
        }
        let Ok(fresh) = fresh() else { return answer };
        span.set(KeyValue::new(HTTP_REQUEST_RESEND_COUNT, 1_i64));
        self.exchange(&fresh, call, span).await
    }

    async fn exchange<C: Call>(
        &self,
        http: &reqwest::Client,
        call: &C,
        span: &OpenSpan,
    ) -> Result<C::Answer, CallError> {
        let service = || place(self.base.as_str());
        let mut request = http.request(C::METHOD, self.url(call)).headers(self.headers(span));
        if let Some(body) = call.body() {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        if let Some(key) = call.idempotency_key() {
            request = request.header(idempotency::HEADER, idempotency::quoted(key));
        }
        // The address in the error could hold a query: it is taken out.
        let lost = |error: reqwest::Error| CallError::Unreachable(service(), error.without_url());
        let answer = request.send().await.map_err(lost)?;
        let status = answer.status();
        span.set(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
        let body = answer.bytes().await.map_err(lost)?;
        if status.is_success() {
            let body = if body.is_empty() { b"null" } else { &*body };
            return serde_json::from_slice(body).map_err(|_| CallError::Unreadable(service(), status));
        }
        match serde_json::from_slice::<ProblemAnswer>(&body) {
            // What the body says of it is advice.
            Ok(refusal) => Err(CallError::Refused(Box::new(ProblemAnswer { status: status.as_u16(), ..refusal }))),
            Err(_) => Err(CallError::Unreadable(service(), status)),
        }
    }

    fn headers(&self, span: &OpenSpan) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let written = context::Written::for_function(span.context());
        let (parent, state) = written.map(|it| (it.traceparent, it.tracestate)).unzip();
        for (name, text) in [(context::TRACEPARENT, parent), (context::TRACESTATE, state.flatten())] {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
                headers.insert(name, value);
            }
        }
        let bearer = self.token.as_ref().map(|token| format!("Bearer {}", token.expose_secret()));
        if let Some(mut bearer) = bearer.and_then(|text| HeaderValue::from_str(&text).ok()) {
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        headers
    }
}
