//! Logs as JSON lines on standard output. Every line says which service, version and machine wrote it and, inside a trace,
//! its ids.

mod writer;

use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::resource::{SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION};
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

pub use writer::Writer;

use crate::clock::Clock;
use crate::sabotage;

/// Who writes lines.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The service.
    pub service: String,
    /// The commit that runs.
    pub version: String,
    /// The machine it runs on.
    pub instance: String,
}

impl Origin {
    /// The same as of its traces.
    #[must_use]
    pub fn of(resource: &Resource) -> Self {
        let of = |name: &'static str| resource.get(&name.into()).map(|value| value.to_string()).unwrap_or_default();
        Self { service: of(SERVICE_NAME), version: of(SERVICE_VERSION), instance: of(SERVICE_INSTANCE_ID) }
    }
}

/// Writes each event as one JSON object on one line.
#[derive(Debug)]
pub struct JsonLines {
    origin: Origin,
    clock: Clock,
    writer: Writer,
}

impl JsonLines {
    /// Lines of this origin.
    #[must_use]
    pub fn new(origin: Origin, writer: Writer) -> Self {
        Self { origin, clock: Clock::system(), writer }
    }

    fn line(&self, event: &Event<'_>) -> Map<String, Value> {
        let mut line = Map::new();
        let now = self.clock.now().format(&Rfc3339).unwrap_or_default();
        line.insert("timestamp".to_owned(), now.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().to_lowercase().into());
        let Origin { service, version, instance } = &self.origin;
        for (name, value) in [("service", service), ("version", version), ("instance", instance)] {
            line.insert(name.to_owned(), value.clone().into());
        }
        let context = opentelemetry::Context::current();
        let span = context.span().span_context().clone();
        if span.is_valid() {
            line.insert("trace_id".to_owned(), span.trace_id().to_string().into());
            line.insert("span_id".to_owned(), span.span_id().to_string().into());
        }
        event.record(&mut Fields(&mut line));
        line
    }
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Value::Object(self.line(event)).to_string();
        line.push('\n');
        self.writer.write(line.into_bytes());
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}"));
    }
}

/// An error and all that are behind it, on one line. For errors whose texts hold nothing personal, as all of this board's
/// own are.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let behind = std::iter::successors(error.source(), |error| (*error).source());
    behind.fold(error.to_string(), |chain, error| format!("{chain}: {error}"))
}

/// Tells panics as log lines, by their place. The message is left out: it may hold anything.
pub fn place_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("panicked at {}:{}", at.file(), at.line()));
        let place = place.unwrap_or_else(|| "panicked".to_owned());
        if CATCHING.get() {
            LAST_PLACE.set(place);
        } else {
            tracing::error!(error = place, "panic");
        }
    }));
}

/// Runs work whose panics are its caller's to tell.
///
/// # Errors
/// Where it panicked.
pub fn catching<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    if sabotage::takes_out("panic catcher") {
        return Ok(work());
    }
    CATCHING.set(true);
    // What panicked is dropped by whoever calls this, and never looked at again.
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    CATCHING.set(false);
    done.map_err(|_| LAST_PLACE.take())
}

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static LAST_PLACE: Cell<String> = const { Cell::new(String::new()) };
}
