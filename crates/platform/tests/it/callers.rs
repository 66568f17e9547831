//! Who calls.

use std::time::Duration;

use super::support::{Database, Request, database};
use testbed::token::KeyPair;

const PERSON: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn me(token: &str) -> Request {
    Request::new("GET", "/me").header("Authorization", &format!("Bearer {token}"))
}

fn fresh(database: &Database) -> String {
    database.keys.mint(PERSON, Duration::from_secs(60))
}

#[tokio::test]
async fn a_good_token_says_who_calls() {
    let database = database().await;
    let function = database.small().await.ready().await;
    for _ in 0..2 {
        let answer = me(&fresh(&database)).ask(function.address).await;
        assert_eq!((answer.status, &answer.json()["id"]), (200, &PERSON.into()));
    }
}

#[tokio::test]
async fn no_token_and_bad_tokens_are_refused() {
    let database = database().await;
    let function = database.small().await.ready().await;
    let expired = database.keys.mint(PERSON, Duration::ZERO);
    let foreign = KeyPair::generate().mint(PERSON, Duration::from_secs(60));
    let unsigned = fresh(&database).rsplit_once('.').map(|(text, _)| format!("{text}.")).expect("three parts");
    for request in [Request::new("GET", "/me"), me(&expired), me(&foreign), me(&unsigned), me("x")] {
        let answer = request.ask(function.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthenticated"), "{}", request.text());
        let told = answer.header("www-authenticate").expect("how to authenticate");
        let wrong =
            request.text().contains("Authorization").then_some("Bearer error=\"invalid_token\", error_description=\"");
        assert!(wrong.map_or(told == "Bearer", |wrong| told.starts_with(wrong)), "{told}");
    }
}

#[tokio::test]
async fn of_two_tokens_none_is_believed_whichever_comes_first() {
    let database = database().await;
    let function = database.small().await.ready().await;
    let (good, other) = (fresh(&database), "Bearer x".to_owned());
    for request in
        [me(&good).header("Authorization", &other), me("x").header("Authorization", &format!("Bearer {good}"))]
    {
        let answer = request.ask(function.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad-request"), "{answer:?}");
        assert_eq!(answer.json()["detail"], "The header authorization is given more than once: wanted once.");
    }
}

#[tokio::test]
async fn the_log_and_the_trace_know_the_caller_by_id_alone() {
    let database = database().await;
    let receiver = testbed::otlp::Receiver::start().expect("it listens");
    let function = database.small().await.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).ready().await;
    let token = fresh(&database);
    assert_eq!(me(&token).ask(function.address).await.status, 200);
    let line = function.requests("GET /me").remove(0);
    assert_eq!(line["user_id"], PERSON, "{line}");
    assert!(!function.output().contains(&token), "{}", function.output());
    let id = line["trace_id"].as_str().expect("a trace");
    let arrived = receiver.wait_for(id, |trace| !trace.spans().is_empty(), super::support::SOON).await;
    let trace = arrived.expect("the span arrives");
    assert_eq!(trace.spans()[0].attribute("app.user.id"), PERSON, "{}", trace.tree());
    assert!(!format!("{trace:?}").contains(&token), "{}", trace.tree());
}
