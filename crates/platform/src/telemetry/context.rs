//! W3C Trace Context, in and out: requests, outbox rows, calls to others.

mod proof;
mod wire;

use std::sync::OnceLock;

use actix_web::http::header::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::{FutureExt as _, SpanContext, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub use proof::FunctionKey;
use wire::{Others, TraceParent};

use crate::http::edge::once;

/// `traceparent`, as a header and as a column.
pub const TRACEPARENT: &str = "traceparent";
/// `tracestate`, as a header and as a column.
pub const TRACESTATE: &str = "tracestate";

/// What is done with the traces of others. One answer a process, as there is one tracer.
static PROPAGATION: OnceLock<Propagation> = OnceLock::new();
static DEFAULT: Propagation = Propagation { on: true, key: None };

/// What is done with the traces of others.
#[derive(Clone, Debug)]
pub(super) struct Propagation {
    /// Whether they are taken from callers, and given to those who are called.
    pub(super) on: bool,
    /// By what functions of ours are known.
    pub(super) key: Option<FunctionKey>,
}

impl Propagation {
    /// Says so, before the first request.
    pub(super) fn begin(self) {
        let _ = PROPAGATION.set(self);
    }

    fn of_process() -> &'static Self {
        PROPAGATION.get().unwrap_or(&DEFAULT)
    }
}

/// What came along with a trace from elsewhere, and is known to all that is below it.
#[derive(Clone, Debug)]
struct Origin {
    /// Whether its sampled flag is believed.
    believed: bool,
    random: bool,
    state: Option<Others>,
}

/// Whether a context came from somebody whose ids are kept and whose sampled flag is not believed.
#[must_use]
pub fn is_strangers(context: &Context) -> bool {
    context.get::<Origin>().is_some_and(|origin| !origin.believed)
}

/// The context that a request came with, if it had a well-formed one: a stranger's, unless it proves that it is a function
/// of ours.
#[must_use]
pub fn from_request(headers: &HeaderMap) -> Option<Context> {
    let Propagation { on: true, key } = Propagation::of_process() else { return None };
    let traceparent = once(headers.get_all(TRACEPARENT)).ok().flatten()?.to_str().ok()?;
    let lists: Result<Vec<_>, _> = headers.get_all(TRACESTATE).map(|list| list.to_str()).collect();
    let (state, code) = lists.map(Others::read).unwrap_or_default();
    let believed = key.as_ref().zip(code).is_some_and(|(key, code)| key.proves(traceparent, code));
    from_elsewhere(traceparent, state, believed)
}

/// The context that stands in a row of ours, with its sampled flag.
#[must_use]
pub fn from_row(traceparent: &str, tracestate: Option<&str>) -> Option<Context> {
    from_elsewhere(traceparent, Others::read(tracestate).0, true)
}

fn from_elsewhere(traceparent: &str, state: Option<Others>, believed: bool) -> Option<Context> {
    let TraceParent { trace, span, sampled, random } = TraceParent::read(traceparent)?;
    let flags = TraceFlags::default().with_sampled(sampled);
    let span = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    Some(Context::new().with_remote_span_context(span).with_value(Origin { believed, random, state }))
}

/// A context as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The `traceparent`.
    pub traceparent: String,
    /// The `tracestate`, where there is one: others' text, which no span and no line shows.
    pub tracestate: Option<String>,
}

impl Written {
    /// For a row of ours; `None` for no trace at all.
    #[must_use]
    pub fn of(context: &Context) -> Option<Self> {
        let span = context.span();
        let span = span.span_context();
        let origin = context.get::<Origin>();
        // What has no origin elsewhere has an id that was drawn here.
        let random = origin.is_none_or(|origin| origin.random);
        let (trace, id, sampled) = (span.trace_id(), span.span_id(), span.is_sampled());
        span.is_valid().then(|| Self {
            traceparent: TraceParent { trace, span: id, sampled, random }.text(),
            tracestate: origin.and_then(|origin| origin.state.as_ref()).map(|state| state.as_str().to_owned()),
        })
    }

    /// For a function of ours, with what proves to it that it comes from one.
    #[must_use]
    pub fn for_function(context: &Context) -> Option<Self> {
        let Propagation { on: true, key } = Propagation::of_process() else { return None };
        let written = Self::of(context)?;
        let Some(key) = key else { return Some(written) };
        let others = context.get::<Origin>().and_then(|origin| origin.state.as_ref());
        let tracestate = Others::with_ours(others, &key.code(&written.traceparent));
        Some(Self { tracestate: Some(tracestate), ..written })
    }
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
    let ids = RandomIdGenerator::default();
    let nowhere =
        SpanContext::new(ids.new_trace_id(), ids.new_span_id(), TraceFlags::NOT_SAMPLED, false, TraceState::NONE);
    within(Context::new().with_remote_span_context(nowhere), work).await
}

/// The trace of the work at hand, as problems and log lines name it.
#[must_use]
pub fn trace_id() -> Option<String> {
    let id = current().span().span_context().trace_id();
    (id != TraceId::INVALID).then(|| id.to_string())
}

#[cfg(test)]
mod tests;
