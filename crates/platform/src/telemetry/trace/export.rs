use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::console::Console;
use super::delivery::{Delivery, Lost};
use super::planned::Ids;
use super::{ExportError, ExportSettings, HeadSampler, QueueSettings};
use crate::clock::Clock;
use crate::telemetry::log::Writer;
use crate::telemetry::metric::{Counter, Gauge, Instruments, Metrics, Registry};

/// How long the flush at the end may take.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// Whether spans go anywhere: one answer a process, as there is one tracer.
static KEEPS: AtomicBool = AtomicBool::new(false);

/// Whether sampled spans are kept. Where they go nowhere, they only lend their ids to the log.
pub(crate) fn keeps() -> bool {
    KEEPS.load(Ordering::Relaxed)
}

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
    exported: Counter,
    dropped: Counter,
    last: Gauge<f64, AtomicU64>,
}

impl Instruments for ExportMetrics {
    fn register(registry: &mut Registry) -> Self {
        let last = "When spans were last handed over, since 1970; 0 for never";
        Self {
            exported: registry.add("spans_exported", "Spans that were handed over"),
            dropped: registry.add("spans_dropped", "Spans that could not be handed over"),
            last: registry.add_seconds("spans_last_export_timestamp", last, Gauge::default()),
        }
    }
}

impl ExportMetrics {
    fn handed_over(&self, spans: u64) {
        if spans == 0 {
            return;
        }
        self.exported.inc_by(spans);
        self.last.set(Clock::system().now().unix_timestamp_nanos() as f64 / 1e9);
    }
}

impl Exporting {
    /// Starts; spans may go to this console as well. Where they go nowhere, they only lend their ids to the log.
    ///
    /// # Errors
    /// When there is a receiver and nothing can be sent to it.
    pub fn start(
        resource: Resource,
        sampler: HeadSampler,
        settings: ExportSettings,
        console: Option<Writer>,
        metrics: &Metrics,
    ) -> Result<Self, ExportError> {
        let (pending, ending) = (Arc::<AtomicUsize>::default(), watch::Sender::new(false));
        let counts: ExportMetrics = metrics.of();
        let dropped = counts.dropped.clone();
        let mut provider = SdkTracerProvider::builder().with_sampler(sampler).with_resource(resource.clone());
        let ExportSettings { otlp, queue: limits, .. } = settings;
        let deliver = |otlp| Delivery::new(otlp, &resource, limits.repeated_for, ending.subscribe(), dropped.clone());
        let (delivery, console) = (otlp.map(deliver).transpose()?, console.map(|log| Console::new(&resource, log)));
        let mut task = None;
        if delivery.is_some() || console.is_some() {
            KEEPS.store(true, Ordering::Relaxed);
            let (sender, queue) = mpsc::channel(limits.spans);
            provider =
                provider.with_span_processor(Queue { sender, pending: pending.clone(), dropped: dropped.clone() });
            let shipping = Shipping { delivery, console, queue, limits, pending: pending.clone(), counts };
            task = Some(tokio::spawn(shipping.run(ending.subscribe())));
        }
        let provider = provider.with_id_generator(Ids).build();
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

/// Carries spans from the queue to where they go.
struct Shipping {
    delivery: Option<Delivery>,
    console: Option<Console>,
    limits: QueueSettings,
    queue: mpsc::Receiver<SpanData>,
    pending: Arc<AtomicUsize>,
    counts: ExportMetrics,
}

impl Shipping {
    async fn run(mut self, mut ending: watch::Receiver<bool>) {
        let mut batch = Vec::with_capacity(self.limits.batch);
        let mut ended = false;
        loop {
            if !ended && self.gather(&mut batch, &mut ending).await {
                ended = true;
                self.queue.close();
            }
            let room = self.limits.batch.saturating_sub(batch.len());
            if ended && room > 0 {
                self.queue.recv_many(&mut batch, room).await;
            }
            if batch.is_empty() && ended {
                return;
            }
            self.ship(std::mem::take(&mut batch)).await;
        }
    }

    /// Fills the batch until it is full or has lingered; true when the process ends.
    async fn gather(&mut self, batch: &mut Vec<SpanData>, ending: &mut watch::Receiver<bool>) -> bool {
        let QueueSettings { batch: most, linger, .. } = self.limits;
        let fill = async {
            self.queue.recv_many(batch, most).await;
            let more =
                async { while batch.len() < most && self.queue.recv_many(batch, most - batch.len()).await > 0 {} };
            let _ = timeout(linger, more).await;
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
        if let Some(console) = &self.console {
            batch.iter().for_each(|span| console.write(span));
        }
        let shipped = match &self.delivery {
            Some(delivery) => delivery.deliver(batch).await,
            None => Ok(0),
        };
        self.pending.fetch_sub(spans, Ordering::Relaxed);
        match shipped {
            Ok(rejected) => self.counts.handed_over((spans as u64).saturating_sub(rejected)),
            Err(Lost) => drop(self.counts.dropped.inc_by(spans as u64)),
        }
    }
}
