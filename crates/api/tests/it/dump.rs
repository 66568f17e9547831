//! Whoever reads the whole database signs in as nobody, and renews nobody's session.

use std::collections::BTreeSet;

use serde_json::json;

use super::board::{Board, address};
use super::refresh::{Kept, refreshed};

#[tokio::test]
async fn nothing_in_the_database_is_taken_for_a_sign_in() {
    let board = Board::new().await;
    let email = address();
    let token = board.link(&email).await;
    let rows = dump(&board).await;
    assert!(rows.iter().any(|row| row.contains(&email)), "the sign-in is part of the dump");
    let all = words(rows.iter());
    assert!(!all.iter().any(|word| word.contains(&token)), "the token itself stands there");
    let keys = board.sign_in_keys();
    for word in &all {
        assert_eq!(keys.verify(word), None, "{word} is a token");
    }
    // What stands in the rows of this very sign-in is tried for real, and spends nothing.
    let own = words(rows.iter().filter(|row| row.contains(&email)));
    for word in own.iter().filter(|word| !word.is_empty()) {
        let answer = board.api.post("/v1/sessions", &json!({ "token": word })).await;
        answer.problem(401, "bad-sign-in-token");
    }
    assert_eq!(board.api.post("/v1/sessions", &json!({ "token": token })).await.status, 201);
}

#[tokio::test]
async fn nothing_in_the_database_renews_a_session() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let newest = refreshed(&board, &session.refresh).await.expect(200);
    let newest = newest["refresh_token"].as_str().expect("a token");
    let id = session.id(&board).await;
    let rows: Vec<String> = dump(&board).await.into_iter().filter(|row| row.contains(&id)).collect();
    assert!(!rows.is_empty(), "the session is part of the dump");
    let words = words(rows.iter());
    for word in words.iter().filter(|word| !word.is_empty()) {
        assert!(![newest, &session.refresh, &session.access].contains(&word.as_str()), "the token itself stands there");
        refreshed(&board, word).await.problem(401, "bad-refresh-token");
    }
    refreshed(&board, newest).await.expect(200);
}

/// Every row of every table as text.
async fn dump(board: &Board) -> Vec<String> {
    let tables = board.texts("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'").await;
    assert!(tables.len() >= 8, "{tables:?}");
    let mut rows = Vec::new();
    for table in tables {
        rows.extend(board.texts(&format!("SELECT t::text FROM {table} t")).await);
    }
    rows
}

/// All that could be a token: runs of the letters that tokens have.
fn words<'a>(rows: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    let letter = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    rows.flat_map(|row| row.split(|it| !letter(it))).map(str::to_owned).collect()
}
