//! Whether Resend knows the worker's key.

use serde_json::{Value, json};
use testbed::process::{Command, Process};
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, command, get};

struct Worker {
    process: Process,
    listen: u16,
}

impl Worker {
    async fn start(command: Command) -> Self {
        let listen = testbed::port::free_port();
        let process = command.env("LISTEN", format!("127.0.0.1:{listen}")).start().expect("it starts");
        let worker = Self { process, listen };
        let routable = async || get(listen, "/routable").await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200"));
        wait::until(PATIENCE, "routable", routable).await.expect("a first round");
        worker
    }

    /// The status of `/readyz`, and its body.
    async fn ready(&self) -> (bool, Value) {
        let answer = get(self.listen, "/readyz").await.expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        (head.starts_with("HTTP/1.1 200"), serde_json::from_str(body).expect("JSON"))
    }

    fn errors(&self) -> usize {
        self.process
            .output()
            .lines()
            .filter(|line| line.contains("\"level\":\"error\"") && line.contains("API key"))
            .count()
    }
}

/// Guards: resend key.
#[actix_web::test]
async fn with_a_key_that_resend_does_not_know_a_worker_is_never_ready_and_says_why_once() {
    let (board, resend) = (Board::new().await, StandIn::knowing("re_right"));
    board.ask_to_sign_in("ada@example.com", None).await;
    let worker = Worker::start(command(&board, &resend).env("RESEND_API_KEY", "re_the_wrong_one")).await;
    for _ in 0..5 {
        let (ready, body) = worker.ready().await;
        assert!(!ready, "{body}");
        let checks = body["checks"].as_array().expect("a list");
        let check = checks.iter().find(|check| check["name"] == "resend key").expect("it is a check");
        assert_eq!(check["error"], "Resend refuses the API key (validation_error)");
        assert!(!body.to_string().contains("re_the_wrong_one"), "{body}");
    }
    assert_eq!(worker.errors(), 1, "{}", worker.process.output());
    assert!(!worker.process.output().contains("re_the_wrong_one"), "{}", worker.process.output());
    assert_eq!(board.in_state("queued").await, 1, "the mail waits for the right key");
}

#[actix_web::test]
async fn without_resend_a_worker_is_ready_as_long_as_nobody_refuses_its_key() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let nobody = format!("http://127.0.0.1:{}", testbed::port::free_port());
    let worker = Worker::start(command(&board, &resend).env("RESEND_URL", nobody)).await;
    let (ready, body) = worker.ready().await;
    assert!(ready, "{body}");
    assert_eq!(body["degraded"], json!([]));
}

#[actix_web::test]
async fn while_resend_refuses_what_is_posted_a_worker_says_so_and_stays_ready() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.fail_next(&[json!({ "status": 401, "name": "restricted_api_key" })]).await;
    board.ask_to_sign_in("ada@example.com", None).await;
    let worker = Worker::start(command(&board, &resend)).await;
    let told = async || {
        let (ready, body) = worker.ready().await;
        assert!(ready, "{body}");
        body["degraded"][0].as_str().is_some_and(|told| told.starts_with("resend: restricted_api_key since "))
    };
    wait::until(PATIENCE, "it is told", told).await.expect("it is told");
}

/// Guards: first readiness.
#[actix_web::test]
async fn a_worker_that_was_never_ready_takes_no_mail() {
    let (board, resend) = (Board::new().await, StandIn::knowing("re_right"));
    board.ask_to_sign_in("ada@example.com", None).await;
    let worker = Worker::start(command(&board, &resend).env("RESEND_API_KEY", "re_the_wrong_one")).await;
    // It looks for mails twenty times a second.
    let two_seconds_old = async || {
        let answer = get(worker.listen, "/healthz").await.unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<Value>(body).ok());
        body.is_some_and(|body| body["uptime_s"].as_f64() >= Some(2.0))
    };
    wait::until(PATIENCE, "it has had time to look", two_seconds_old).await.expect("it lives");
    assert!(!worker.ready().await.0);
    assert_eq!(board.number("SELECT count(*) FROM mail_batches").await, 0, "{}", worker.process.output());
}
