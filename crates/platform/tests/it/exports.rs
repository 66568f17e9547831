//! Spans that their receiver does not take: told by class, repeated only where that can help.

use std::time::{Duration, Instant};

use serde_json::Value;
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
    function.metric("spans_dropped_total").await.unwrap_or_default()
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
