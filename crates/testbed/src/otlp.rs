//! An OTLP/HTTP receiver for spans, and the store in which a test looks at its traces.

mod attribute;
mod outline;
mod server;
mod span;
mod store;
mod trace;
mod tree;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

pub use outline::Line;
pub use span::{Kind, Span};
pub use trace::Trace;

use crate::server::Server;
use crate::{Error, port, wait};
use store::Store;

/// How many spans are remembered, the newest: at about a kilobyte each, 100 MB.
const CAPACITY: usize = 100_000;

/// A receiver on 127.0.0.1: `POST /v1/traces`, protobuf, gzip or not. It ends with this value.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    server: Server,
}

/// What a receiver remembers, for others to look at while it goes on.
#[derive(Clone, Debug)]
pub struct Traces(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Mutex<Store>,
    hanging: watch::Sender<bool>,
    refusal: Mutex<Option<Refusal>>,
    refused: AtomicUsize,
    /// Requests that came compressed.
    packed: AtomicUsize,
    /// The most spans of one request.
    largest: AtomicUsize,
    /// How many spans of each request are said not to be taken.
    rejected: AtomicI64,
}

/// What every request is answered with, instead of being taken.
#[derive(Clone, Debug)]
struct Refusal {
    status: u16,
    retry_after: Option<String>,
}

impl Shared {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusal(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Receiver {
    /// Listens on a free port.
    ///
    /// # Errors
    ///
    /// When the port can't be listened on.
    pub fn start() -> Result<Self, Error> {
        Self::start_on(port::free_port())
    }

    /// Listens on this port.
    ///
    /// # Errors
    ///
    /// When the port can't be listened on.
    pub fn start_on(port: u16) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            store: Mutex::new(Store::new(CAPACITY)),
            hanging: watch::Sender::new(false),
            refusal: Mutex::default(),
            refused: AtomicUsize::new(0),
            packed: AtomicUsize::new(0),
            largest: AtomicUsize::new(0),
            rejected: AtomicI64::new(0),
        });
        let its = Arc::clone(&shared);
        let server = Server::start("OTLP receiver", port, move |request| {
            let its = Arc::clone(&its);
            async move { server::answer(request, &its).await }
        })?;
        Ok(Self { shared, server })
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Accepts requests from now on and answers none.
    pub fn hang(&self) {
        self.shared.hanging.send_replace(true);
    }

    /// Answers again, also the requests that hang and whose sender still waits.
    pub fn resume(&self) {
        self.shared.hanging.send_replace(false);
    }

    /// Refuses all requests from now on with this status, and this `Retry-After`.
    pub fn refuse(&self, status: u16, retry_after: Option<&str>) {
        let refusal = Refusal { status, retry_after: retry_after.map(str::to_owned) };
        *self.shared.refusal() = Some(refusal);
    }

    /// Says from now on of each request that so many of its spans are not taken, in a good answer (a partial success).
    pub fn reject(&self, spans: i64) {
        self.shared.rejected.store(spans, Ordering::Relaxed);
    }

    /// Takes what comes again.
    pub fn take(&self) {
        *self.shared.refusal() = None;
    }

    /// How many requests were refused.
    pub fn refused(&self) -> usize {
        self.shared.refused.load(Ordering::Relaxed)
    }

    /// How many requests came compressed.
    pub fn packed(&self) -> usize {
        self.shared.packed.load(Ordering::Relaxed)
    }

    /// The most spans that came in one request.
    pub fn largest(&self) -> usize {
        self.shared.largest.load(Ordering::Relaxed)
    }

    /// All spans that are remembered, oldest trace first.
    pub fn spans(&self) -> Vec<Span> {
        self.shared.store().spans()
    }

    /// What is known of a trace so far; empty when nothing is.
    pub fn trace(&self, trace_id: &str) -> Trace {
        self.shared.store().trace(trace_id)
    }

    /// The traces that are remembered, oldest first.
    pub fn trace_ids(&self) -> Vec<String> {
        self.shared.store().trace_ids()
    }

    /// A view of what is remembered, now and later.
    pub fn traces(&self) -> Traces {
        Traces(Arc::clone(&self.shared))
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.shared.store() = Store::new(CAPACITY);
    }

    /// Waits until the trace is as wanted: spans come in batches, a second or more after they ended.
    ///
    /// # Errors
    ///
    /// [`Error::Late`] at the deadline, with the tree of what is there.
    pub async fn wait_for(
        &self,
        trace_id: &str,
        condition: impl Fn(&Trace) -> bool,
        deadline: Duration,
    ) -> Result<Trace, Error> {
        let begun = Instant::now();
        loop {
            let trace = self.trace(trace_id);
            if condition(&trace) {
                return Ok(trace);
            }
            if begun.elapsed() >= deadline {
                return Err(Error::Late {
                    what: format!("the trace {trace_id} as wanted"),
                    deadline,
                    seen: format!("; what is there:\n{}", trace.tree()),
                });
            }
            tokio::time::sleep(wait::INTERVAL).await;
        }
    }
}

impl Traces {
    /// What is known of a trace so far; empty when nothing is.
    pub fn trace(&self, trace_id: &str) -> Trace {
        self.0.store().trace(trace_id)
    }

    /// The newest traces with such a span, by when their first span came, at most `count`, oldest first.
    pub fn newest(&self, count: usize, such: impl Fn(&Span) -> bool) -> Vec<Trace> {
        self.0.store().newest(count, such)
    }

    /// The spans of other traces that name this trace in a link, in no order.
    pub fn linking_to(&self, trace_id: &str) -> Vec<Span> {
        self.0.store().linking_to(trace_id)
    }
}
