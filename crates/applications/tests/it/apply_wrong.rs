//! Applications that are refused, and leave nothing behind.

use reqwest::Method;
use serde_json::{Value, json};

use super::board::{Board, NOWHERE};

#[tokio::test]
async fn a_job_that_was_never_published_is_not_found() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let (draft, closed) =
        (board.job(&employer.company, "'draft'").await, board.job(&employer.company, "'closed'").await);
    board.run(&format!("UPDATE jobs SET published_at = NULL WHERE id IN ('{draft}', '{closed}')")).await;
    for job in [&draft, &closed, NOWHERE, "x", "%00", "%27", "null", "%F0%9F%98%80"] {
        ada.apply(job, "Dear all").await.problem(404, "not-found");
    }
    employer.member.apply(&draft, "My own draft").await.problem(404, "not-found");
    assert_eq!(board.written(&ada).await, [0, 0, 0]);
}

#[tokio::test]
async fn a_job_that_is_over_says_so_and_how_it_came_to_that() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let closed = board.job(&employer.company, "'closed'").await;
    let late = board.job(&employer.company, "'published'").await;
    let both = board.job(&employer.company, "'closed'").await;
    let over = format!("UPDATE jobs SET closes_at = now() - interval '1 second' WHERE id IN ('{late}', '{both}')");
    board.run(&over).await;
    for (job, status) in [(&closed, "closed"), (&late, "expired"), (&both, "closed")] {
        assert_eq!(ada.apply(job, "Dear all").await.problem(410, "job-over")["job_status"], status);
    }
    // Whoever has applied already has applied already, and nobody is asked for a name for nothing.
    ada.apply(&employer.job, "Dear all").await.expect(201);
    board.run(&format!("UPDATE jobs SET status = 'closed' WHERE id = '{}'", employer.job)).await;
    ada.apply(&employer.job, "Dear all").await.problem(409, "already-applied");
    board.called(None).await.apply(&employer.job, "Dear all").await.problem(410, "job-over");
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
}

#[tokio::test]
async fn whoever_has_no_name_is_asked_for_it_and_can_apply_then() {
    let board = Board::new().await;
    let (eve, employer) = (board.called(None).await, board.employer().await);
    eve.apply(&employer.job, "Dear all").await.problem(422, "name-missing");
    assert_eq!(board.written(&eve).await, [0, 0, 0]);
    board.run(&format!("UPDATE people SET name = 'Eve' WHERE id = '{}'", eve.person.id)).await;
    eve.apply(&employer.job, "Dear all").await.expect(201);
}

#[tokio::test]
async fn a_draft_is_not_betrayed_to_whoever_has_no_name() {
    let board = Board::new().await;
    let (eve, employer) = (board.called(None).await, board.employer().await);
    let draft = board.job(&employer.company, "'draft'").await;
    eve.apply(&draft, "Dear all").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_token_that_outlived_its_person_does_not_apply() {
    let board = Board::new().await;
    let employer = board.employer().await;
    let token = board.running.whole.secrets.tokens.mint(NOWHERE, super::board::PATIENCE);
    let nobody = board.nobody.with_token(&token);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    let answer = nobody.post(&path, &json!({ "letter": "Boo" })).await;
    answer.problem(401, "unauthenticated");
    assert!(answer.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""), "{answer:?}");
}

#[tokio::test]
async fn whoever_is_not_signed_in_applies_for_nothing() {
    let board = Board::new().await;
    let employer = board.employer().await;
    let path = format!("/v1/jobs/{}/applications", employer.job);
    let wrong = "Bearer error=\"invalid_token\", error_description=\"The access token is not one of this board's.\"";
    for (nobody, told) in [
        (board.nobody.clone(), "Bearer"),
        (board.nobody.with_token("x"), wrong),
        (board.nobody.with_token(""), "Bearer"),
    ] {
        let answer = nobody.post(&path, &json!({ "letter": "Boo" })).await;
        answer.problem(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), told);
    }
}

#[tokio::test]
async fn every_wrong_and_unknown_field_is_named_at_once() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    let sent = async |body: Value| ada.applications.post(&path, &body).await.wrong();
    assert_eq!(sent(json!({})).await, ["#/letter"]);
    assert_eq!(sent(json!({ "letter": "Dear all", "status": "offer" })).await, ["#/status"]);
    assert_eq!(sent(json!({ "letter": 7, "person_id": NOWHERE, "id": 1 })).await, ["#/id", "#/letter", "#/person_id"]);
    assert_eq!(board.written(&ada).await, [0, 0, 0]);
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_malformed() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    for body in
        ["", "null", "[]", "\"Dear all\"", "{", "letter=Dear+all", "{\"letter\":\"\\ud800\"}", "{\"letter\":\"\u{0}\"}"]
    {
        ada.applications.send(Method::POST, &path, body).await.problem(400, "malformed-json");
    }
    assert_eq!(board.written(&ada).await, [0, 0, 0]);
}
