//! Each fault, through the real program: what stands around the routes there has its own mind about answers.

use std::time::Duration;

use serde_json::{Value, json};
use testbed::process::Process;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::stand_in::mail;

const PATIENCE: Duration = Duration::from_secs(20);

/// The program, until the test ends.
struct Program {
    address: String,
    _process: Process,
}

impl Program {
    async fn start() -> Self {
        let address = format!("127.0.0.1:{}", testbed::port::free_port());
        let process = Process::command(testbed::cargo::binary("resend-stand-in").expect("it is built"))
            .clean_env()
            .env("LISTEN", &address)
            .env("METRICS_LISTEN", format!("127.0.0.1:{}", testbed::port::free_port()))
            .env("LAME_DUCK_S", "0.1")
            .start()
            .expect("it starts");
        process.wait_until_ok(&format!("http://{address}/readyz"), PATIENCE).await.expect("it is ready");
        Self { address, _process: process }
    }

    /// All that comes back over a connection until it ends, whether in order or not.
    async fn ask(&self, request: &str, body: &Value) -> String {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let fields = "host: localhost\r\nconnection: close\r\nuser-agent: test\r\nauthorization: Bearer re_test\r\n\
                      idempotency-key: k\r\ncontent-type: application/json";
        let request = format!("{request} HTTP/1.1\r\n{fields}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let mut connection = TcpStream::connect(&self.address).await.expect("it listens");
        connection.write_all(request.as_bytes()).await.expect("it reads");
        let mut came = Vec::new();
        drop(timeout(PATIENCE, connection.read_to_end(&mut came)).await.expect("the connection ends"));
        String::from_utf8_lossy(&came).into_owned()
    }

    async fn behave(&self, change: Value) {
        let answer = self.ask("POST /control/behaviour", &change).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Lets the next request meet this fault.
    async fn fail(&self, fault: Value) {
        self.behave(json!({ "fail_next": [fault] })).await;
    }

    async fn send(&self) -> String {
        self.ask("POST /emails", &mail("ada@a.test")).await
    }

    /// How many mails were accepted.
    async fn accepted(&self) -> u64 {
        let report = self.ask("GET /control/deliveries", &Value::Null).await;
        body(&report)["count"].as_u64().expect("a number")
    }
}

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn a_dropped_connection_is_a_hang_up_before_or_after_the_mail_was_accepted() {
    let program = Program::start().await;
    program.fail(json!({ "drop_connection": true })).await;
    assert_eq!((program.send().await, program.accepted().await), (String::new(), 0));
    program.fail(json!({ "drop_connection": true, "after_acceptance": true })).await;
    assert_eq!((program.send().await, program.accepted().await), (String::new(), 1));
    let replayed = program.send().await;
    assert_eq!((status(&replayed), program.accepted().await), ("200", 1));
}

#[tokio::test]
async fn a_failure_is_answered_with_its_status_name_and_wait() {
    let program = Program::start().await;
    program.fail(json!({ "status": 429, "name": "daily_quota_exceeded", "retry_after_s": 60 })).await;
    let answer = program.send().await;
    assert!(answer.to_ascii_lowercase().contains("\r\nretry-after: 60\r\n"), "{answer}");
    assert_eq!((status(&answer), &body(&answer)["name"]), ("429", &json!("daily_quota_exceeded")));
    assert!(body(&answer)["message"].as_str().is_some_and(|text| text.contains("daily")), "{answer}");
    assert_eq!(program.accepted().await, 0);
}

#[tokio::test]
async fn a_failure_after_acceptance_leaves_the_mail_accepted() {
    let program = Program::start().await;
    program.fail(json!({ "after_acceptance": true })).await;
    let answer = program.send().await;
    assert_eq!((status(&answer), &body(&answer)["name"]), ("500", &json!("application_error")));
    assert_eq!(program.accepted().await, 1);
}

#[tokio::test]
async fn a_malformed_answer_is_a_whole_one_that_names_no_mail() {
    let program = Program::start().await;
    program.fail(json!({ "malformed": true })).await;
    let answer = program.send().await;
    assert_eq!((status(&answer), body(&answer).is_string()), ("200", true));
}

#[tokio::test]
async fn latency_keeps_the_answer_back() {
    let program = Program::start().await;
    program.behave(json!({ "latency_ms": 300 })).await;
    let asked = Instant::now();
    assert_eq!(status(&program.send().await), "200");
    assert!(asked.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn every_request_fails_at_a_rate_of_one() {
    let program = Program::start().await;
    program.behave(json!({ "fail_rate": 1 })).await;
    assert_eq!(status(&program.send().await), "500");
}

#[tokio::test]
async fn by_itself_it_takes_as_many_requests_a_second_as_resend() {
    let program = Program::start().await;
    let first = program.send().await;
    assert!(first.to_ascii_lowercase().contains("\r\nratelimit-limit: 5\r\n"), "{first}");
    program.behave(json!({ "rate_limit": 0 })).await;
    let refused = program.send().await;
    assert_eq!((status(&refused), &body(&refused)["name"]), ("429", &json!("rate_limit_exceeded")));
    program.behave(json!({ "rate_limit": null })).await;
    assert_eq!(status(&program.send().await), "200");
}

#[tokio::test]
async fn a_key_that_is_taken_away_or_for_sending_alone_is_told_so() {
    let program = Program::start().await;
    let mail = "GET /emails/00000000-0000-4000-8000-000000000000";
    assert_eq!(status(&program.ask(mail, &Value::Null).await), "404");
    program.behave(json!({ "access": "sending_access" })).await;
    let refused = program.ask(mail, &Value::Null).await;
    assert_eq!((status(&refused), &body(&refused)["name"]), ("401", &json!("restricted_api_key")));
    assert_eq!(status(&program.send().await), "200");
    program.behave(json!({ "api_key": "re_another" })).await;
    assert_eq!(status(&program.send().await), "401");
    assert_eq!(status(&program.ask(mail, &Value::Null).await), "400");
}
