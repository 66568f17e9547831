//! The OTLP receiver, spoken to as an exporter does.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Link;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use testbed::otlp::{Kind, Receiver};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::{DEADLINE, SILENCE};

const TRACE: &str = "01010101010101010101010101010101";

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

fn span(id: u8, parent: Option<u8>) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![id; 8],
        parent_span_id: parent.map(|parent| vec![parent; 8]).unwrap_or_default(),
        name: format!("span {id}"),
        start_time_unix_nano: u64::from(id) * 1_000_000,
        end_time_unix_nano: 9_000_000,
        ..Default::default()
    }
}

fn body(spans: Vec<Span>) -> Vec<u8> {
    let service = Value::StringValue("api".to_owned());
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes: vec![attribute("service.name", service)], ..Default::default() }),
            scope_spans: vec![ScopeSpans { spans, ..Default::default() }],
            ..Default::default()
        }],
    }
    .encode_to_vec()
}

/// Sends a request and returns the whole answer.
async fn send(receiver: &Receiver, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(receiver.address()).await.expect("it accepts");
    let head = format!("{head}\r\nHost: localhost\r\nConnection: close\r\n");
    stream.write_all(head.as_bytes()).await.expect("it reads");
    stream.write_all(b"Content-Type: application/x-protobuf\r\n").await.expect("it reads");
    stream.write_all(body).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    answer
}

async fn post(receiver: &Receiver, spans: Vec<Span>) -> String {
    let body = body(spans);
    let length = format!("Content-Length: {}\r\n\r\n", body.len());
    let body = [length.as_bytes(), &body].concat();
    send(receiver, "POST /v1/traces HTTP/1.1", &body).await
}

#[tokio::test]
async fn a_span_sent_as_protobuf_is_stored_with_all_it_says() {
    let receiver = Receiver::start().expect("the receiver starts");
    let sent = Span {
        kind: 3,
        attributes: vec![attribute("db.rows", Value::IntValue(3))],
        links: vec![Link { trace_id: vec![2; 16], span_id: vec![3; 8], ..Default::default() }],
        status: Some(Status { message: "cut".to_owned(), code: 2 }),
        ..span(1, None)
    };
    let answer = post(&receiver, vec![sent]).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let spans = receiver.spans();
    let stored = &spans[0];
    assert_eq!((stored.trace_id.as_str(), stored.span_id.as_str()), (TRACE, "0101010101010101"));
    assert_eq!((stored.service.as_str(), stored.kind), ("api", Kind::Client));
    assert_eq!(stored.attribute("db.rows"), "3");
    assert_eq!(stored.links, [("02".repeat(16), "03".repeat(8))]);
    assert_eq!(stored.error.as_deref(), Some("cut"));
    assert_eq!(stored.duration(), Duration::from_millis(8));
}

#[tokio::test]
async fn roots_and_orphans_are_told_apart_across_requests() {
    let receiver = Receiver::start().expect("the receiver starts");
    post(&receiver, vec![span(3, Some(1)), span(4, Some(7))]).await;
    assert_eq!(receiver.trace(TRACE).orphans().len(), 2);
    post(&receiver, vec![span(1, None)]).await;
    let trace = receiver.trace(TRACE);
    assert_eq!(trace.roots()[0].name, "span 1");
    assert_eq!(trace.children(trace.roots()[0])[0].name, "span 3");
    let orphans: Vec<&str> = trace.orphans().iter().map(|span| span.name.as_str()).collect();
    assert_eq!(orphans, ["span 4"]);
    assert_eq!(receiver.trace_ids(), [TRACE]);
    receiver.clear();
    assert!(receiver.spans().is_empty());
}

#[tokio::test]
async fn a_chunked_body_is_understood() {
    let receiver = Receiver::start().expect("the receiver starts");
    let body = body(vec![span(1, None)]);
    let (first, second) = body.split_at(body.len() / 2);
    let mut chunked = b"Transfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in [first, second, &[]] {
        chunked.extend(format!("{:x}\r\n", chunk.len()).bytes());
        chunked.extend(chunk);
        chunked.extend(b"\r\n");
    }
    let answer = send(&receiver, "POST /v1/traces HTTP/1.1", &chunked).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(receiver.spans().len(), 1);
}

#[tokio::test]
async fn what_is_no_trace_is_refused() {
    let receiver = Receiver::start().expect("the receiver starts");
    let garbage = b"Content-Length: 4\r\n\r\nabcd";
    let answer = send(&receiver, "POST /v1/traces HTTP/1.1", garbage).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let answer = send(&receiver, "POST /v1/logs HTTP/1.1", garbage).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn a_hanging_receiver_answers_when_it_resumes() {
    let receiver = Receiver::start().expect("the receiver starts");
    receiver.hang();
    let mut posted = Box::pin(post(&receiver, vec![span(1, None)]));
    assert!(timeout(SILENCE, &mut posted).await.is_err(), "it answered");
    assert!(receiver.spans().is_empty());
    receiver.resume();
    let answer = posted.await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn a_trace_is_waited_for_and_shown_when_it_does_not_come() {
    let receiver = Receiver::start().expect("the receiver starts");
    let (posted, waited) = tokio::join!(
        post(&receiver, vec![span(1, None)]),
        receiver.wait_for(TRACE, |trace| trace.spans().len() == 1, DEADLINE),
    );
    assert!(posted.starts_with("HTTP/1.1 200 OK\r\n"), "{posted}");
    assert_eq!(waited.expect("it comes").tree(), "api span 1 8.0 ms\n");
    let wanted = |trace: &testbed::otlp::Trace| trace.spans().len() == 2;
    let waited = receiver.wait_for(TRACE, wanted, Duration::from_millis(30)).await;
    let text = waited.expect_err("there is one").to_string();
    assert!(text.contains("not within 30ms") && text.contains("api span 1"), "{text}");
}

#[tokio::test]
async fn a_receiver_that_is_dropped_leaves_its_port() {
    let receiver = Receiver::start().expect("the receiver starts");
    let address = receiver.address();
    drop(receiver);
    Receiver::start_on(address.port()).expect("the port is free again");
}
