//! Spans that their receiver does not take: told by class, repeated only where that can help.

use std::time::{Duration, Instant};

use serde_json::Value;
use testbed::nginx::{Gate, Nginx};
use testbed::otlp::Receiver;
use testbed::redis::{Options, Redis, Tls};
use testbed::tls::Authority;
use testbed::wait;

use super::support::{Running, SOON, bare};

const FAILED: &str = "spans could not be handed over";

async fn exporting_to(url: &str) -> Running {
    bare().env("OTEL_EXPORTER_OTLP_ENDPOINT", url).ready().await
}

async fn work(function: &Running) {
    assert_eq!(function.get("/work/0").await.status, 200);
}

async fn dropped(function: &Running) -> f64 {
    function.metric("board_spans_dropped_total").await.unwrap_or_default()
}

fn told(function: &Running) -> Vec<Value> {
    function.lines().into_iter().filter(|line| line["message"] == FAILED).collect()
}

/// Sends a span, until another one is refused.
async fn refused_again(function: &Running, receiver: &Receiver) {
    let before = receiver.refused();
    work(function).await;
    wait::until(SOON, "a refusal", async || receiver.refused() > before).await.expect("it is sent");
}

#[tokio::test]
async fn a_refusal_is_told_once_and_what_was_refused_is_not_sent_again() {
    for (status, class, level) in [(401, "http_401", "error"), (404, "http_404", "warn"), (413, "http_413", "warn")] {
        let receiver = Receiver::start().expect("it listens");
        receiver.refuse(status, Some("0"));
        let function = exporting_to(&receiver.url()).await;
        refused_again(&function, &receiver).await;
        let mut sent = 1_u8;
        // What is wrong with one batch says nothing of the next; the others would all hear the same, and are kept.
        if status == 413 {
            refused_again(&function, &receiver).await;
            sent = 2;
        } else {
            work(&function).await;
        }
        let counted = async || dropped(&function).await >= f64::from(sent);
        wait::until(SOON, "the drops", counted).await.expect("they are counted");
        assert_eq!((receiver.refused(), dropped(&function).await), (usize::from(sent), f64::from(sent)), "{status}");
        let told = told(&function);
        assert_eq!(told.len(), 1, "{status}: {told:?}");
        assert_eq!(
            (&told[0]["level"], &told[0]["class"], &told[0]["count"]),
            (&level.into(), &class.into(), &1.into())
        );
        let port = receiver.address().port().to_string();
        assert!(!function.output().contains(&port), "{}", function.output());
    }
}

#[tokio::test]
async fn a_receiver_that_is_busy_is_left_alone_for_as_long_as_it_asks_and_loses_nothing() {
    let receiver = Receiver::start().expect("it listens");
    receiver.refuse(503, Some("2"));
    let function = exporting_to(&receiver.url()).await;
    refused_again(&function, &receiver).await;
    let refused = Instant::now();
    receiver.take();
    wait::until(SOON, "the span", async || receiver.spans().len() == 1).await.expect("it arrives");
    assert!(refused.elapsed() > Duration::from_millis(1_900), "after {:?}", refused.elapsed());
    assert_eq!((receiver.refused(), dropped(&function).await), (1, 0.0));
    assert_eq!(told(&function)[0]["class"], "http_503");
}

#[tokio::test]
async fn a_receiver_that_is_away_is_told_and_found_again() {
    let port = testbed::port::free_port();
    let function = exporting_to(&format!("http://127.0.0.1:{port}")).await;
    work(&function).await;
    let line = function.line(FAILED).await;
    assert_eq!((line["level"].as_str(), line["class"].as_str()), (Some("warn"), Some("connection_refused")), "{line}");
    let receiver = Receiver::start_on(port).expect("it listens");
    wait::until(SOON, "the span", async || !receiver.spans().is_empty()).await.expect("it arrives");
    assert_eq!(dropped(&function).await, 0.0);
}

#[tokio::test]
async fn spans_that_a_good_answer_rejects_are_dropped_and_told() {
    let receiver = Receiver::start().expect("it listens");
    receiver.reject(1);
    let function = exporting_to(&receiver.url()).await;
    work(&function).await;
    let line = function.line(FAILED).await;
    assert_eq!((line["class"].as_str(), line["count"].as_u64()), (Some("rejected"), Some(1)), "{line}");
    assert_eq!(dropped(&function).await, 1.0);
    for name in ["board_spans_exported_total", "board_spans_last_export_timestamp_seconds"] {
        assert_eq!(function.metric(name).await, Some(0.0), "{name}: nothing was taken");
    }
}

#[tokio::test]
async fn a_receiver_that_nobody_vouches_for_is_told_as_such() {
    let authority = Authority::new().expect("an authority");
    let issued = authority.issue(&["localhost"]).expect("a certificate");
    let (certificate, key) = (issued.certificate.clone(), issued.key.clone());
    let tls = Tls { certificate, key, authority: authority.certificate().to_owned() };
    // Whatever speaks TLS will do: what it would answer is never heard.
    let stranger = Redis::start(Options::temporary().tls(tls)).await.expect("it starts");
    let url = stranger.url();
    let port = url.rsplit([':', '/']).find(|part| part.parse::<u16>().is_ok()).expect("a port");
    let function = exporting_to(&format!("https://localhost:{port}")).await;
    work(&function).await;
    let line = function.line(FAILED).await;
    assert_eq!(line["class"], "unknown_authority", "{line}");
    assert!(!function.output().contains("localhost"), "{}", function.output());
}

/// nginx as a collector's gate, which wants all that a vendor's does.
struct Guarded {
    receiver: Receiver,
    nginx: Nginx,
    authority: Authority,
}

const KEY: &str = "a secret, with = in it";
const KEY_ENCODED: &str = "a%20secret%2C%20with%20%3D%20in%20it";

impl Guarded {
    async fn start() -> Self {
        let (receiver, authority) = (Receiver::start().expect("it listens"), Authority::new().expect("an authority"));
        let certificate = authority.issue(&["localhost"]).expect("a certificate");
        let gate = Gate { certificate, header: ("api-key", KEY), path: "/in" };
        let nginx = Nginx::gate(receiver.address(), &gate).await.expect("it starts");
        Self { receiver, nginx, authority }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/in", self.nginx.address().port())
    }

    async fn arrives(&self, function: &Running) {
        work(function).await;
        let arrived = wait::until(SOON, "the span", async || !self.receiver.spans().is_empty()).await;
        arrived.unwrap_or_else(|error| panic!("{error}: {}", function.output()));
        assert!(!function.output().contains("a secret"), "{}", function.output());
    }
}

#[tokio::test]
async fn a_collector_with_a_header_a_private_authority_gzip_and_a_path_of_its_own_is_sent_spans() {
    let guarded = Guarded::start().await;
    let authority = guarded.authority.certificate().display().to_string();
    let function = bare()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &guarded.url())
        .env("OTEL_EXPORTER_OTLP_HEADERS", &format!("api-key={KEY_ENCODED}"))
        .env("OTEL_EXPORTER_OTLP_CERTIFICATE", &authority)
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        .env("OTEL_SERVICE_NAME", "jobs")
        .env("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,service.version=7")
        .ready()
        .await;
    guarded.arrives(&function).await;
    let (spans, packed) = (guarded.receiver.spans(), guarded.receiver.packed());
    assert!(packed > 0 && spans.iter().all(|span| span.service == "jobs"), "{packed} {spans:?}");
    let is_so = |line: &Value| (&line["service"], &line["version"]) == (&"jobs".into(), &"7".into());
    assert!(function.lines().iter().all(is_so), "{}", function.output());
}

#[tokio::test]
async fn settings_of_traces_go_first_and_the_authority_may_be_one_that_everybody_is_told() {
    let guarded = Guarded::start().await;
    let function = bare()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        .env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/v1/traces", guarded.url()))
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=another")
        .env("OTEL_EXPORTER_OTLP_TRACES_HEADERS", &format!("api-key={KEY_ENCODED}"))
        .env("SSL_CERT_FILE", &guarded.authority.certificate().display().to_string())
        .ready()
        .await;
    guarded.arrives(&function).await;
    assert_eq!(guarded.receiver.packed(), 0);
}

#[tokio::test]
async fn a_collector_that_does_not_know_the_header_is_told_as_such() {
    let guarded = Guarded::start().await;
    let function = bare()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &guarded.url())
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=wrong-secret")
        .env("SSL_CERT_FILE", &guarded.authority.certificate().display().to_string())
        .ready()
        .await;
    work(&function).await;
    let line = function.line(FAILED).await;
    assert_eq!((line["class"].as_str(), line["level"].as_str()), (Some("http_401"), Some("error")), "{line}");
    assert!(!function.output().contains("wrong-secret"), "{}", function.output());
}

#[tokio::test]
async fn spans_go_to_the_console_or_nowhere_where_that_is_wanted() {
    let receiver = Receiver::start().expect("it listens");
    let to = async |name: &str, value: &str| {
        let function = bare().env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).env(name, value).ready().await;
        work(&function).await;
        function
    };
    let console = to("OTEL_TRACES_EXPORTER", "console").await;
    let look = async || console.lines().into_iter().find(|line| line["span"] == "GET /work/{ms}");
    let line = wait::until_some(SOON, "the span", look).await.expect("it is written");
    assert_eq!((&line["kind"], &line["service"]), (&"server".into(), &"bare_function".into()), "{line}");
    assert_eq!(line["attributes"]["http.response.status_code"], 200, "{line}");
    let request = console.requests("GET /work/{ms}").pop().expect("its line");
    assert_eq!(request["trace_id"], line["trace_id"]);
    for (name, value) in [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "TRUE")] {
        let silent = to(name, value).await;
        assert!(silent.requests("GET /work/{ms}")[0]["trace_id"].is_string(), "{}", silent.output());
        // At the end whatever waits is handed over.
        assert_eq!(silent.told(nix::sys::signal::Signal::SIGTERM).await, Some(0));
    }
    assert_eq!(receiver.spans().len(), 0);
}

#[tokio::test]
async fn no_request_has_more_spans_than_it_may_also_at_the_end() {
    let receiver = Receiver::start().expect("it listens");
    let function = bare()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url())
        .env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3")
        .env("OTEL_BSP_SCHEDULE_DELAY", "60000")
        .ready()
        .await;
    for _ in 0..8 {
        work(&function).await;
    }
    assert_eq!(function.told(nix::sys::signal::Signal::SIGTERM).await, Some(0));
    assert_eq!((receiver.spans().len(), receiver.largest()), (8, 3));
}

#[tokio::test]
async fn the_caller_is_not_listened_to_where_nothing_is_to_be_passed_on() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    for (propagators, kept) in [("tracecontext", true), ("none", false)] {
        let function = bare().env("OTEL_PROPAGATORS", propagators).ready().await;
        let request = super::support::Request::new("GET", "/work/0");
        let request = request.header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"));
        assert_eq!(request.ask(function.address).await.status, 200);
        assert_eq!(function.requests("GET /work/{ms}")[0]["trace_id"] == trace, kept, "{propagators}");
    }
}
