//! One good answer of each endpoint, and some problems, in full.

use insta::assert_json_snapshot;
use serde_json::json;
use testbed::http::redacted;

use super::board::{Board, Someone, address, job};

async fn published(ada: &Someone) -> String {
    format!("/v1/jobs/{}", ada.published(&ada.company().await).await)
}

#[tokio::test]
async fn a_session() {
    let board = Board::new().await;
    let token = board.link(&address()).await;
    let session = board.api.post("/v1/sessions", &json!({ "token": token })).await.expect(201);
    assert_json_snapshot!(redacted(&session), @r#"
    {
      "access_token": "[token]",
      "expires_in": 900,
      "person_id": "[id]",
      "refresh_token": "[token]",
      "refresh_token_expires_in": 2592000,
      "token_type": "Bearer"
    }
    "#);
}

#[tokio::test]
async fn a_person() {
    let board = Board::new().await;
    let ada = board.someone().await;
    assert_json_snapshot!(redacted(&ada.api.get("/v1/me").await.expect(200)), @r#"
    {
      "email": "[address]",
      "id": "[id]",
      "name": "Ada Lovelace"
    }
    "#);
}

#[tokio::test]
async fn a_page_of_companies() {
    let board = Board::new().await;
    let ada = board.someone().await;
    ada.company().await;
    assert_json_snapshot!(redacted(&ada.api.get("/v1/companies").await.expect(200)), @r#"
    {
      "items": [
        {
          "id": "[id]",
          "name": "Engines Ltd",
          "place": null,
          "website": null
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn a_published_job() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = published(&ada).await;
    assert_json_snapshot!(redacted(&board.api.get(&path).await.expect(200)), @r#"
    {
      "apply_url": "[url]",
      "closes_at": "[time]",
      "company_id": "[id]",
      "company_name": "Engines Ltd",
      "description": "Build stairs.\nAnd doors.",
      "id": "[id]",
      "kind": "full_time",
      "pay_currency": "CHF",
      "pay_from": 500000,
      "pay_per": "month",
      "pay_to": 700000,
      "place": "Bern",
      "published_at": "[time]",
      "remote": "hybrid",
      "status": "published",
      "title": "Carpenter"
    }
    "#);
}

#[tokio::test]
async fn the_public_keys() {
    let board = Board::new().await;
    let mut keys = board.api.get("/.well-known/jwks.json").await.expect(200);
    for name in ["kid", "x"] {
        assert!(keys["keys"][0][name].take().is_string(), "{name}");
    }
    assert_json_snapshot!(keys, @r#"
    {
      "keys": [
        {
          "alg": "EdDSA",
          "crv": "Ed25519",
          "kid": null,
          "kty": "OKP",
          "use": "sig",
          "x": null
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn a_failed_validation() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let mut wrong = job("x");
    wrong["title"] = json!("ab");
    wrong["pay_to"] = json!(-1);
    wrong["salary"] = json!(7);
    let answer = ada.api.post("/v1/jobs", &wrong).await;
    assert_json_snapshot!(redacted(&answer.expect(422)), @r##"
    {
      "errors": [
        {
          "detail": "is not known: wanted the id of a company",
          "pointer": "#/company_id"
        },
        {
          "detail": "has 2 characters: wanted 3 to 140",
          "pointer": "#/title"
        },
        {
          "detail": "is not an amount: wanted a whole number of minor units from 0 to 1000000000000",
          "pointer": "#/pay_to"
        },
        {
          "detail": "does not exist here",
          "pointer": "#/salary"
        }
      ],
      "status": 422,
      "title": "Some values are not as wanted",
      "trace_id": "[trace id]",
      "type": "/problems/validation-failed"
    }
    "##);
}

#[tokio::test]
async fn a_link_that_does_not_sign_in() {
    let board = Board::new().await;
    let answer = board.api.post("/v1/sessions", &json!({ "token": "x" })).await;
    assert_json_snapshot!(redacted(&answer.expect(401)), @r#"
    {
      "status": 401,
      "title": "This link does not sign you in",
      "trace_id": "[trace id]",
      "type": "/problems/bad-sign-in-token"
    }
    "#);
}

#[tokio::test]
async fn a_step_that_the_status_does_not_allow() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let path = published(&ada).await;
    ada.api.step(&format!("{path}/close")).await.expect(200);
    let answer = ada.api.step(&format!("{path}/publish")).await;
    assert_json_snapshot!(redacted(&answer.expect(409)), @r#"
    {
      "status": 409,
      "title": "The job's status does not allow this",
      "trace_id": "[trace id]",
      "type": "/problems/wrong-job-status"
    }
    "#);
}
