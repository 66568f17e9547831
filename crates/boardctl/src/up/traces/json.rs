//! Traces for programs.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use testbed::otlp::{Span, Trace};

/// The trace, or that it is not known.
pub(super) fn answer(trace: Option<&Trace>) -> Response<String> {
    let (status, kind, body) = match trace {
        Some(trace) => (StatusCode::OK, "application/json", whole(trace)),
        None => (StatusCode::NOT_FOUND, "application/problem+json", not_found()),
    };
    let mut response = Response::new(body.to_string());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    super::layout::never_kept(response.headers_mut());
    response
}

fn whole(trace: &Trace) -> Value {
    let spans: Vec<Value> = trace.spans().iter().map(span).collect();
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
