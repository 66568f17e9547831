//! Access tokens that are not good, at both functions.

use reqwest::Method;
use serde_json::{Value, json};
use testbed::http::{Answer, Client};
use testbed::token::KeyPair;

use super::board::{Board, PATIENCE, Someone, with};

fn claims(ada: &Someone) -> Value {
    let now = testbed::now().as_secs();
    json!({ "iss": "board", "aud": "board", "sub": ada.person.id, "iat": now, "exp": now + 60, "jti": ada.person.id })
}

fn header(keys: &KeyPair) -> Value {
    json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": keys.kid() })
}

async fn with_header(client: &Client, path: &str, authorization: &str) -> Answer {
    Answer::to(client.request(Method::GET, path).header("Authorization", authorization)).await
}

/// Refused at each function, by everything that asks who calls.
async fn refused_everywhere(board: &Board, authorization: &str) {
    let answers = [
        with_header(&board.api, "/v1/me", authorization).await,
        // Open to all, but not to a bad token: its caller is to know that it is bad.
        with_header(&board.api, "/v1/jobs/00000000-0000-7000-8000-000000000000", authorization).await,
        with_header(&board.applications, "/v1/applications", authorization).await,
    ];
    for answer in answers {
        answer.problem(401, "unauthenticated");
        let told = answer.header("www-authenticate");
        let token = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let is_token = token.is_some_and(|(_, token)| !token.is_empty());
        let wanted = if is_token { "Bearer error=\"invalid_token\"" } else { "Bearer" };
        assert!(told.starts_with(wanted) && (is_token || told == wanted), "{authorization}: {told}");
    }
}

#[tokio::test]
async fn the_token_that_the_wrong_ones_are_made_from_is_good() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let keys = &board.whole.secrets.tokens;
    let token = keys.sign(&header(keys), &claims(&ada));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(with_header(&board.api, "/v1/me", &format!("{scheme} {token}")).await.status, 200);
    }
}

#[tokio::test]
async fn whoever_brings_no_token_is_asked_to_sign_in() {
    let board = Board::new().await;
    let body = json!({});
    let job = "/v1/jobs/00000000-0000-7000-8000-000000000000";
    let answers = [
        board.api.get("/v1/me").await,
        board.api.patch("/v1/me", &body).await,
        board.api.get("/v1/companies").await,
        board.api.post("/v1/companies", &body).await,
        board.api.patch("/v1/companies/00000000-0000-7000-8000-000000000000", &body).await,
        board.api.post("/v1/jobs", &body).await,
        board.api.patch(job, &body).await,
        board.api.step(&format!("{job}/publish")).await,
        board.api.step(&format!("{job}/close")).await,
        board.applications.get("/v1/applications").await,
        board.applications.get(&format!("{job}/applications")).await,
        board.applications.post(&format!("{job}/applications"), &body).await,
    ];
    for answer in answers {
        answer.problem(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn what_is_no_bearer_token_is_refused() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let token = &ada.person.token;
    let unsigned = token.rsplit_once('.').expect("three parts").0;
    for wrong in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        token.clone(),
        format!("Basic {token}"),
        format!("Token {token}"),
        "Bearer a.b.c".to_owned(),
        "Bearer ..".to_owned(),
        format!("Bearer {unsigned}"),
        format!("Bearer {unsigned}."),
        format!("Bearer {token}A"),
        format!("Bearer {token} {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer {}", "a".repeat(4_000)),
    ] {
        refused_everywhere(&board, &wrong).await;
    }
}

#[tokio::test]
async fn a_token_of_another_key_is_refused() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let (ours, theirs) = (&board.whole.secrets.tokens, KeyPair::generate());
    for wrong in [
        theirs.mint(&ada.person.id, PATIENCE),
        // Theirs, in our key's name.
        theirs.sign(&header(ours), &claims(&ada)),
    ] {
        refused_everywhere(&board, &format!("Bearer {wrong}")).await;
    }
}

#[tokio::test]
async fn a_token_with_another_header_is_refused() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let keys = &board.whole.secrets.tokens;
    let good = header(keys);
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("alg", json!(null)),
        ("typ", json!("JWT")),
        ("typ", json!(null)),
        ("kid", json!("other")),
        ("kid", json!(null)),
        ("kid", json!("")),
    ] {
        let token = keys.sign(&with(&good, name, value), &claims(&ada));
        refused_everywhere(&board, &format!("Bearer {token}")).await;
        let unsigned = token.rsplit_once('.').expect("three parts").0;
        refused_everywhere(&board, &format!("Bearer {unsigned}.")).await;
    }
}

#[tokio::test]
async fn a_token_with_other_claims_or_past_its_time_is_refused() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let keys = &board.whole.secrets.tokens;
    let (good, now) = (claims(&ada), testbed::now().as_secs());
    for (name, value) in [
        ("iss", json!("theirs")),
        ("iss", json!(null)),
        ("aud", json!("theirs")),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("sub", json!("ada")),
        ("sub", json!("")),
        ("sub", json!(null)),
        ("sub", json!(7)),
        ("exp", json!(now - 1)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("soon")),
        ("exp", json!(null)),
    ] {
        let token = keys.mint_with(&with(&good, name, value));
        refused_everywhere(&board, &format!("Bearer {token}")).await;
    }
}
