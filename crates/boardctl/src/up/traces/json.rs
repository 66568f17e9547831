//! Traces for programs.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use testbed::otlp::{Span, Trace};

use super::filter::{Filter, Wrong};
use super::list;
use super::palette::Palette;

/// Those spans of the trace that are so, or that it is not known.
pub(super) fn answer(trace: Option<&Trace>, filter: &Filter) -> Response<String> {
    match trace {
        Some(trace) => good(&whole(trace, filter)),
        None => problem(StatusCode::NOT_FOUND, not_found()),
    }
}

/// Traces, the newest first.
pub(super) fn list(traces: &[Trace]) -> Response<String> {
    let one = |trace: &Trace| {
        json!({
            "trace_id": trace.id(),
            "title": list::title(trace),
            "functions": Palette::of(trace).services().iter().map(|(service, _)| *service).collect::<Vec<_>>(),
            "start_ns": list::begin(trace),
            "took_ns": list::took(trace),
            "spans": trace.spans().len(),
            "errors": list::errors(trace),
        })
    };
    good(&json!({ "traces": list::newest_first(traces).into_iter().map(one).collect::<Vec<_>>() }))
}

/// What was asked for cannot be.
pub(super) fn no_filter(wrong: &[Wrong]) -> Response<String> {
    let one = |wrong: &Wrong| json!({ "parameter": wrong.parameter, "detail": format!("wanted {}", wrong.wanted) });
    let body = json!({
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "errors": wrong.iter().map(one).collect::<Vec<_>>(),
    });
    problem(StatusCode::BAD_REQUEST, body)
}

fn good(body: &Value) -> Response<String> {
    told(StatusCode::OK, "application/json", body)
}

fn problem(status: StatusCode, body: Value) -> Response<String> {
    told(status, "application/problem+json", &body)
}

fn told(status: StatusCode, kind: &'static str, body: &Value) -> Response<String> {
    let mut response = Response::new(body.to_string());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    super::layout::never_kept(response.headers_mut());
    response
}

fn whole(trace: &Trace, filter: &Filter) -> Value {
    let spans: Vec<Value> = trace.spans().iter().filter(|span| filter.takes(span)).map(span).collect();
    json!({ "trace_id": trace.id(), "spans": spans })
}

fn not_found() -> Value {
    json!({
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "No span of this trace is here: it was not sampled, has not arrived yet, or was forgotten.",
    })
}

/// A span as it was received; times are nanoseconds since 1970.
pub(in crate::up) fn span(span: &Span) -> Value {
    let link = |(trace_id, span_id): &(String, String)| json!({ "trace_id": trace_id, "span_id": span_id });
    json!({
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "service": span.service,
        "name": span.name,
        "kind": span.kind.to_string(),
        "start_ns": span.start,
        "end_ns": span.end,
        "error": span.error,
        "attributes": span.attributes,
        "links": span.links.iter().map(link).collect::<Vec<_>>(),
    })
}
