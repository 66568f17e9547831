//! One [`Telemetry`] a process: it starts logs and traces first, and flushes them last.

pub mod context;
pub mod log;
pub mod metric;
pub mod throttle;
pub mod trace;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_semantic_conventions::resource::{SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION};
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer as _};
use url::Url;
use uuid::Uuid;

use crate::config::{Reader, Settings, setting};
use log::Writer;
use metric::Metrics;
use trace::{ExportError, Exporting, HeadSampler};

/// How long the end waits for whoever reads the log.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Where telemetry goes and how much of it.
#[derive(Debug)]
pub struct TelemetrySettings {
    /// Base address of an OTLP/HTTP receiver; without one, spans are made for the log's ids and dropped.
    pub otlp: Option<Url>,
    /// How the head of a trace decides.
    pub sampler: HeadSampler,
    /// What is logged.
    pub filter: EnvFilter,
    /// The commit that runs.
    pub version: String,
    /// The machine it runs on.
    pub instance: String,
}

impl Settings for TelemetrySettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let otlp = from
            .optional_url(setting("OTEL_EXPORTER_OTLP_ENDPOINT", "base address of an OTLP/HTTP receiver of traces"));
        let sampler = HeadSampler::read(from);
        let filter = from.default(
            setting("RUST_LOG", "what is logged"),
            "a filter as tracing-subscriber has it",
            "info,actix_server=warn",
        );
        let version = from.default(setting("SERVICE_VERSION", "the commit that runs"), "a text", "dev");
        let instance = from.default(
            setting("FLY_MACHINE_ID", "the machine that this runs on; by default a random id"),
            "a text",
            "random",
        );
        let random = |name: String| if name == "random" { Uuid::new_v4().to_string() } else { name };
        Some(Self {
            otlp: otlp?,
            sampler: sampler?,
            filter: filter?,
            version: version?,
            instance: instance.map(random)?,
        })
    }
}

/// Why there is no telemetry.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// This process has it already.
    #[error(transparent)]
    Twice(#[from] TryInitError),
    /// Spans cannot be sent where they are wanted.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Standard output cannot be written to.
    #[error("lines cannot be logged")]
    Log(#[from] std::io::Error),
}

/// The running telemetry of a process.
#[derive(Debug)]
pub struct Telemetry {
    exporting: Exporting,
    lines: LastLines,
}

/// What a slow reader has not taken yet is waited for when this is dropped, however the process ends.
#[derive(Debug)]
struct LastLines(Writer);

impl Drop for LastLines {
    fn drop(&mut self) {
        self.0.flush(LAST_LINES);
    }
}

impl Telemetry {
    /// Starts logs and traces; must run on the runtime that exports.
    ///
    /// # Errors
    /// When this process has telemetry already, or spans cannot be sent where they are wanted.
    pub fn start(service: &'static str, settings: TelemetrySettings, metrics: &Metrics) -> Result<Self, StartError> {
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new(SERVICE_NAME, service),
                KeyValue::new(SERVICE_VERSION, settings.version),
                KeyValue::new(SERVICE_INSTANCE_ID, settings.instance),
            ])
            .build();
        let lines = LastLines(Writer::start(metrics)?);
        let exporting = Exporting::start(resource, settings.sampler, settings.otlp, metrics)?;
        tracing_subscriber::registry()
            // Spans are no matter of how much is logged: without them lines and problems have no trace id.
            .with(trace::layer().with_filter(filter_fn(|what| what.is_span() && *what.level() <= Level::INFO)))
            .with(log::JsonLines::new(service, lines.0.clone()).with_filter(settings.filter))
            .try_init()?;
        Ok(Self { exporting, lines })
    }

    /// Hands over what is left, for a second at most; what could not be handed over is counted and told. Then waits for the
    /// last lines, for half a second at most.
    pub async fn flush(self) {
        let Self { exporting, lines } = self;
        let dropped = exporting.flush().await;
        if dropped > 0 {
            tracing::warn!(spans_dropped = dropped, "spans could not be handed over before the end");
        }
        drop(lines);
    }
}
