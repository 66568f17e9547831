//! `Idempotency-Key` on what makes companies and jobs.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testbed::http::Answer;
use testbed::wait;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::board::{Board, PATIENCE, Someone, job, with};

async fn under(key: &str, who: &Someone, path: &str, body: &Value) -> Answer {
    Answer::to(who.api.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

/// That a repeated answer is the first one, and says so.
fn replayed(again: &Answer, first: &Answer) {
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    for name in ["location", "content-type"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
}

#[tokio::test]
async fn a_company_is_made_once_under_a_key_and_answered_alike() {
    let board = Board::new().await;
    let (ada, new) = (board.someone().await, json!({ "name": "Engines Ltd" }));
    let first = under("\"k\"", &ada, "/v1/companies", &new).await;
    first.expect(201);
    replayed(&under("\"k\"", &ada, "/v1/companies", &new).await, &first);
    let mine = ada.api.get("/v1/companies").await.expect(200);
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1));
    let other = under("\"k\"", &ada, "/v1/companies", &json!({ "name": "Engines" })).await;
    other.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_job_is_made_once_under_a_key_which_is_another_key_than_the_companys() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = under("k", &ada, "/v1/companies", &json!({ "name": "Engines Ltd" })).await.expect(201);
    let new = job(company["id"].as_str().expect("an id"));
    let first = under("k", &ada, "/v1/jobs", &new).await;
    first.expect(201);
    // What was made has changed since; the answer has not.
    ada.api.step(&format!("{}/publish", first.header("location"))).await.expect(200);
    replayed(&under("k", &ada, "/v1/jobs", &new).await, &first);
}

#[tokio::test]
async fn a_job_that_may_not_close_so_soon_any_more_is_answered_as_the_first_time() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    let closes = testbed::now() + Duration::from_secs(2);
    let at = (OffsetDateTime::UNIX_EPOCH + closes).format(&Rfc3339).expect("a time");
    let new = with(&job(&company), "closes_at", json!(at));
    let first = under("k", &ada, "/v1/jobs", &new).await;
    first.expect(201);
    wait::until(PATIENCE, "its time is over", async || testbed::now() > closes).await.expect("it passes");
    replayed(&under("k", &ada, "/v1/jobs", &new).await, &first);
    assert_eq!(under("l", &ada, "/v1/jobs", &new).await.wrong(), ["#/closes_at"]);
    let wronger = with(&new, "title", json!("x"));
    assert_eq!(under("m", &ada, "/v1/jobs", &wronger).await.wrong(), ["#/closes_at", "#/title"]);
}

#[tokio::test]
async fn a_refusal_is_worked_out_anew() {
    let board = Board::new().await;
    let (ada, bob) = (board.someone().await, board.someone().await);
    let company = ada.company().await;
    assert_eq!(under("k", &bob, "/v1/jobs", &job(&company)).await.wrong(), ["#/company_id"]);
    board.run(&format!("INSERT INTO company_members VALUES ('{company}', '{}')", bob.person.id)).await;
    under("k", &bob, "/v1/jobs", &job(&company)).await.expect(201);
}

#[tokio::test]
async fn of_twenty_with_one_key_at_once_one_works() {
    let board = Board::new().await;
    let (ada, new) = (board.someone().await, json!({ "name": "Engines Ltd" }));
    let answers = join_all((0..20).map(|_| under("k", &ada, "/v1/companies", &new))).await;
    let (good, told): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert!(good.iter().all(|answer| answer.text == good[0].text));
    assert_eq!(good.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count(), 1);
    for answer in told {
        answer.problem(409, "request-in-progress");
        assert_eq!(answer.header("retry-after"), "1");
    }
    let members = format!("SELECT count(*) FROM company_members WHERE person_id = '{}'", ada.person.id);
    assert_eq!(board.number(&members).await, 1);
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for wrong in ["\"\"", "a b", "a,b", &"k".repeat(256)] {
        let answer = under(wrong, &ada, "/v1/companies", &json!({ "name": "Engines Ltd" })).await;
        answer.problem(400, "malformed-idempotency-key");
    }
}
