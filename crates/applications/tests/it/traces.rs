//! What an application leaves in its trace, and in the rows of its mails.

use reqwest::Method;
use serde_json::json;
use testbed::http::Answer;
use testbed::otlp::{Kind, Trace};
use uuid::Uuid;

use super::board::{Board, PATIENCE, Someone};

/// Applies with a trace of one's own, and an `Idempotency-Key` where there is one.
async fn traced(board: &Board<'_>, who: &Someone, job: &str, key: Option<&str>) -> (Answer, Trace) {
    let trace = Uuid::new_v4().simple().to_string();
    let request = who.applications.request(Method::POST, &format!("/v1/jobs/{job}/applications"));
    let request = request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-03")).header("tracestate", "a=1");
    let request = key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key));
    let answer = Answer::to(request.json(&json!({ "letter": "Dear all" }))).await;
    // The server's span is the last one of a request.
    let whole = |trace: &Trace| trace.spans().iter().any(|span| span.kind == Kind::Server);
    let trace = board.running.whole.servers.otlp.wait_for(&trace, whole, PATIENCE).await;
    (answer, trace.expect("a trace"))
}

/// Which application the request's span names.
fn named(trace: &Trace) -> &str {
    let server = trace.spans().iter().find(|span| span.kind == Kind::Server);
    server.expect("the request").attribute("app.application.id")
}

#[tokio::test]
async fn mails_are_below_the_span_of_their_writing_and_carry_what_came_along() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let (answer, trace) = traced(&board, &ada, &employer.job, None).await;
    let id = answer.expect(201)["id"].as_str().expect("an id").to_owned();
    assert_eq!(named(&trace), id);
    let [producer] = trace.named("enqueue mail")[..] else { panic!("{}", trace.tree()) };
    assert_eq!(producer.kind, Kind::Producer);
    for (name, value) in [("messaging.operation.type", "send"), ("messaging.batch.message_count", "2")] {
        assert_eq!(producer.attribute(name), value, "{name}");
    }
    let sql = format!(
        "SELECT string_agg(DISTINCT traceparent || ' ' || tracestate, ',')
         FROM outbox WHERE payload->>'application_id' = '{id}'"
    );
    let written = board.text(&sql).await;
    assert_eq!(written, format!("00-{}-{}-03 a=1", trace.id(), producer.span_id));
}

#[tokio::test]
async fn who_applies_again_causes_no_mail_and_the_trace_names_the_first_or_none() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let (answer, _) = traced(&board, &ada, &employer.job, Some("first")).await;
    let id = answer.expect(201)["id"].as_str().expect("an id").to_owned();
    for (key, status) in [(Some("first"), 201), (Some("second"), 409), (None, 409)] {
        let (answer, trace) = traced(&board, &ada, &employer.job, key).await;
        answer.expect(status);
        assert_eq!(named(&trace), id, "{key:?}");
        assert!(trace.named("enqueue mail").is_empty(), "{}", trace.tree());
    }
    let nowhere = Uuid::new_v4().to_string();
    let (answer, trace) = traced(&board, &ada, &nowhere, None).await;
    answer.problem(404, "not-found");
    assert_eq!(named(&trace), "");
    assert!(trace.named("enqueue mail").is_empty(), "{}", trace.tree());
}
