//! The spans of a transaction that is sent in one flush.

use std::time::Duration;

use serde_json::json;
use testbed::otlp::{Receiver, Span, Trace};

use super::support::{Request, Running, SOON, database};

async fn flushed(function: &Running, receiver: &Receiver, first: i32, second: i32, status: u16) -> Trace {
    let body = json!({ "first": first, "second": second, "between_ms": 60 });
    assert_eq!(Request::post("/flushes", body).ask(function.address).await.status, status);
    let line = function.requests("POST /flushes").pop().expect("a line");
    let id = line["trace_id"].as_str().expect("a trace");
    receiver.wait_for(id, |trace| trace.spans().len() >= 7, SOON).await.expect("seven spans arrive")
}

/// The statements, in their order.
fn statements(trace: &Trace) -> Vec<Span> {
    let of_database = |span: &&Span| span.attribute("db.system.name") == "postgresql";
    trace.spans().iter().filter(of_database).cloned().collect()
}

#[tokio::test]
async fn each_begins_where_the_last_one_ended() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let start = database.small().await.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url());
    let function = start.ready().await;
    let trace = flushed(&function, &receiver, 1, 2, 201).await;
    let spans = statements(&trace);
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["begin", "insert row", "select sleep", "insert row", "commit"], "{}", trace.tree());
    for pair in spans.windows(2) {
        assert!(pair[1].start >= pair[0].end, "{}", trace.tree());
    }
    // The server sleeps for 60 ms, and may have begun before its last answer was read.
    assert!(spans[2].duration() >= Duration::from_millis(40), "{}", trace.tree());
    assert!(spans[3].duration() < Duration::from_millis(40), "it did not sleep itself: {}", trace.tree());
}

#[tokio::test]
async fn where_one_fails_each_is_told_and_the_commit_as_rolled_back() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let start = database.small().await.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url());
    let function = start.ready().await;
    let trace = flushed(&function, &receiver, 1, -1, 500).await;
    let spans = statements(&trace);
    let failed: Vec<_> = spans.iter().map(|span| (span.name.as_str(), span.error.is_some())).collect();
    let wanted =
        [("begin", false), ("insert row", false), ("select sleep", false), ("insert row", true), ("commit", true)];
    assert_eq!(failed, wanted, "{}", trace.tree());
    assert_eq!(spans[3].attribute("db.response.status_code"), "23514");
    assert_eq!((spans[3].attribute("error.type"), spans[4].attribute("error.type")), ("23514", "rolled_back"));
}
