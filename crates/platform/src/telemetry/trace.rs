//! Traces: the head's decision, spans built once at their end, and a bounded queue that never holds anybody up.

mod console;
mod delivery;
mod export;
mod planned;
mod sampler;
mod settings;

use std::sync::OnceLock;
use std::time::SystemTime;

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

pub use delivery::ExportError;
pub use export::Exporting;
pub(crate) use export::keeps;
pub use planned::PlannedSpan;
pub use sampler::HeadSampler;
pub use settings::{ExportSettings, OtlpSettings, QueueSettings};

use crate::clock::Stopwatch;

/// One tracer a process, as there is one subscriber: spans are made in places that nothing can be handed to.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

fn tracer() -> &'static SdkTracer {
    TRACER.get_or_init(|| SdkTracerProvider::builder().build().tracer("platform"))
}

fn install(provider: &SdkTracerProvider) {
    let _ = TRACER.set(provider.tracer("platform"));
}

/// Turns `tracing` spans into spans of the trace. Events stay log lines: a span says what happened by its attributes.
pub fn layer<S>() -> OpenTelemetryLayer<S, SdkTracer>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer().clone())
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        .with_level(false)
}

/// A stretch of work that becomes a span when it ends: one call into the SDK, with explicit times, which costs a
/// quarter of what a `tracing` span costs.
#[derive(Debug)]
pub struct LeafSpan {
    parent: Context,
    name: String,
    kind: SpanKind,
    watch: Stopwatch,
}

impl LeafSpan {
    /// Begins now, below the work at hand.
    pub fn begin(name: impl Into<String>, kind: SpanKind) -> Self {
        Self::below(super::context::current(), name, kind)
    }

    /// Begins now, below `parent`.
    pub fn below(parent: Context, name: impl Into<String>, kind: SpanKind) -> Self {
        Self { parent, name: name.into(), kind, watch: Stopwatch::start() }
    }

    /// Began when this watch was started.
    #[must_use]
    pub fn begun(self, watch: Stopwatch) -> Self {
        Self { watch, ..self }
    }

    /// How long it has run.
    #[must_use]
    pub fn elapsed(&self) -> std::time::Duration {
        self.watch.elapsed()
    }

    /// Ends now.
    pub fn end(self, attributes: Vec<KeyValue>, error: Option<String>) {
        let builder = SpanBuilder::from_name(self.name)
            .with_kind(self.kind)
            .with_start_time(self.watch.began())
            .with_attributes(attributes);
        let mut span = tracer().build_with_context(builder, &self.parent);
        if let Some(error) = error {
            span.set_status(Status::error(error));
        }
        span.end_with_timestamp(self.watch.ended());
    }
}

/// A span that others can hang below while it lasts.
#[derive(Debug)]
pub struct OpenSpan {
    context: Context,
    watch: Stopwatch,
}

impl OpenSpan {
    /// Begins now, below `parent`.
    pub fn below(parent: &Context, name: impl Into<String>, kind: SpanKind, attributes: Vec<KeyValue>) -> Self {
        Self::began(parent, name, kind, attributes, Stopwatch::start())
    }

    /// Began when the watch was started, below `parent`: for work that only later turned out to be worth a span.
    pub fn began(
        parent: &Context,
        name: impl Into<String>,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
        watch: Stopwatch,
    ) -> Self {
        let builder = SpanBuilder::from_name(name.into())
            .with_kind(kind)
            .with_start_time(watch.began())
            .with_attributes(attributes);
        let span = tracer().build_with_context(builder, parent);
        Self { context: parent.with_span(span), watch }
    }

    /// What spans below it take as their parent.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Adds an attribute.
    pub fn set(&self, attribute: KeyValue) {
        self.context.span().set_attribute(attribute);
    }

    /// Links to another span's context.
    pub fn link(&self, to: &Context) {
        self.context.span().add_link(to.span().span_context().clone(), Vec::new());
    }

    /// Ends now.
    pub fn end(self, error: Option<String>) {
        if let Some(error) = error {
            self.context.span().set_status(Status::error(error));
        }
        self.context.span().end_with_timestamp(self.watch.ended());
    }
}

/// A span that began and ended at given times, such as one mail's share of a request that carried many.
pub fn between(
    parent: &Context,
    name: &'static str,
    kind: SpanKind,
    times: (SystemTime, SystemTime),
    attributes: Vec<KeyValue>,
    link: Option<&Context>,
    error: Option<String>,
) {
    let builder = SpanBuilder::from_name(name).with_kind(kind).with_start_time(times.0).with_attributes(attributes);
    let mut span = tracer().build_with_context(builder, parent);
    if let Some(link) = link {
        span.add_link(link.span().span_context().clone(), Vec::new());
    }
    if let Some(error) = error {
        span.set_status(Status::error(error));
    }
    span.end_with_timestamp(times.1);
}
