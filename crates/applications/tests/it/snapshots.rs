//! One good answer of each endpoint, and each problem of its own, in full.

use insta::assert_json_snapshot;
use testbed::http::redacted;

use super::board::Board;

#[tokio::test]
async fn an_application_that_was_just_made() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let applied = ada.apply(&employer.job, "Dear Mr Babbage").await.expect(201);
    assert_json_snapshot!(redacted(&applied), @r#"
    {
      "created_at": "[time]",
      "id": "[id]",
      "job_id": "[id]",
      "status": "received"
    }
    "#);
}

#[tokio::test]
async fn a_page_of_ones_own_applications() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    ada.apply(&employer.job, "Dear Mr Babbage").await.expect(201);
    assert_json_snapshot!(redacted(&ada.applications.get("/v1/applications").await.expect(200)), @r#"
    {
      "items": [
        {
          "company_name": "Engines Ltd",
          "created_at": "[time]",
          "id": "[id]",
          "job_id": "[id]",
          "job_title": "Carpenter",
          "status": "received"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn a_page_of_a_jobs_applications() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    ada.apply(&employer.job, "Dear Mr Babbage").await.expect(201);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    assert_json_snapshot!(redacted(&employer.member.applications.get(&path).await.expect(200)), @r#"
    {
      "items": [
        {
          "created_at": "[time]",
          "email": "[address]",
          "id": "[id]",
          "letter": "Dear Mr Babbage",
          "name": "Ada Lovelace",
          "person_id": "[id]",
          "status": "received"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn a_second_application() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    ada.apply(&employer.job, "Dear Mr Babbage").await.expect(201);
    assert_json_snapshot!(redacted(&ada.apply(&employer.job, "Again").await.expect(409)), @r#"
    {
      "application_id": "[id]",
      "status": 409,
      "title": "You have applied for this job already",
      "trace_id": "[trace id]",
      "type": "/problems/already-applied"
    }
    "#);
}

#[tokio::test]
async fn an_application_without_a_name() {
    let board = Board::new().await;
    let (eve, employer) = (board.called(None).await, board.employer().await);
    assert_json_snapshot!(redacted(&eve.apply(&employer.job, "Dear Mr Babbage").await.expect(422)), @r#"
    {
      "status": 422,
      "title": "Tell your name first",
      "trace_id": "[trace id]",
      "type": "/problems/name-missing"
    }
    "#);
}

#[tokio::test]
async fn a_letter_that_is_too_long() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    let answer = ada.apply(&employer.job, &"ä".repeat(10_001)).await;
    assert_json_snapshot!(redacted(&answer.expect(422)), @r##"
    {
      "errors": [
        {
          "detail": "has 10001 characters: wanted 1 to 10000",
          "pointer": "#/letter"
        }
      ],
      "status": 422,
      "title": "Some values are not as wanted",
      "trace_id": "[trace id]",
      "type": "/problems/validation-failed"
    }
    "##);
}
