//! `GET` and `PATCH /v1/me`.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::board::{Board, Someone};

async fn nameless(board: &Board) -> Someone {
    let person = board.whole.person(&board.rows, None).await.expect("somebody");
    Someone { api: board.api.with_token(&person.token), person }
}

#[tokio::test]
async fn a_name_is_absent_until_it_is_set() {
    let board = Board::new().await;
    let ada = nameless(&board).await;
    let me = |name: Value| json!({ "id": ada.person.id, "email": ada.person.email, "name": name });
    assert_eq!(ada.api.get("/v1/me").await.expect(200), me(Value::Null));
    let answer = ada.api.patch("/v1/me", &json!({ "name": "  Ada Lovelace\t" })).await;
    assert_eq!(answer.expect(200), me("Ada Lovelace".into()));
    assert_eq!(ada.api.get("/v1/me").await.expect(200), me("Ada Lovelace".into()));
}

#[tokio::test]
async fn a_name_has_1_to_100_characters_whatever_their_bytes() {
    let board = Board::new().await;
    let ada = nameless(&board).await;
    let longest = ["a", "ä", "語", "\u{1f600}"].map(|character| character.repeat(100));
    for name in ["x", "O'Hara-Ñandú, 3rd", "\u{5d0}\u{5d1}"].map(str::to_owned).into_iter().chain(longest) {
        let me = ada.api.patch("/v1/me", &json!({ "name": name })).await.expect(200);
        assert_eq!(me["name"], name);
    }
}

#[tokio::test]
async fn what_is_no_name_is_refused_and_the_old_one_stays() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let long = json!("ä".repeat(101));
    for name in [
        json!(""),
        json!(" \t\n"),
        long,
        json!("a\nb"),
        json!("a\u{0}b"),
        json!("a\u{1b}[31m"),
        json!("a\u{85}b"),
        json!("\u{5d0}\u{5d1}\u{202e}"),
        json!(null),
        json!(7),
        json!(true),
        json!(["Ada"]),
        json!({ "first": "Ada" }),
    ] {
        let answer = ada.api.patch("/v1/me", &json!({ "name": name })).await;
        assert_eq!(answer.wrong(), ["#/name"], "{name}");
    }
    assert_eq!(ada.api.get("/v1/me").await.expect(200)["name"], "Ada Lovelace");
}

#[tokio::test]
async fn a_change_of_nothing_changes_nothing_and_unknown_fields_are_refused() {
    let board = Board::new().await;
    let ada = board.someone().await;
    assert_eq!(ada.api.patch("/v1/me", &json!({})).await.expect(200)["name"], "Ada Lovelace");
    let answer = ada.api.patch("/v1/me", &json!({ "name": "Eve", "email": "eve@people.example", "id": 1 })).await;
    assert_eq!(answer.wrong(), ["#/email", "#/id"]);
    assert_eq!(ada.api.get("/v1/me").await.expect(200)["name"], "Ada Lovelace");
}

#[tokio::test]
async fn a_body_that_is_no_object_is_malformed() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for body in ["", " ", "null", "[]", "\"Ada\"", "7", "{", "{\"name\":\"Ada\"}}", "{'name':'Ada'}", "\u{feff}{}"] {
        ada.api.send(Method::PATCH, "/v1/me", body).await.problem(400, "malformed-json");
    }
    let latin1 = b"{\"name\":\"J\xfcrg\"}".to_vec();
    ada.api.send(Method::PATCH, "/v1/me", latin1).await.problem(400, "malformed-json");
}

#[tokio::test]
async fn nobody_changes_anybody_else() {
    let board = Board::new().await;
    let (ada, bob) = (board.someone().await, board.someone().await);
    ada.api.patch("/v1/me", &json!({ "name": "Somebody else" })).await.expect(200);
    assert_eq!(bob.api.get("/v1/me").await.expect(200)["name"], "Ada Lovelace");
}

#[tokio::test]
async fn a_token_that_outlived_its_person_is_not_good_any_more() {
    let board = Board::new().await;
    let token = board.whole.secrets.tokens.mint(&Uuid::new_v4().to_string(), super::board::PATIENCE);
    let nobody = board.api.with_token(&token);
    let answers = [
        nobody.get("/v1/me").await,
        nobody.patch("/v1/me", &json!({ "name": "Ghost" })).await,
        nobody.post("/v1/companies", &json!({ "name": "Ghosts Ltd" })).await,
    ];
    for answer in answers {
        answer.problem(401, "unauthenticated");
        assert!(answer.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""), "{answer:?}");
    }
}
