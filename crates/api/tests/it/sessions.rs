//! `POST /v1/sessions`: a link signs in once.

use std::collections::BTreeSet;

use contracts::ids::SignInId;
use contracts::sign_in::SignInKeys;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testbed::http::Answer;
use uuid::Uuid;

use super::board::{Board, address};

async fn used(board: &Board, token: &str) -> Answer {
    board.api.post("/v1/sessions", &json!({ "token": token })).await
}

fn person(session: &Value) -> String {
    session["person_id"].as_str().expect("who").to_owned()
}

#[tokio::test]
async fn a_link_signs_in_and_its_token_is_good_at_both_functions() {
    let board = Board::new().await;
    let email = address();
    let answer = used(&board, &board.link(&email).await).await;
    let session = answer.expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("Bearer"), &json!(900)));
    let token = session["access_token"].as_str().expect("a token");
    let me = board.api.with_token(token).get("/v1/me").await.expect(200);
    assert_eq!(me, json!({ "id": session["person_id"], "email": email, "name": null }));
    assert_eq!(board.applications.with_token(token).get("/v1/applications").await.status, 200);
}

#[tokio::test]
async fn a_link_is_good_once() {
    let board = Board::new().await;
    let token = board.link(&address()).await;
    assert_eq!(used(&board, &token).await.status, 201);
    let again = used(&board, &token).await;
    again.problem(401, "used-sign-in-token");
    assert_eq!(again.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn of_twenty_uses_at_once_one_gets_a_session() {
    let board = Board::new().await;
    let token = board.link(&address()).await;
    let answers = join_all((0..20).map(|_| used(&board, &token))).await;
    let (good, late): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((good.len(), late.len()), (1, 19));
    for answer in late {
        answer.problem(401, "used-sign-in-token");
    }
}

#[tokio::test]
async fn an_expired_link_does_not_sign_in_and_makes_nobody() {
    let board = Board::new().await;
    let email = address();
    let token = board.link(&email).await;
    board.run(&format!("UPDATE sign_ins SET expires_at = clock_timestamp() WHERE email = '{email}'")).await;
    used(&board, &token).await.problem(401, "expired-sign-in-token");
    assert_eq!(board.number(&format!("SELECT count(*) FROM people WHERE email = '{email}'")).await, 0);
    assert_eq!(board.number(&format!("SELECT count(used_at) FROM sign_ins WHERE email = '{email}'")).await, 0);
}

#[tokio::test]
async fn a_link_that_was_used_says_so_also_when_it_has_expired_and_one_that_is_not_known_any_more_has_expired() {
    let board = Board::new().await;
    let email = address();
    let token = board.link(&email).await;
    used(&board, &token).await.expect(201);
    board.run(&format!("UPDATE sign_ins SET expires_at = clock_timestamp() WHERE email = '{email}'")).await;
    used(&board, &token).await.problem(401, "used-sign-in-token");
    board.run(&format!("DELETE FROM sign_ins WHERE email = '{email}'")).await;
    used(&board, &token).await.problem(401, "expired-sign-in-token");
}

#[tokio::test]
async fn a_token_that_was_changed_or_made_elsewhere_does_not_sign_in() {
    let board = Board::new().await;
    let good = board.link(&address()).await;
    let mut wrong: Vec<String> = (0..good.len())
        .step_by(7)
        .map(|at| {
            let mut token = good.clone().into_bytes();
            token[at] = if token[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(token).expect("ASCII")
        })
        .collect();
    let foreign = SignInKeys::parse("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").expect("a key");
    let unknown = SignInId(Uuid::new_v4());
    wrong.extend([
        foreign.token(unknown, "k1").expect("its key"),
        format!("{good}="),
        format!("{good}A"),
        good[..76].to_owned(),
        "x".repeat(200),
    ]);
    for token in wrong {
        used(&board, &token).await.problem(401, "bad-sign-in-token");
    }
    assert_eq!(used(&board, &good).await.status, 201, "the good one is still good");
}

#[tokio::test]
async fn a_token_that_a_mail_client_broke_or_somebody_typed_is_good() {
    let board = Board::new().await;
    let token = board.link(&address()).await;
    let broken = format!(" {}\r\n  {}\n", &token[..40], &token[40..]);
    used(&board, &broken).await.expect(201);
    used(&board, &token.to_lowercase()).await.problem(401, "used-sign-in-token");
}

#[tokio::test]
async fn what_is_no_token_at_all_is_named() {
    let board = Board::new().await;
    for token in [json!(""), json!("  "), json!("x".repeat(201)), json!(7), json!(null), json!(["x"]), json!({})] {
        let answer = board.api.post("/v1/sessions", &json!({ "token": token })).await;
        assert_eq!(answer.wrong(), ["#/token"], "{token}");
    }
    assert_eq!(board.api.post("/v1/sessions", &json!({ "code": "x" })).await.wrong(), ["#/code", "#/token"]);
}

#[tokio::test]
async fn two_links_for_one_address_both_work_in_any_order() {
    let board = Board::new().await;
    let email = address();
    let (first, second) = (board.link(&email).await, board.link(&email).await);
    let (second, first) = (used(&board, &second).await.expect(201), used(&board, &first).await.expect(201));
    assert_eq!(person(&first), person(&second));
}

#[tokio::test]
async fn two_cases_of_an_address_are_one_person_whose_address_stays_as_it_was_written_first() {
    let board = Board::new().await;
    let local = Uuid::new_v4();
    let (first, second) = (format!("Ada.{local}@People.EXAMPLE"), format!("ADA.{local}@people.example"));
    let session = used(&board, &board.link(&first).await).await.expect(201);
    let again = used(&board, &board.link(&second).await).await.expect(201);
    assert_eq!(person(&session), person(&again));
    let token = again["access_token"].as_str().expect("a token");
    assert_eq!(board.api.with_token(token).get("/v1/me").await.expect(200)["email"], first);
}

#[tokio::test]
async fn a_domain_in_another_script_and_its_a_labels_are_one_person() {
    let board = Board::new().await;
    let local = Uuid::new_v4();
    let (unicode, ascii) = (format!("{local}@bücher.example"), format!("{local}@xn--bcher-kva.example"));
    let session = used(&board, &board.link(&unicode).await).await.expect(201);
    let again = used(&board, &board.link(&ascii).await).await.expect(201);
    assert_eq!(person(&session), person(&again));
    let token = again["access_token"].as_str().expect("a token");
    assert_eq!(board.api.with_token(token).get("/v1/me").await.expect(200)["email"], unicode);
}

#[tokio::test]
async fn five_first_sign_ins_of_one_address_at_once_make_one_person() {
    let board = Board::new().await;
    let email = address();
    let mut links = Vec::new();
    for _ in 0..5 {
        links.push(board.link(&email).await);
    }
    let answers = join_all(links.iter().map(|token| used(&board, token))).await;
    let people: BTreeSet<String> = answers.iter().map(|answer| person(&answer.expect(201))).collect();
    assert_eq!(people.len(), 1);
    assert_eq!(board.number(&format!("SELECT count(*) FROM people WHERE email = '{email}'")).await, 1);
}
