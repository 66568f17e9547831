//! Nothing personal leaves by logs and traces.

use reqwest::Method;
use serde_json::json;
use testbed::http::Answer;
use uuid::Uuid;

use super::board::{Board, PATIENCE, job, with};

/// Stands in what people wrote, and nowhere else.
const PRIVATE: &str = "Zqx-private";

/// Sends something personal wherever somebody could; the secrets that came of it.
async fn traffic(board: &Board) -> Vec<String> {
    let email = format!("{PRIVATE}-{}@people.example", Uuid::new_v4());
    let link = board.link(&email).await;
    let session = board.api.post("/v1/sessions", &json!({ "token": link })).await.expect(201);
    let token = session["access_token"].as_str().expect("a token").to_owned();
    let refresh = session["refresh_token"].as_str().expect("a token").to_owned();
    board.api.post("/v1/sessions/refresh", &json!({ "refresh_token": refresh })).await.expect(200);
    board.api.with_token(&refresh).get("/v1/me").await.problem(401, "unauthenticated");
    let ada = board.api.with_token(&token);
    ada.patch("/v1/me", &json!({ "name": format!("{PRIVATE} Lovelace") })).await.expect(200);
    let company = ada.post("/v1/companies", &json!({ "name": PRIVATE })).await.expect(201);
    let new = job(company["id"].as_str().expect("an id"));
    ada.post("/v1/jobs", &with(&new, "title", json!(PRIVATE))).await.expect(201);
    // Where it does not belong.
    board.api.post("/v1/sessions", &json!({ "token": link })).await.problem(401, "used-sign-in-token");
    board
        .api
        .post("/v1/sign-in", &json!({ "email": format!("{email}@"), "password": PRIVATE, PRIVATE: 1 }))
        .await
        .wrong();
    board.api.post("/v1/sign-in", &json!({ "email": format!("{PRIVATE}@people.example\u{0}") })).await.wrong();
    board.api.get(&format!("/v1/sessions/{link}?email={email}")).await.problem(404, "not-found");
    board.api.get(&format!("/v1/jobs/{email}")).await.problem(404, "not-found");
    board.api.get(&format!("/v1/jobs?cursor={token}&{PRIVATE}={email}")).await.wrong();
    board.api.with_token(&link).get("/v1/me").await.problem(401, "unauthenticated");
    board
        .api
        .send(Method::POST, "/v1/sign-in", format!("{{\"email\":\"{email}\""))
        .await
        .problem(400, "malformed-json");
    let own = Method::from_bytes(PRIVATE.as_bytes()).expect("a method");
    let odd =
        board.api.request(own, "/v1/me").header("User-Agent", PRIVATE).header("Referer", format!("https://x/{link}"));
    Answer::to(odd).await.problem(405, "method-not-allowed");
    vec![link, token, refresh]
}

#[tokio::test]
async fn logs_and_spans_hold_no_address_no_token_and_nothing_that_people_wrote() {
    let board = Board::new().await;
    let secrets = traffic(&board).await;
    let trace = Uuid::new_v4().simple().to_string();
    let last =
        board.api.request(Method::GET, "/v1/me").header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    Answer::to(last).await.problem(401, "unauthenticated");
    let (logs, otlp) = (board.logs(), &board.whole.servers.otlp);
    assert!(logs.contains("POST /v1/sign-in"), "the traffic was logged");
    let there = |trace: &testbed::otlp::Trace| !trace.spans().is_empty();
    otlp.wait_for(&trace, there, PATIENCE).await.expect("spans come in the order of their ends");
    let spans = format!("{:?}", otlp.spans());
    assert!(spans.contains("insert sign-in and its mail"), "the traffic was traced");
    // The addresses and letters of all other tests as well.
    let never =
        secrets.iter().map(String::as_str).chain([PRIVATE, "people.example", "Lovelace", "Build stairs", "eyJ"]);
    for secret in never {
        let line = logs.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(line, None, "{secret} was logged");
        assert!(!spans.to_lowercase().contains(&secret.to_lowercase()), "{secret} was traced");
    }
}
