//! Traces, as a receiver sees them.

use std::time::Duration;

use testbed::otlp::{Kind, Receiver};
use testbed::wait;

use super::support::{Connection, Request, Running, SOON, Start, bare, database};

const STRANGER: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn traced(start: Start, receiver: &Receiver) -> Running {
    start.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).ready().await
}

fn asked_by_stranger(flags: &str) -> Request {
    Request::new("GET", "/work/1").header("traceparent", &format!("00-{STRANGER}-00f067aa0ba902b7-{flags}"))
}

/// Ends it, so that everything it would send was sent.
async fn drained(function: &Running) {
    assert_eq!(function.told(nix::sys::signal::Signal::SIGTERM).await, Some(0), "{}", function.output());
}

/// Guards: stranger sampling.
#[tokio::test]
async fn a_strangers_sampled_flag_keeps_nothing() {
    let receiver = Receiver::start().expect("it listens");
    let none = bare().env("OTEL_TRACES_SAMPLER", "parentbased_traceidratio").env("OTEL_TRACES_SAMPLER_ARG", "0");
    let function = traced(none, &receiver).await;
    assert_eq!(asked_by_stranger("01").ask(function.address).await.status, 200);
    drained(&function).await;
    assert_eq!(function.requests("GET /work/{ms}")[0]["trace_id"], STRANGER);
    assert!(receiver.spans().is_empty(), "{:?}", receiver.spans());
}

#[tokio::test]
async fn a_strangers_missing_flag_loses_nothing_and_its_ids_are_kept() {
    let receiver = Receiver::start().expect("it listens");
    let all = bare().env("OTEL_TRACES_SAMPLER", "parentbased_traceidratio").env("OTEL_TRACES_SAMPLER_ARG", "1.0");
    let function = traced(all, &receiver).await;
    let answer = asked_by_stranger("00").ask(function.address).await;
    assert_eq!(answer.status, 200);
    drained(&function).await;
    let trace = receiver.trace(STRANGER);
    let span = trace.spans().first().expect("it was kept");
    assert_eq!((span.name.as_str(), span.kind), ("GET /work/{ms}", Kind::Server), "{}", trace.tree());
    assert_eq!(span.parent_id.as_deref(), Some("00f067aa0ba902b7"));
    assert_eq!(span.service, "bare_function");
    let wanted = [
        ("http.request.method", "GET"),
        ("http.route", "/work/{ms}"),
        ("http.response.status_code", "200"),
        ("url.scheme", "http"),
        ("url.path", "/work/1"),
    ];
    for (name, value) in wanted {
        assert_eq!(span.attribute(name), value, "{name} of {span:?}");
    }
}

#[tokio::test]
async fn statements_hang_below_their_request_with_the_wait_for_a_connection() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let function = traced(database.small().await, &receiver).await;
    assert_eq!(function.get("/sql/20").await.status, 200);
    let id = function.requests("GET /sql/{ms}")[0]["trace_id"].as_str().expect("a trace").to_owned();
    let whole = receiver.wait_for(&id, |trace| trace.spans().len() >= 3, SOON).await.expect("three spans arrive");
    let roots = whole.roots();
    assert_eq!(roots.len(), 1, "{}", whole.tree());
    let below: Vec<_> = whole.children(roots[0]).iter().map(|span| span.name.clone()).collect();
    assert_eq!(below, ["pool wait", "select sleep"], "{}", whole.tree());
    let statement = whole.named("select sleep")[0];
    assert_eq!(statement.kind, Kind::Client);
    assert_eq!(statement.attribute("db.query.summary"), "select sleep");
    assert_eq!(statement.attribute("db.query.text"), "SELECT 1 FROM pg_sleep($1)");
    assert_eq!(statement.attribute("db.response.returned_rows"), "1");
    let server = super::support::servers().await.postgres.address();
    for (name, value) in [
        ("db.system.name", "postgresql".to_owned()),
        ("db.namespace", database.url.rsplit(['/', '?']).nth(1).expect("a name").to_owned()),
        ("server.address", server.ip().to_string()),
        ("server.port", server.port().to_string()),
    ] {
        assert_eq!(statement.attribute(name), value, "{name}");
    }
    assert!(statement.duration() >= Duration::from_millis(20), "{}", whole.tree());
    assert_eq!(whole.named("pool wait")[0].attribute("db.client.connection.pool.name"), "small_function/pool");
    assert!(whole.outliving_children(Duration::from_millis(1), |_| false).is_empty(), "{}", whole.tree());
}

#[tokio::test]
async fn a_statement_that_is_cut_has_a_span_that_says_so() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let function = traced(database.small().await, &receiver).await;
    let mut client = Connection::open(function.address).await.expect("it listens");
    client.send(&Request::new("GET", "/sql/10000").text()).await.expect("it reads");
    wait::until(SOON, "the query at work", async || database.running().await == 1).await.expect("it runs");
    drop(client);
    let cut = async || receiver.spans().into_iter().find(|span| span.name == "select sleep");
    let cut = wait::until_some(SOON, "the span of what was cut", cut).await.expect("it arrives");
    assert!(cut.error.is_some(), "{cut:?}");
    assert_eq!(cut.attribute("error.type"), "timed_out");
    assert_eq!(cut.attribute("db.query.text"), "SELECT 1 FROM pg_sleep($1)");
    assert_eq!(cut.attribute("db.response.returned_rows"), "", "nothing came of it");
}

#[tokio::test]
async fn unrecorded_work_leaves_no_span_and_recorded_work_beside_it_does() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let function = traced(database.small().await, &receiver).await;
    assert_eq!(function.line("the background looked").await["good"], true);
    drained(&function).await;
    let spans = receiver.spans();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["pool wait", "select settings"]);
}

#[tokio::test]
async fn a_failed_request_is_a_failed_span() {
    let receiver = Receiver::start().expect("it listens");
    let function = traced(bare(), &receiver).await;
    assert_eq!(function.get("/panic").await.status, 500);
    assert_eq!(function.get("/nowhere").await.status, 404);
    drained(&function).await;
    let spans = receiver.spans();
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:?}"));
    assert!(named("GET /panic").error.is_some());
    let unmatched = named("GET");
    assert!(unmatched.error.is_none(), "a 404 is the caller's");
    assert_eq!((unmatched.attribute("url.path"), unmatched.attribute("http.route")), ("REDACTED", ""));
    assert_eq!(named("GET /panic").attribute("error.type"), "500");
    assert!(!format!("{spans:?}").contains("nowhere"), "{spans:?}");
}

#[tokio::test]
async fn a_method_that_is_none_is_http_and_told_as_it_was() {
    let receiver = Receiver::start().expect("it listens");
    let function = traced(bare(), &receiver).await;
    let request = Request::new("BREW", "/work/1").header("X-Forwarded-Proto", "https");
    assert_eq!(request.ask(function.address).await.status, 405);
    drained(&function).await;
    let spans = receiver.spans();
    let [span] = &spans[..] else { panic!("{spans:?}") };
    for (name, value) in [
        ("http.request.method", "_OTHER"),
        ("http.request.method_original", "BREW"),
        ("url.scheme", "https"),
        ("http.response.status_code", "405"),
    ] {
        assert_eq!(span.attribute(name), value, "{name} of {span:?}");
    }
    assert_eq!(span.name, "HTTP /work/{ms}");
}

#[tokio::test]
async fn a_hanging_receiver_costs_a_bounded_queue_and_every_drop_is_counted() {
    let receiver = Receiver::start().expect("it listens");
    receiver.hang();
    let function = traced(bare().env("RUST_LOG", "warn").env("ADDRESS_REQUESTS_MAX", "1000000"), &receiver).await;
    let before = function.resident_bytes();
    // More than the queue's 8,192 and the batch of 512 that is under way.
    let asked = asks(&function, 12_000).await;
    let dropped = function.metric("board_spans_dropped_total").await.expect("it is counted");
    assert!(dropped >= f64::from(asked - 8_192 - 2 * 512), "{dropped} of {asked}");
    let grown = function.resident_bytes().saturating_sub(before);
    assert!(grown < 40 << 20, "{grown} bytes more");
    let answer = wait::until(SOON, "an answer", async || function.get("/work/0").await.status == 200).await;
    answer.expect("it answers on");
}

/// Asks that many times over a few kept connections, and answers how many times it was.
async fn asks(function: &Running, times: u32) -> u32 {
    const CONNECTIONS: u32 = 16;
    let address = function.address;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        clients.spawn(async move {
            let mut connection = super::support::Connection::open(address).await.expect("it listens");
            for _ in 0..times / CONNECTIONS {
                let answer = connection.ask(&Request::new("GET", "/work/0")).await.expect("an answer");
                assert_eq!(answer.status, 200);
            }
        });
    }
    clients.join_all().await;
    times / CONNECTIONS * CONNECTIONS
}
