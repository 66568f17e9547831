//! One [`Telemetry`] a process: it starts logs and traces first, and flushes them last.

pub mod context;
pub mod log;
pub mod metric;
mod settings;
pub mod throttle;
pub mod trace;

pub use settings::TelemetrySettings;

use std::time::Duration;

use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use log::Writer;
use metric::Metrics;
use trace::{ExportError, Exporting};

/// How long the end waits for whoever reads the log.
const LAST_LINES: Duration = Duration::from_millis(500);

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
    pub fn start(function: &'static str, settings: TelemetrySettings, metrics: &Metrics) -> Result<Self, StartError> {
        let resource = settings.resource(function);
        let origin = log::Origin::of(&resource);
        context::Propagation { on: settings.propagates, key: settings.key }.begin();
        let lines = LastLines(Writer::start(metrics)?);
        let console = settings.export.console.then(|| lines.0.clone());
        let exporting = Exporting::start(resource, settings.sampler, settings.export, console, metrics)?;
        tracing_subscriber::registry()
            // Spans are no matter of how much is logged: without them lines and problems have no trace id.
            .with(trace::layer().with_filter(filter_fn(|what| what.is_span() && *what.level() <= Level::INFO)))
            .with(log::JsonLines::new(origin, lines.0.clone()).with_filter(settings.filter))
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
