//! What every route answers to requests that are not for it.

use reqwest::Method;
use serde_json::json;
use testbed::http::Answer;

use super::board::{Board, NOWHERE};

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_refused_with_those_it_has() {
    let board = Board::new().await;
    let of_job = format!("/v1/jobs/{NOWHERE}/applications");
    for (path, allowed, wrong) in [
        ("/v1/applications", vec!["GET", "HEAD"], [Method::POST, Method::DELETE]),
        (of_job.as_str(), vec!["GET", "HEAD", "POST"], [Method::PUT, Method::PATCH]),
    ] {
        for method in wrong {
            let answer = Answer::to(board.nobody.request(method, path)).await;
            answer.problem(405, "method-not-allowed");
            let mut allow: Vec<&str> = answer.header("allow").split(", ").collect();
            allow.sort_unstable();
            assert_eq!(allow, allowed, "{path}");
        }
    }
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_not_found() {
    let board = Board::new().await;
    let (ada, one) = (board.someone().await, format!("/v1/applications/{NOWHERE}"));
    for path in
        ["/", "/v1", "/v1/jobs", "/v1/me", "/v1/applications/", &one, "/v1/jobs//applications", "/metrics", "/%00"]
    {
        ada.applications.get(path).await.problem(404, "not-found");
        ada.applications.post(path, &json!({})).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    for (name, value) in [
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Type", "multipart/form-data; boundary=x"),
        ("Content-Type", ""),
        ("Accept", "application/json"),
    ] {
        let request = ada.applications.request(Method::POST, &path).body("{\"letter\":\"Dear all\"}");
        Answer::to(request.header(name, value)).await.problem(415, "unsupported-media-type");
    }
    assert_eq!(board.written(&ada).await, [0, 0, 0]);
}

#[tokio::test]
async fn bodies_over_64_kib_are_refused_and_those_of_64_kib_are_read() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    let body = |length: usize| format!("{{\"letter\":\"Dear all\"{}}}", " ".repeat(length - 21));
    for length in [65_537, 200_000] {
        ada.applications.send(Method::POST, &path, body(length)).await.problem(413, "content-too-large");
    }
    assert_eq!(board.written(&ada).await, [0, 0, 0]);
    assert_eq!(body(65_536).len(), 65_536);
    ada.applications.send(Method::POST, &path, body(65_536)).await.expect(201);
}

#[tokio::test]
async fn a_trace_context_that_is_garbage_is_ignored() {
    let board = Board::new().await;
    for garbage in [
        "",
        "x",
        "00-0-0-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "öö",
        "\t",
        &"0".repeat(5_000),
    ] {
        // Somebody new each time, since one person applies once.
        let (ada, employer) = (board.someone().await, board.employer().await);
        let request = ada.applications.request(Method::POST, &format!("/v1/jobs/{}/applications", employer.job));
        let request = request.json(&json!({ "letter": "Dear all" })).header("tracestate", "=,,=");
        Answer::to(request.header("traceparent", garbage.as_bytes())).await.expect(201);
        let wrong = "SELECT count(*) FROM outbox WHERE traceparent !~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$'";
        assert_eq!(board.number(wrong).await, 0, "{garbage}");
    }
}
