//! A board for tests, with all parts at work and smoke tests that are traced.

use std::time::Duration;

use boardctl::smoke_test::{self, Places, SmokeTest};
use boardctl::up::places;
use platform::http::client::stack;
use platform::telemetry::metric::Metrics;
use platform::telemetry::trace::{ExportSettings, Exporting, HeadSampler};
use testbed::board::{Board, Part, Secrets, Servers};
use testbed::otlp::{Receiver, Span, Trace};
use testbed::process::Process;
use tokio::sync::OnceCell;
use url::Url;

/// A board that is ready.
pub(super) struct Whole {
    pub(super) board: Board,
    places: Places,
    http: reqwest::Client,
    parts: Vec<Process>,
}

impl Whole {
    /// Starts one; `settings` are PostgreSQL's.
    pub(super) async fn start(settings: &[(&str, &str)]) -> Self {
        let servers = Servers::temporary(settings).await.expect("servers");
        let board =
            Board::migrated(servers, Secrets::generate(), testbed::cargo::binary, |_| 0).await.expect("a board");
        let mut parts = Vec::new();
        for part in Part::all() {
            // The smoke test's own spans are sent where this process sends them: see `tracing`.
            let command =
                board.command(part).expect("a binary").env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver().await.url());
            parts.push(command.start().expect("started"));
        }
        for (part, process) in Part::all().into_iter().zip(&parts) {
            let ready = process.wait_until_ok(&format!("{}/readyz", board.url(part)), Duration::from_secs(60)).await;
            ready.expect("ready");
        }
        Self { places: places(&board).expect("addresses"), http: stack().expect("a client"), board, parts }
    }

    /// Ends its parts: they have handed over their spans by then.
    pub(super) async fn end(self) {
        for part in self.parts {
            part.stop(Duration::from_secs(30)).await.expect("it ends");
        }
    }

    /// Tests once.
    pub(super) async fn smoke_test(&self) -> SmokeTest {
        smoke_test::run(&self.places, &self.http, &uuid::Uuid::new_v4().simple().to_string()).await
    }
}

/// The trace of a smoke test, once it is whole.
pub(super) async fn trace_of(test: &SmokeTest) -> Trace {
    let arrived = receiver().await.wait_for(&test.trace_id, smoke_test::is_whole, Duration::from_secs(30)).await;
    arrived.expect("the whole trace arrives")
}

/// One receiver a process, since spans leave a process by one way.
async fn receiver() -> &'static Receiver {
    static RECEIVER: OnceCell<(Receiver, Exporting)> = OnceCell::const_new();
    let made = RECEIVER.get_or_init(|| async {
        let receiver = Receiver::start().expect("a receiver");
        let url = Url::parse(&receiver.url()).expect("an address");
        // Exporting lives on the runtime that starts it: one that outlives every test.
        let exporting = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            let runtime = Box::leak(Box::new(runtime.expect("a runtime")));
            let _entered = runtime.enter();
            let started = Exporting::start(
                smoke_test::resource(),
                HeadSampler::ratio(1.0),
                ExportSettings::to(url),
                None,
                &Metrics::default(),
            );
            started.expect("spans can be sent")
        });
        (receiver, exporting.join().expect("started"))
    });
    &made.await.0
}

/// Every span that has arrived.
pub(super) async fn spans() -> Vec<Span> {
    receiver().await.spans()
}
