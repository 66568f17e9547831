//! What every route answers to requests that are not for it.

use reqwest::Method;
use serde_json::{Value, json};
use testbed::http::Answer;
use uuid::Uuid;

use super::board::{Board, address};

const JOB: &str = "/v1/jobs/00000000-0000-7000-8000-000000000000";

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_refused_with_those_it_has() {
    let board = Board::new().await;
    let (publish, close) = (format!("{JOB}/publish"), format!("{JOB}/close"));
    for (path, method, allow) in [
        ("/v1/sign-in", Method::GET, "POST"),
        ("/v1/sessions", Method::DELETE, "POST"),
        ("/v1/sessions/refresh", Method::GET, "POST"),
        ("/v1/sessions/current", Method::POST, "DELETE"),
        ("/.well-known/jwks.json", Method::POST, "GET, HEAD"),
        ("/v1/me", Method::PUT, "GET, HEAD, PATCH"),
        ("/v1/companies", Method::PATCH, "GET, HEAD, POST"),
        ("/v1/companies/x", Method::DELETE, "GET, HEAD, PATCH"),
        ("/v1/jobs", Method::PUT, "GET, HEAD, POST"),
        (JOB, Method::DELETE, "GET, HEAD, PATCH"),
        (&publish, Method::GET, "POST"),
        (&close, Method::PATCH, "POST"),
        ("/v1/jobs", Method::from_bytes(b"BREW").expect("a method"), "GET, HEAD, POST"),
        ("/healthz", Method::POST, "GET, HEAD"),
    ] {
        let answer = Answer::to(board.api.request(method, path)).await;
        answer.problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_not_found() {
    let board = Board::new().await;
    for path in
        ["/", "/v1", "/v1/", "/v1/me/", "/V1/me", "/v2/me", "/v1//me", "/v1/people", "/metrics", "/%00", "/v1/jobs/x/y"]
    {
        board.api.get(path).await.problem(404, "not-found");
        board.api.post(path, &json!({})).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let board = Board::new().await;
    let body = json!({ "email": address() }).to_string();
    for (name, value) in [
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Type", "json"),
        ("Content-Type", "application/problem+json"),
        ("Content-Type", ""),
        ("Accept", "application/json"),
    ] {
        let request = board.api.request(Method::POST, "/v1/sign-in").header(name, value).body(body.clone());
        Answer::to(request).await.problem(415, "unsupported-media-type");
    }
    let json = || board.api.request(Method::POST, "/v1/sign-in").body(body.clone());
    let packed = json().header("Content-Type", "application/json").header("Content-Encoding", "gzip");
    Answer::to(packed).await.problem(415, "unsupported-media-type");
    let wordy = json().header("Content-Type", "Application/JSON; charset=utf-8").header("Content-Encoding", "identity");
    assert_eq!(Answer::to(wordy).await.status, 202);
}

#[tokio::test]
async fn bodies_over_64_kib_are_refused_and_those_of_64_kib_are_read() {
    let board = Board::new().await;
    let body = |length: usize| {
        let head = format!("{{\"email\":\"{}\"", address());
        format!("{head}{}}}", " ".repeat(length - head.len() - 1))
    };
    assert_eq!(board.api.send(Method::POST, "/v1/sign-in", body(65_536)).await.status, 202);
    for length in [65_537, 100_000] {
        board.api.send(Method::POST, "/v1/sign-in", body(length)).await.problem(413, "content-too-large");
    }
}

#[tokio::test]
async fn a_trace_context_that_is_garbage_is_ignored() {
    let board = Board::new().await;
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for garbage in [
        "",
        "x",
        "00",
        "00-0-0-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        &good.replace('-', "_"),
        &good[..52],
        &format!("{good}{good}"),
        &"0".repeat(5_000),
        "\t \t",
    ] {
        let request = board.api.request(Method::GET, "/v1/me").header("traceparent", garbage);
        let trace = Answer::to(request.header("tracestate", "=,,=\t")).await.problem(401, "unauthenticated");
        let trace = trace["trace_id"].as_str().expect("a trace of its own");
        assert!(trace.len() == 32 && !trace.starts_with("4bf92f35"), "{garbage}: {trace}");
    }
    let raw = reqwest::header::HeaderValue::from_bytes(b"\xff\xfe00-").expect("obs-text");
    let request = board.api.request(Method::GET, "/v1/me").header("traceparent", raw);
    Answer::to(request).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_finished_request_is_one_log_line_in_its_trace() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let trace = Uuid::new_v4().simple().to_string();
    let request = ada.api.request(Method::POST, "/v1/jobs").json(&json!({}));
    let answer = Answer::to(request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-00"))).await;
    assert_eq!(answer.problem(422, "validation-failed")["trace_id"], trace);
    let logs = board.logs();
    let lines: Vec<Value> = logs
        .lines()
        .filter(|line| line.contains(&trace))
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    for (name, value) in [
        ("level", json!("info")),
        ("service", json!("api")),
        ("operation", json!("POST /v1/jobs")),
        ("user_id", json!(ada.person.id)),
        ("status", json!(422)),
        ("problem", json!("validation-failed")),
    ] {
        assert_eq!(line[name], value, "{line}");
    }
    assert!(line["span_id"].is_string() && line["duration_ms"].is_f64(), "{line}");
}
