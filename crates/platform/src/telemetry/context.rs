//! W3C Trace Context, in and out: requests, outbox rows, calls to others.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::header::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::http::edge::once;

const TRACEPARENT: &str = "traceparent";

/// Whether traces are taken from callers and given to those who are called. One answer a process, as there is one tracer.
static PROPAGATES: AtomicBool = AtomicBool::new(true);

/// Says so, before the first request.
pub(super) fn propagate(does: bool) {
    PROPAGATES.store(does, Ordering::Relaxed);
}

fn propagates() -> bool {
    PROPAGATES.load(Ordering::Relaxed)
}

/// Marks a context whose ids are kept and whose sampled flag is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger;

/// The context that a stranger's request came with, if it had a well-formed one.
#[must_use]
pub fn from_stranger(headers: &HeaderMap) -> Option<Context> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Received(headers));
    (propagates() && context.span().span_context().is_valid()).then(|| context.with_value(Stranger))
}

/// The context that stands in a row of ours, with its sampled flag.
#[must_use]
pub fn from_row(traceparent: &str) -> Option<Context> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Row(traceparent));
    context.span().span_context().is_valid().then_some(context)
}

/// A given context as a `traceparent` for whom we call.
#[must_use]
pub fn for_others(context: &Context) -> Option<String> {
    propagates().then(|| traceparent_of(context)).flatten()
}

/// The context of the work at hand as a `traceparent`, for a row.
#[must_use]
pub fn traceparent() -> Option<String> {
    traceparent_of(&current())
}

/// A given context as a `traceparent`.
#[must_use]
pub fn traceparent_of(context: &Context) -> Option<String> {
    let mut written = Written(None);
    TraceContextPropagator::new().inject_context(context, &mut written);
    written.0
}

/// The context of the work at hand: that of its `tracing` span or, where it has none, what [`within`] gave it.
#[must_use]
pub fn current() -> Context {
    let span = tracing::Span::current();
    if span.is_none() { Context::current() } else { span.context() }
}

/// Does work below `context`, where there is no `tracing` span: spans and log lines of the work belong to it. Tasks
/// that the work spawns do not.
pub async fn within<F: Future>(context: Context, work: F) -> F::Output {
    work.with_context(context).await
}

/// Does work whose spans are not kept, such as a look for something to do each second: only what was found is worth
/// a trace.
pub async fn unrecorded<F: Future>(work: F) -> F::Output {
    // Ids of its own, so that it passes for a parent; no span ever has them.
    let ids = (TraceId::from(rand::random::<u128>() | 1), SpanId::from(rand::random::<u64>() | 1));
    let nowhere = SpanContext::new(ids.0, ids.1, TraceFlags::NOT_SAMPLED, false, TraceState::NONE);
    within(Context::new().with_remote_span_context(nowhere), work).await
}

/// The trace of the work at hand, as problems and log lines name it.
#[must_use]
pub fn trace_id() -> Option<String> {
    let id = current().span().span_context().trace_id();
    (id != TraceId::INVALID).then(|| id.to_string())
}

/// How long `VERSION-TRACE ID-PARENT ID-FLAGS` is in version 00; later versions may only add to it.
const LENGTH: usize = 55;

/// Whether this is a `traceparent` to the letter. The SDK takes more: a version of one digit or in capitals, a dash at the
/// end.
fn well_formed(text: &str) -> bool {
    let Some((known, rest)) = text.as_bytes().split_at_checked(LENGTH) else {
        return false;
    };
    let fits = |(at, byte): (usize, &u8)| match at {
        2 | 35 | 52 => *byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    let may_follow = rest.is_empty() || (!known.starts_with(b"00") && rest.starts_with(b"-"));
    known.iter().enumerate().all(fits) && may_follow
}

struct Received<'a>(&'a HeaderMap);

impl Extractor for Received<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        // A tracestate is other people's text and of no use to us: only the ids come in.
        let given = (key == TRACEPARENT).then(|| once(self.0.get_all(key)).ok().flatten()).flatten();
        given.and_then(|value| value.to_str().ok()).filter(|text| well_formed(text))
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

struct Row<'a>(&'a str);

impl Extractor for Row<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0).filter(|text| well_formed(text))
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

struct Written(Option<String>);

impl Injector for Written {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = Some(value);
        }
    }
}

#[cfg(test)]
mod tests;
