use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use url::Url;

use super::HeadSampler;
use super::delivery::Delivery;
use crate::telemetry::metric::{Counter, Instruments, Metrics, Registry};

/// Spans that wait to be handed over; more took 27 MB at 65,536 when it was measured.
const QUEUE: usize = 8_192;
/// Spans handed over in one request.
const BATCH: usize = 512;
/// How long a batch waits for more spans.
const LINGER: Duration = Duration::from_millis(500);
/// How long the flush at the end may take.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// Makes spans and hands them over from the runtime that it was started on, without ever holding up who makes them.
#[derive(Debug)]
pub struct Exporting {
    task: Option<JoinHandle<()>>,
    ending: watch::Sender<bool>,
    pending: Arc<AtomicUsize>,
    dropped: Counter,
    // Held so that nothing shuts the provider down while spans may still end.
    _provider: SdkTracerProvider,
}

#[derive(Clone, Debug)]
struct ExportMetrics {
    dropped: Counter,
}

impl Instruments for ExportMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self { dropped: registry.add("spans_dropped", "Spans that could not be handed over") }
    }
}

impl Exporting {
    /// Starts; without a receiver, spans only lend their ids to the log.
    ///
    /// # Errors
    /// When there is a receiver and nothing can be sent to it.
    pub fn start(
        resource: Resource,
        sampler: HeadSampler,
        receiver: Option<Url>,
        metrics: &Metrics,
    ) -> Result<Self, ExportError> {
        let (pending, ending) = (Arc::<AtomicUsize>::default(), watch::Sender::new(false));
        let ExportMetrics { dropped } = metrics.of();
        let mut provider = SdkTracerProvider::builder().with_sampler(sampler).with_resource(resource.clone());
        let exporter =
            receiver.map(|url| exporter(&url, &resource, ending.subscribe(), dropped.clone())).transpose()?;
        let mut task = None;
        if let Some(exporter) = exporter {
            let (sender, queue) = mpsc::channel(QUEUE);
            provider =
                provider.with_span_processor(Queue { sender, pending: pending.clone(), dropped: dropped.clone() });
            let shipping = Shipping { exporter, queue, pending: pending.clone(), dropped: dropped.clone() };
            task = Some(tokio::spawn(shipping.run(ending.subscribe())));
        }
        let provider = provider.build();
        super::install(&provider);
        Ok(Self { task, ending, pending, dropped, _provider: provider })
    }

    /// Hands over what is left, within a second; answers how many spans were dropped in all.
    pub async fn flush(self) -> u64 {
        if let Some(mut task) = self.task {
            self.ending.send_replace(true);
            if timeout(FLUSH_LIMIT, &mut task).await.is_err() {
                task.abort();
                self.dropped.inc_by(self.pending.swap(0, Ordering::Relaxed) as u64);
            }
        }
        self.dropped.get()
    }
}

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The HTTP stack cannot be had.
    #[error("spans cannot be sent: there is no HTTP client")]
    Http(#[from] reqwest::Error),
    /// The address is one that URLs allow and HTTP does not. It is not shown, nor what is
    /// behind it: there may be a password in it.
    #[error("spans cannot be sent: OTEL_EXPORTER_OTLP_ENDPOINT is no address that HTTP can use")]
    Address,
}

fn exporter(
    url: &Url,
    resource: &Resource,
    ending: watch::Receiver<bool>,
    dropped: Counter,
) -> Result<SpanExporter, ExportError> {
    let endpoint = format!("{}/v1/traces", url.as_str().trim_end_matches('/'));
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Delivery::new(crate::http::client::stack()?, ending, dropped))
        // Its own waits block the thread and end nobody's process: see `Delivery`.
        .with_retry_policy(RetryPolicy::default().with_max_retries(0))
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .build()
        .map_err(|_| ExportError::Address)?;
    exporter.set_resource(resource);
    Ok(exporter)
}

/// Takes ended spans without waiting: what does not fit is dropped and counted.
#[derive(Debug)]
struct Queue {
    sender: mpsc::Sender<SpanData>,
    pending: Arc<AtomicUsize>,
    dropped: Counter,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        self.pending.fetch_add(1, Ordering::Relaxed);
        if self.sender.try_send(span).is_err() {
            self.pending.fetch_sub(1, Ordering::Relaxed);
            self.dropped.inc();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Carries spans from the queue to the receiver.
struct Shipping {
    exporter: SpanExporter,
    queue: mpsc::Receiver<SpanData>,
    pending: Arc<AtomicUsize>,
    dropped: Counter,
}

impl Shipping {
    async fn run(mut self, mut ending: watch::Receiver<bool>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut ended = false;
        loop {
            if !ended && self.gather(&mut batch, &mut ending).await {
                ended = true;
                self.queue.close();
            }
            if ended && batch.len() < BATCH {
                self.queue.recv_many(&mut batch, BATCH).await;
            }
            if batch.is_empty() && ended {
                return;
            }
            self.ship(std::mem::take(&mut batch)).await;
        }
    }

    /// Fills the batch until it is full or has lingered; true when the process ends.
    async fn gather(&mut self, batch: &mut Vec<SpanData>, ending: &mut watch::Receiver<bool>) -> bool {
        let fill = async {
            self.queue.recv_many(batch, BATCH).await;
            let _ =
                timeout(LINGER, async { while batch.len() < BATCH && self.queue.recv_many(batch, BATCH).await > 0 {} })
                    .await;
        };
        tokio::select! {
            () = fill => false,
            _ = ending.wait_for(|ending| *ending) => true,
        }
    }

    async fn ship(&mut self, batch: Vec<SpanData>) {
        if batch.is_empty() {
            return;
        }
        let spans = batch.len();
        let shipped = self.exporter.export(batch).await;
        self.pending.fetch_sub(spans, Ordering::Relaxed);
        if shipped.is_err() {
            self.dropped.inc_by(spans as u64);
        }
    }
}
