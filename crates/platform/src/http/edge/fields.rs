use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use actix_web::web::{BytesMut, Data};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json::{self, Read};
use super::once::{GivenTwice, header};
use crate::guard::deadline;
use crate::guard::overload::{self, Place, Stopped};
use crate::http::connection::ConnectionMetrics;
use crate::http::idempotency::BodyHash;
use crate::http::problem::{
    self, BAD_REQUEST, CONTENT_TOO_LARGE, MALFORMED_JSON, OVERLOADED, Problem, REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE,
    VALIDATION_FAILED, WrongValue,
};
use crate::sabotage;
use crate::telemetry::metric::Metrics;

/// Named values that a person sent. Each is taken out and parsed; what is wrong is noted by name, and so is what is
/// left over, so that a person mends everything in one round.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    wrong: Vec<WrongValue>,
    wrong_by_clock: Vec<WrongValue>,
    source: fn(String) -> problem::Source,
}

/// What a change says of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing: the field is absent.
    Keep,
    /// Take it away: the field is null.
    Clear,
    /// Make it this.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether it changes the field, and what to.
    #[must_use]
    pub fn split(self) -> (bool, Option<T>) {
        match self {
            Self::Keep => (false, None),
            Self::Clear => (true, None),
            Self::Set(value) => (true, Some(value)),
        }
    }
}

/// The one media type of bodies.
pub(super) const JSON: &str = "application/json";

impl Fields {
    /// Values of a body.
    #[must_use]
    pub fn of_body(values: Map<String, Value>) -> Self {
        Self { values, wrong: Vec::new(), wrong_by_clock: Vec::new(), source: problem::Source::Body }
    }

    /// Notes members of the body that are given more than once, each by the way to it.
    fn given_twice(mut self, members: impl IntoIterator<Item = Vec<String>>) -> Self {
        let wrong = |way| WrongValue { source: problem::Source::Within(way), detail: GivenTwice.to_string() };
        self.wrong.extend(members.into_iter().map(wrong));
        self
    }

    pub(super) fn of_query(text: &str) -> Self {
        let mut fields = Self { source: problem::Source::Query, ..Self::of_body(Map::new()) };
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if fields.values.insert(name.to_string(), value.into()).is_some() {
                fields.refuse(&name, GivenTwice.to_string());
            }
        }
        fields
    }

    /// A value that must be there.
    pub fn required<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        match self.values.remove(name) {
            None | Some(Value::Null) => {
                self.refuse(name, "is missing");
                None
            }
            Some(value) => self.parsed(name, parse(&value)),
        }
    }

    /// A value that may be absent or null.
    pub fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, String>) -> Option<Option<T>> {
        match self.values.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.parsed(name, parse(&value)).map(Some),
        }
    }

    /// A value that changes, clears or keeps a field.
    pub fn patch<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, String>) -> Option<Patch<T>> {
        match self.values.remove(name) {
            None => Some(Patch::Keep),
            Some(Value::Null) => Some(Patch::Clear),
            Some(value) => self.parsed(name, parse(&value)).map(Patch::Set),
        }
    }

    /// A value that changes or keeps a field that cannot be cleared.
    pub fn change<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, String>) -> Option<Option<T>> {
        match self.patch(name, parse)? {
            Patch::Keep => Some(None),
            Patch::Set(value) => Some(Some(value)),
            Patch::Clear => {
                self.refuse(name, "is null: wanted a value, or the field left out");
                None
            }
        }
    }

    /// Notes what is wrong with values that only show it together.
    pub fn refuse(&mut self, name: &str, detail: impl Into<String>) {
        self.wrong.push(WrongValue { source: (self.source)(name.to_owned()), detail: detail.into() });
    }

    /// Notes what is wrong with a value by now, and was not when the same request was sent earlier.
    pub fn refuse_by_clock(&mut self, name: &str, detail: impl Into<String>) {
        self.wrong_by_clock.push(WrongValue { source: (self.source)(name.to_owned()), detail: detail.into() });
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `validation-failed`, with every value that was wrong and every name that does not exist.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        let (value, by_clock) = self.finish_before_clock(value)?;
        by_clock.map(|()| value)
    }

    /// Ends the reading of what may be a repeated request: what is wrong by the clock alone comes beside the value, for
    /// whoever looks first whether there was an answer before.
    ///
    /// # Errors
    /// As [`finish`](Self::finish), where anything is wrong whenever it is sent.
    pub fn finish_before_clock<T>(mut self, value: Option<T>) -> Result<(T, Result<(), Problem>), Problem> {
        for name in std::mem::take(&mut self.values).keys() {
            self.refuse(name, "does not exist here");
        }
        let failed = |wrong: Vec<WrongValue>| Problem::from(VALIDATION_FAILED).wrong(wrong);
        match value {
            Some(value) if self.wrong.is_empty() => {
                let by_clock = self.wrong_by_clock;
                Ok((value, if by_clock.is_empty() { Ok(()) } else { Err(failed(by_clock)) }))
            }
            _ => Err(failed([self.wrong, self.wrong_by_clock].concat())),
        }
    }

    fn parsed<T>(&mut self, name: &str, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|detail| self.refuse(name, detail)).ok()
    }
}

/// Parses a text that serde knows, such as one of an enum's names.
pub fn choice<T: DeserializeOwned>(wanted: &str) -> impl FnOnce(&Value) -> Result<T, String> {
    // Of texts alone: serde also takes `{"yes": null}` for a name.
    let known = |value: &Value| serde_json::from_value(value.as_str()?.into()).ok();
    move |value| known(value).ok_or_else(|| format!("is not known: wanted {wanted}"))
}

/// The fields of a JSON body.
#[derive(Debug)]
pub struct Body(pub Fields);

impl FromRequest for Body {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let accepted = accepted(request.headers());
        let (arriving, hash) = (arriving(request, payload.take()), BodyHash::wanted(request));
        Box::pin(async move {
            accepted?;
            let bytes = arriving.await?;
            if let Some(hash) = hash {
                hash.note(&bytes);
            }
            match json::read(&bytes) {
                Ok(Read { value: Value::Object(values), twice }) => {
                    Ok(Self(Fields::of_body(values).given_twice(twice)))
                }
                Ok(_) => Err(Problem::from(MALFORMED_JSON).detail("The body is JSON, but not an object.")),
                Err(error) => {
                    let place = format!("Reading stopped at line {}, column {}.", error.line(), error.column());
                    Err(Problem::from(MALFORMED_JSON).detail(place))
                }
            }
        })
    }
}

fn accepted(headers: &HeaderMap) -> Result<(), Problem> {
    let refused = |detail: &str| Problem::from(UNSUPPORTED_MEDIA_TYPE).detail(detail).header("accept", JSON);
    let given = header(headers, CONTENT_TYPE)?.map(|value| value.to_str().unwrap_or_default());
    let given = given.ok_or_else(|| refused("The request has no Content-Type: wanted application/json."))?;
    let mut parts = given.split(';').map(str::trim);
    if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case(JSON)) {
        return Err(refused("Content-Type is something else than application/json."));
    }
    let mut parameters = parts.filter_map(|part| part.split_once('='));
    let is_other = |(name, value): (&str, &str)| {
        name.eq_ignore_ascii_case("charset") && !value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    };
    if parameters.any(is_other) {
        return Err(refused("The charset of Content-Type is something else than UTF-8."));
    }
    // A list, which may also stand in several lines.
    if headers.get_all(CONTENT_ENCODING).all(|value| value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    let coded = refused("The body has a Content-Encoding, and none is taken.");
    Err(coded.header("accept-encoding", "identity"))
}

/// The body, for which its client has a time of its own, less where more are coming than fit; the request is not at work
/// meanwhile.
fn arriving(request: &HttpRequest, payload: Payload) -> impl Future<Output = Result<BytesMut, Problem>> + use<> {
    let place = request.extensions().get::<Place>().cloned();
    let metrics = request.app_data::<Data<Metrics>>().cloned();
    async move {
        let limit = if sabotage::takes_out("slow body cut") { Duration::MAX } else { deadline::BODY };
        let in_time = tokio::time::timeout(limit, read(payload));
        let arrived = match place {
            Some(place) => place.idle(in_time).await,
            None => Ok(in_time.await),
        };
        match arrived {
            Ok(Ok(body)) => body,
            Ok(Err(_)) | Err(Stopped::MadeRoom) => {
                if let Some(metrics) = metrics {
                    metrics.of::<ConnectionMetrics>().cut("body");
                }
                Err(Problem::from(REQUEST_TIMEOUT).last_of_connection())
            }
            Err(Stopped::Full(full)) => Err(Problem::from(OVERLOADED).retry_after(overload::RETRY).because(&full)),
        }
    }
}

async fn read(mut payload: Payload) -> Result<BytesMut, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        body.extend_from_slice(&chunk.map_err(|error| match error {
            // Its connection counts it.
            PayloadError::Overflow => Problem::from(CONTENT_TOO_LARGE),
            _ => Problem::from(BAD_REQUEST),
        })?);
    }
    Ok(body)
}

/// The parameters of a query; their values are texts.
#[derive(Debug)]
pub struct Query(pub Fields);

impl FromRequest for Query {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(Fields::of_query(request.query_string()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use actix_web::web::Bytes;
    use futures_util::stream;
    use serde_json::json;

    fn body(value: Value) -> Fields {
        Fields::of_body(value.as_object().cloned().expect("an object"))
    }

    fn number(value: &Value) -> Result<i64, String> {
        value.as_i64().ok_or_else(|| "wanted a number".to_owned())
    }

    #[test]
    fn every_wrong_missing_and_unknown_field_is_named_at_once() {
        let mut fields = body(json!({ "a": "x", "d": 1 }));
        let (a, b) = (fields.required("a", number), fields.required("b", number));
        let problem = fields.finish(a.zip(b)).expect_err("three mistakes");
        let text = format!("{problem:?}");
        for detail in ["wanted a number", "is missing", "does not exist here"] {
            assert!(text.contains(detail), "{detail} is not in {text}");
        }
    }

    #[test]
    fn a_patch_tells_absent_null_and_set_apart() {
        let mut fields = body(json!({ "b": null, "c": 3 }));
        assert_eq!(fields.patch("a", number), Some(Patch::Keep));
        assert_eq!(fields.patch("b", number), Some(Patch::Clear));
        assert_eq!(fields.patch("c", number), Some(Patch::Set(3)));
    }

    #[test]
    fn a_field_that_cannot_be_cleared_refuses_null() {
        let mut fields = body(json!({ "a": null }));
        let change = fields.change("a", number);
        assert!(fields.finish(change).is_err());
    }

    #[test]
    fn what_is_wrong_by_the_clock_waits_for_whether_there_was_an_answer() {
        let late = |fields: &mut Fields| fields.refuse_by_clock("at", "is in the past");
        let mut fields = body(json!({}));
        late(&mut fields);
        let (value, by_clock) = fields.finish_before_clock(Some(7)).expect("good but for the clock");
        assert_eq!((value, by_clock.expect_err("it is late").kind()), (7, VALIDATION_FAILED));
        let mut fields = body(json!({ "b": 1 }));
        late(&mut fields);
        let text = format!("{:?}", fields.finish_before_clock(Some(7)).expect_err("wrong whenever it is sent"));
        assert!(text.contains("does not exist here") && text.contains("is in the past"), "{text}");
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        let mut query = Fields::of_query("limit=1&limit=2");
        let limit = query.optional("limit", |value| Ok(value.clone()));
        assert!(query.finish(limit).is_err());
    }

    /// Guards: slow body cut.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_coming_has_five_seconds() {
        let request = TestRequest::post().insert_header(("content-type", "application/json")).to_http_request();
        let half = stream::iter([Ok(Bytes::from_static(b"{"))]).chain(stream::pending());
        let mut payload: Payload = Payload::Stream { payload: Box::pin(half) };
        let began = tokio::time::Instant::now();
        let cut = tokio::time::timeout(deadline::REQUEST, Body::from_request(&request, &mut payload)).await;
        let problem = cut.expect("it does not wait for ever").expect_err("half a body");
        assert_eq!((problem.kind(), began.elapsed().as_secs()), (REQUEST_TIMEOUT, deadline::BODY.as_secs()));
    }
}
