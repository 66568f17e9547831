//! W3C Trace Context, in and out: requests, outbox rows, calls to others.

use actix_web::http::header::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const TRACEPARENT: &str = "traceparent";

/// Marks a context whose ids are kept and whose sampled flag is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger;

/// The context that a stranger's request came with, if it had a well-formed one.
#[must_use]
pub fn from_stranger(headers: &HeaderMap) -> Option<Context> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Received(headers));
    context.span().span_context().is_valid().then(|| context.with_value(Stranger))
}

/// The context that stands in a row of ours, with its sampled flag.
#[must_use]
pub fn from_row(traceparent: &str) -> Option<Context> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Row(traceparent));
    context.span().span_context().is_valid().then_some(context)
}

/// The context of the work at hand as a `traceparent`, for a row or for another process.
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

struct Received<'a>(&'a HeaderMap);

impl Extractor for Received<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        // A tracestate is other people's text and of no use to us: only the ids come in.
        (key == TRACEPARENT).then(|| self.0.get(key)?.to_str().ok()).flatten()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

struct Row<'a>(&'a str);

impl Extractor for Row<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
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
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(value: &str) -> HeaderMap {
        let value = HeaderValue::from_str(value).expect("a header value");
        HeaderMap::from_iter([(HeaderName::from_static(TRACEPARENT), value)])
    }

    #[test]
    fn a_strangers_ids_are_kept_and_marked() {
        let context = from_stranger(&headers(SAMPLED)).expect("well-formed");
        assert_eq!(context.get::<Stranger>(), Some(&Stranger));
        assert_eq!(traceparent_of(&context).as_deref(), Some(SAMPLED));
    }

    #[test]
    fn a_row_of_ours_is_no_stranger() {
        let context = from_row(SAMPLED).expect("well-formed");
        assert_eq!(context.get::<Stranger>(), None);
        assert_eq!(traceparent_of(&context).as_deref(), Some(SAMPLED));
    }

    #[tokio::test]
    async fn work_without_a_tracing_span_is_below_what_it_was_given() {
        let given = from_row(SAMPLED).expect("well-formed");
        assert_eq!(within(given, async { traceparent() }).await.as_deref(), Some(SAMPLED));
        assert_eq!(traceparent(), None);
    }

    #[tokio::test]
    async fn unrecorded_work_is_below_a_parent_that_is_not_kept() {
        let parent = unrecorded(async { current() }).await;
        let parent = parent.span().span_context().clone();
        assert!(parent.is_valid() && !parent.is_sampled() && !parent.is_remote(), "{parent:?}");
    }

    #[test]
    fn a_malformed_context_is_none_at_all() {
        for wrong in ["", "00", "00-0-0-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "öö"] {
            assert!(from_row(wrong).is_none(), "{wrong} was taken");
        }
    }
}
