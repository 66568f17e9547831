//! Calls from one function to another, and each way in which there is no answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use platform::guard::deadline::{self, TooLate};
use platform::http::client::{Call, CallError, Client, Method, stack};
use platform::telemetry::context;
use serde::Deserialize;
use serde_json::{Value, json};
use testbed::port::free_port;
use testbed::proxy::Proxy;

use super::support::bare;

#[derive(Debug, Deserialize, PartialEq)]
struct Echoed {
    text: String,
}

struct Echo(Value);

impl Call for Echo {
    type Answer = Echoed;
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "/echo";

    fn path(&self) -> String {
        "/echo".to_owned()
    }

    fn body(&self) -> Option<Value> {
        Some(self.0.clone())
    }
}

/// Reads the answer of `/work/{ms}` as something that it is not, unless nothing is wanted of it.
struct Work<Answer> {
    ms: u64,
    wanted: std::marker::PhantomData<Answer>,
}

impl<Answer: serde::de::DeserializeOwned> Call for Work<Answer> {
    type Answer = Answer;
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "/work/{ms}";

    fn path(&self) -> String {
        format!("/work/{}", self.ms)
    }
}

fn work<Answer>(ms: u64) -> Work<Answer> {
    Work { ms, wanted: std::marker::PhantomData }
}

fn client(address: SocketAddr) -> Client {
    let base = format!("http://{address}/").parse().expect("an address");
    Client::new(stack().expect("a stack"), base)
}

#[tokio::test]
async fn a_good_answer_is_read_as_the_contract_has_it() {
    let function = bare().ready().await;
    let echoed = client(function.address).send(&Echo(json!({ "text": "hello" }))).await;
    assert_eq!(echoed.expect("an answer"), Echoed { text: "hello".to_owned() });
}

#[tokio::test]
async fn a_problem_is_a_typed_refusal_with_its_trace() {
    let function = bare().ready().await;
    let refused = client(function.address).send(&Echo(json!({ "more": 1 }))).await;
    let Err(CallError::Refused(refusal)) = refused else { panic!("refused: {refused:?}") };
    assert!(refusal.is("validation-failed") && !refusal.is("not-found"));
    assert_eq!((refusal.status, refusal.errors.len()), (422, 2), "{refusal:?}");
    assert!(refusal.trace_id.is_some(), "{refusal:?}");
}

#[tokio::test]
async fn an_answer_of_another_shape_is_told_without_being_shown() {
    let function = bare().ready().await;
    let unreadable = client(function.address).send(&work::<Echoed>(1)).await;
    let Err(error @ CallError::Unreadable(..)) = unreadable else { panic!("unreadable: {unreadable:?}") };
    assert!(!error.to_string().contains("worked_ms"), "{error}");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unreachable_at_once() {
    let away = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let unreachable = client(away).send(&work::<Value>(1)).await;
    assert!(matches!(unreachable, Err(CallError::Unreachable(..))), "{unreachable:?}");
}

#[tokio::test]
async fn the_deadline_of_the_request_at_hand_cuts_a_call() {
    let function = bare().ready().await;
    let proxy = Proxy::start(function.address).expect("it listens");
    proxy.freeze();
    let (client, began) = (client(proxy.address()), Instant::now());
    let limit = Duration::from_millis(300);
    let cut = deadline::request(limit, client.send(&work::<Value>(1))).await;
    assert!(matches!(cut, Err(TooLate) | Ok(Err(CallError::TooLate(_)))), "{cut:?}");
    assert!(began.elapsed() < deadline::OUTGOING, "cut by the request's deadline, not by the call's own");
}

#[tokio::test]
async fn a_call_goes_on_in_the_trace_of_its_cause() {
    const CAUSE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let function = bare().ready().await;
    let cause = context::from_row(CAUSE, None).expect("well-formed");
    let worked = client(function.address).below(&cause).send(&work::<Value>(1)).await;
    assert_eq!(worked.expect("an answer"), json!({ "worked_ms": 1 }));
    let line = function.requests("GET /work/{ms}").remove(0);
    assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
}

/// Guards: unacknowledged.
#[tokio::test]
async fn a_get_over_a_connection_that_died_silently_is_sent_once_more_and_a_post_is_not() {
    let function = bare().ready().await;
    let proxy = Proxy::start(function.address).expect("a proxy");
    let client = client(proxy.address());
    for _ in 0..2 {
        client.send(&work::<Value>(1)).await.expect("an answer");
        proxy.lose();
        let begun = Instant::now();
        client.send(&work::<Value>(1)).await.expect("an answer over another connection");
        assert!(begun.elapsed() < deadline::UNACKNOWLEDGED + Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    client.send(&work::<Value>(1)).await.expect("an answer");
    proxy.lose();
    let lost = client.send(&Echo(json!({ "text": "x" }))).await;
    assert!(matches!(lost, Err(CallError::Unreachable(..))), "{lost:?}");
    assert_eq!(function.requests("POST /echo").len(), 0);
}
