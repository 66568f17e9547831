//! Errors as RFC 9457 problems.
//!
//! What the client sees is a [`Kind`]: a name that never changes, under `/problems/NAME` with a page on it, a status
//! and a title; for 4xx also a detail and every field that was wrong. The text of a 5xx is fixed. What the log sees
//! is the cause: the chain of errors below, whose texts hold nothing personal. Both carry the trace id.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

use crate::telemetry::context;
use crate::telemetry::log::chain;

pub use kinds::*;
mod kinds;

/// Media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A kind of problem, which clients may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Last part of its address, `/problems/NAME`.
    pub name: &'static str,
    /// Status of the answer.
    pub status: u16,
    /// What happened, in half a sentence.
    pub title: &'static str,
    /// What it means and what to do, for its page.
    pub about: &'static str,
}

/// Where a wrong value stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A field of the body, by name.
    Body(String),
    /// A member of the body at any depth, by the names and places on the way to it.
    Within(Vec<String>),
    /// A parameter of the query, by name.
    Query(String),
}

/// A value that was wrong: where it stood, and what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongValue {
    /// Where it stood.
    pub source: Source,
    /// What is wrong with it and what is wanted; never the value itself.
    pub detail: String,
}

impl WrongValue {
    fn json(&self) -> Value {
        match &self.source {
            Source::Body(field) => json!({ "pointer": pointer(std::slice::from_ref(field)), "detail": self.detail }),
            Source::Within(way) => json!({ "pointer": pointer(way), "detail": self.detail }),
            Source::Query(name) => json!({ "parameter": name, "detail": self.detail }),
        }
    }
}

/// RFC 6901: `~` and `/` are escaped in a pointer.
fn pointer(way: &[String]) -> String {
    way.iter().fold("#".to_owned(), |pointer, name| pointer + "/" + &name.replace('~', "~0").replace('/', "~1"))
}

/// How many wrong values are listed: nobody reads more, and a body of 64 KiB may have thousands.
const LISTED: usize = 16;

/// Whether an answer of this status is a failure of ours. A version of HTTP that is not spoken is its client's choice.
#[must_use]
pub fn is_failure(status: u16) -> bool {
    status >= 500 && status != HTTP_VERSION_NOT_SUPPORTED.status
}

/// An answer that says what went wrong.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    detail: Option<String>,
    wrong: Vec<WrongValue>,
    more: Map<String, Value>,
    retry_after: Option<Duration>,
    headers: Vec<(&'static str, String)>,
    cause: Option<String>,
    trace_id: Option<String>,
    last: bool,
    outage: bool,
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: None,
            wrong: Vec::new(),
            more: Map::new(),
            retry_after: None,
            headers: Vec::new(),
            cause: None,
            trace_id: context::trace_id(),
            last: false,
            outage: false,
        }))
    }
}

impl Problem {
    /// A failure of ours, with what is behind it for the log.
    pub fn internal(cause: &(dyn Error + 'static)) -> Self {
        Self::from(INTERNAL).because(cause)
    }

    /// A token that was given and is not good, which is told apart from that there is none (RFC 6750, 3.1). `why` is a text
    /// of ours, without quotes.
    #[must_use]
    pub fn invalid_token(why: &str) -> Self {
        let told = format!("Bearer error=\"invalid_token\", error_description=\"{why}\"");
        Self::from(UNAUTHENTICATED).detail(why).header("www-authenticate", told)
    }

    /// Says more of this one case; 5xx keep their fixed text.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        if self.0.kind.status < 500 {
            self.0.detail = Some(detail.into());
        }
        self
    }

    /// Names wrong values.
    #[must_use]
    pub fn wrong(mut self, wrong: impl IntoIterator<Item = WrongValue>) -> Self {
        self.0.wrong.extend(wrong);
        self
    }

    /// Adds a member of its own.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }

    /// Says when to try again; whole seconds, rounded up.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Adds a header field of its own.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// Keeps the chain of errors for the log.
    #[must_use]
    pub fn because(mut self, cause: &(dyn Error + 'static)) -> Self {
        self.0.cause = Some(chain(cause));
        self
    }

    /// Keeps a text for the log.
    #[must_use]
    pub fn because_text(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Ends the connection after it: its request may be half read.
    #[must_use]
    pub fn last_of_connection(mut self) -> Self {
        self.0.last = true;
        self
    }

    /// Says that what makes the answer is away: what is known from before may be given instead.
    #[must_use]
    pub fn outage(mut self) -> Self {
        self.0.outage = true;
        self
    }

    /// Whether what makes the answer is away.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        self.0.outage
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What the log says of it.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The body of its answer.
    #[must_use]
    pub fn text(&self) -> String {
        self.body().to_string()
    }

    fn body(&self) -> Value {
        let Parts { kind, detail, wrong, more, trace_id, .. } = &*self.0;
        let mut body = more.clone();
        body.insert("type".to_owned(), format!("/problems/{}", kind.name).into());
        body.insert("title".to_owned(), kind.title.into());
        body.insert("status".to_owned(), kind.status.into());
        let more_wrong =
            (wrong.len() > LISTED).then(|| format!("{} values are wrong: the first {LISTED} are listed.", wrong.len()));
        if let Some(detail) = detail.as_ref().or(more_wrong.as_ref()) {
            body.insert("detail".to_owned(), detail.as_str().into());
        }
        if !wrong.is_empty() {
            body.insert("errors".to_owned(), wrong.iter().take(LISTED).map(WrongValue::json).collect());
        }
        if let Some(trace_id) = trace_id {
            body.insert("trace_id".to_owned(), trace_id.as_str().into());
        }
        Value::Object(body)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.cause.as_deref().unwrap_or(self.0.kind.name))
    }
}

impl Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut answer = HttpResponse::build(self.status_code());
        answer.insert_header((CONTENT_TYPE, PROBLEM_JSON)).insert_header((CACHE_CONTROL, "no-store"));
        answer.insert_header((VARY, "Authorization"));
        if self.0.kind.status == 401 {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(wait) = self.0.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            answer.insert_header((RETRY_AFTER, seconds.max(1)));
        }
        for (name, value) in &self.0.headers {
            answer.insert_header((*name, value.as_str()));
        }
        if self.0.last {
            answer.force_close();
        }
        answer.body(self.text())
    }
}

#[cfg(test)]
mod tests;
