//! The last second: spans are handed over, or dropped and counted.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use testbed::otlp::Receiver;

use super::support::bare;

#[tokio::test]
async fn the_spans_of_every_answered_request_arrive_before_the_end() {
    let receiver = Receiver::start().expect("it listens");
    let function = bare().env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).ready().await;
    for _ in 0..50 {
        assert_eq!(function.get("/work/0").await.status, 200);
    }
    assert_eq!(function.told(Signal::SIGTERM).await, Some(0), "{}", function.output());
    let ids: Vec<_> = function.requests("GET /work/{ms}").iter().map(|line| line["trace_id"].clone()).collect();
    assert_eq!(ids.len(), 50);
    let arrived = receiver.trace_ids();
    assert!(ids.iter().all(|id| arrived.iter().any(|it| id == it)), "{} of 50 arrived", arrived.len());
    assert!(!function.output().contains("spans_dropped"), "{}", function.output());
}

#[tokio::test]
async fn a_hanging_back_end_holds_up_the_end_for_a_second_at_most() {
    let receiver = Receiver::start().expect("it listens");
    receiver.hang();
    let function = bare().env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).ready().await;
    for _ in 0..20 {
        assert_eq!(function.get("/work/0").await.status, 200);
    }
    let began = Instant::now();
    assert_eq!(function.told(Signal::SIGTERM).await, Some(0), "{}", function.output());
    // The lame duck 0.3 s, the server's stop up to 1 s, the flush 1 s.
    assert!(began.elapsed() < Duration::from_secs(4), "after {:?}", began.elapsed());
    let told = function.line("spans could not be handed over before the end").await;
    assert_eq!(told["spans_dropped"], 20, "{told}");
}

#[tokio::test]
async fn a_back_end_that_is_away_holds_up_nothing() {
    let function = bare().env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9").ready().await;
    assert_eq!(function.get("/work/0").await.status, 200);
    assert_eq!(function.told(Signal::SIGTERM).await, Some(0), "{}", function.output());
    assert!(function.line("spans could not be handed over before the end").await["spans_dropped"].is_u64());
}
