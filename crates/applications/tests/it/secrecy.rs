//! Nothing personal leaves by logs and traces.

use reqwest::Method;
use serde_json::json;
use testbed::http::Answer;
use uuid::Uuid;

use super::board::{Board, PATIENCE, Someone};

/// Stands in what people wrote, and nowhere else.
const PRIVATE: &str = "Zqx-private";

/// Sends something personal wherever somebody could.
async fn traffic(board: &Board<'_>) -> Someone {
    let (ada, employer) = (board.someone().await, board.employer().await);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    ada.apply(&employer.job, &format!("{PRIVATE}: my letter")).await.expect(201);
    ada.apply(&employer.job, PRIVATE).await.problem(409, "already-applied");
    employer.member.applications.get(&path).await.expect(200);
    // Where it does not belong.
    ada.apply(&employer.job, &format!("{PRIVATE}\u{0}")).await.wrong();
    ada.apply(PRIVATE, PRIVATE).await.problem(404, "not-found");
    ada.applications.post(&path, &json!({ "letter": 7, PRIVATE: PRIVATE })).await.wrong();
    ada.applications
        .send(Method::POST, &path, format!("{{\"letter\":\"{PRIVATE}"))
        .await
        .problem(400, "malformed-json");
    ada.applications.get(&format!("/v1/applications?cursor={}&{PRIVATE}=1", ada.person.email)).await.wrong();
    ada.applications.get(&format!("/{}", ada.person.token)).await.problem(404, "not-found");
    let own = Method::from_bytes(PRIVATE.as_bytes()).expect("a method");
    let odd = ada.applications.request(own, "/v1/applications").header("User-Agent", PRIVATE);
    let parent = format!("00-{}-00f067aa0ba902b7-01", Uuid::new_v4().simple());
    let odd = odd.header("traceparent", parent).header("tracestate", format!("x={PRIVATE}"));
    Answer::to(odd).await.problem(405, "method-not-allowed");
    ada
}

#[tokio::test]
async fn logs_and_spans_hold_no_address_no_token_and_no_letter() {
    let board = Board::new().await;
    let ada = traffic(&board).await;
    let trace = Uuid::new_v4().simple().to_string();
    let last = board.nobody.request(Method::GET, "/v1/applications");
    let last = last.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    Answer::to(last).await.problem(401, "unauthenticated");
    let (logs, otlp) = (board.running.applications.output(), &board.running.whole.servers.otlp);
    assert!(logs.contains("POST /v1/jobs/{id}/applications"), "the traffic was logged");
    let there = |trace: &testbed::otlp::Trace| !trace.spans().is_empty();
    otlp.wait_for(&trace, there, PATIENCE).await.expect("spans come in the order of their ends");
    let spans = format!("{:?}", otlp.spans());
    assert!(spans.contains("insert application, history and mails"), "the traffic was traced");
    // The addresses and letters of all other tests as well.
    for secret in [ada.person.token.as_str(), PRIVATE, "people.example", "Lovelace", "Dear ", "eyJ"] {
        let line = logs.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(line, None, "{secret} was logged");
        assert!(!spans.to_lowercase().contains(&secret.to_lowercase()), "{secret} was traced");
    }
}
