use std::cell::Cell;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use super::LeafSpan;

thread_local! {
    /// The id of the next span of this thread, where it was given away before.
    static GIVEN: Cell<Option<SpanId>> = const { Cell::new(None) };
}

/// Draws ids at random.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids;

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        RandomIdGenerator::default().new_trace_id()
    }

    fn new_span_id(&self) -> SpanId {
        GIVEN.take().unwrap_or_else(|| RandomIdGenerator::default().new_span_id())
    }
}

/// A span whose context is given away before it is known whether there will be such a span, as that of a message is, which
/// is written only if its cause is.
#[derive(Debug)]
pub struct PlannedSpan {
    context: Context,
    span: LeafSpan,
}

impl PlannedSpan {
    /// Begins now, below the work at hand; where that has no trace, neither has this.
    pub fn begin(name: impl Into<String>, kind: SpanKind) -> Self {
        let parent = crate::telemetry::context::current();
        let above = parent.span().span_context().clone();
        let context = if above.is_valid() {
            let (trace, flags) = (above.trace_id(), above.trace_flags());
            let own = SpanContext::new(trace, Ids.new_span_id(), flags, false, TraceState::NONE);
            parent.with_remote_span_context(own)
        } else {
            parent.clone()
        };
        Self { context, span: LeafSpan::below(parent, name, kind) }
    }

    /// What spans below it take as their parent.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Ends now, and so becomes a span. One that is dropped never was.
    pub fn end(self, attributes: Vec<KeyValue>, error: Option<String>) {
        let id = self.context.span().span_context().span_id();
        if id == SpanId::INVALID {
            return;
        }
        GIVEN.set(Some(id));
        self.span.end(attributes, error);
        // Not asked for where traces are off.
        GIVEN.take();
    }
}
