//! `DELETE /v1/sessions/current`: a session ends when its person says so.

use reqwest::Method;
use serde_json::json;
use testbed::http::Answer;

use super::board::Board;
use super::refresh::{Kept, refreshed};

async fn ended(board: &Board, access: &str) -> Answer {
    Answer::to(board.api.with_token(access).request(Method::DELETE, "/v1/sessions/current")).await
}

#[tokio::test]
async fn a_session_that_was_ended_cannot_be_renewed_and_its_access_token_is_good_until_it_expires() {
    let board = Board::new().await;
    let (session, other) = (Kept::begin(&board).await, Kept::begin(&board).await);
    let answer = ended(&board, &session.access).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    refreshed(&board, &session.refresh).await.problem(401, "session-ended");
    board.api.with_token(&session.access).get("/v1/me").await.expect(200);
    refreshed(&board, &other.refresh).await.expect(200);
}

#[tokio::test]
async fn it_ends_once_and_again_by_whichever_of_its_access_tokens() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let next = refreshed(&board, &session.refresh).await.expect(200);
    for access in [&session.access, next["access_token"].as_str().expect("a token"), &session.access] {
        assert_eq!(ended(&board, access).await.status, 204);
    }
    refreshed(&board, next["refresh_token"].as_str().expect("a token")).await.problem(401, "session-ended");
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let board = Board::new().await;
    let (session, eve) = (Kept::begin(&board).await, board.someone().await);
    let claims = json!({
        "iss": "board", "aud": "board", "sub": eve.person.id, "sid": session.id(&board).await,
        "iat": 0, "exp": testbed::now().as_secs() + 60, "jti": eve.person.id,
    });
    assert_eq!(ended(&board, &board.whole.secrets.tokens.mint_with(&claims)).await.status, 204);
    refreshed(&board, &session.refresh).await.expect(200);
}

#[tokio::test]
async fn a_token_that_names_no_session_ends_nothing_more_than_itself() {
    let board = Board::new().await;
    let ada = board.someone().await;
    assert_eq!(ended(&board, &ada.person.token).await.status, 204);
}

#[tokio::test]
async fn whoever_is_not_signed_in_ends_nothing() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    for wrong in ["x", &session.refresh] {
        ended(&board, wrong).await.problem(401, "unauthenticated");
    }
    refreshed(&board, &session.refresh).await.expect(200);
}
