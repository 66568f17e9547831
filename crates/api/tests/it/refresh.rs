//! `POST /v1/sessions/refresh`: a session lasts as long as it is renewed, and one whose token was stolen ends.

use futures_util::future::join_all;
use serde_json::{Value, json};
use testbed::http::Answer;
use testbed::wait;

use super::board::{Board, PATIENCE, address};

/// A session, as its client keeps it.
pub(super) struct Kept {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) lasts: i64,
}

impl Kept {
    fn of(session: &Value) -> Self {
        let text = |name: &str| session[name].as_str().unwrap_or_else(|| panic!("{name}")).to_owned();
        let lasts = session["refresh_token_expires_in"].as_i64().expect("seconds");
        Self { access: text("access_token"), refresh: text("refresh_token"), lasts }
    }

    /// A new session of somebody new.
    pub(super) async fn begin(board: &Board) -> Self {
        let link = board.link(&address()).await;
        Self::of(&board.api.post("/v1/sessions", &json!({ "token": link })).await.expect(201))
    }

    /// Its id, as the access token has it.
    pub(super) async fn id(&self, board: &Board) -> String {
        let me = board.api.with_token(&self.access).get("/v1/me").await.expect(200);
        board
            .texts(&format!("SELECT id::text FROM sessions WHERE person_id = '{}'", me["id"].as_str().expect("an id")))
            .await
            .remove(0)
    }
}

pub(super) async fn refreshed(board: &Board, token: &str) -> Answer {
    board.api.post("/v1/sessions/refresh", &json!({ "refresh_token": token })).await
}

async fn renewed(board: &Board, token: &str) -> Kept {
    Kept::of(&refreshed(board, token).await.expect(200))
}

/// Lets time pass for one session.
pub(super) async fn pass(board: &Board, session: &str, time: &str) {
    board
        .run(&format!(
            "UPDATE sessions SET begun_at = begun_at - interval '{time}', refreshed_at = refreshed_at - interval '{time}',
                                 expires_at = expires_at - interval '{time}'
             WHERE id = '{session}'"
        ))
        .await;
}

#[tokio::test]
async fn a_session_is_renewed_again_and_again() {
    let board = Board::new().await;
    let mut session = Kept::begin(&board).await;
    let id = session.id(&board).await;
    assert_eq!(session.lasts, 30 * 86_400);
    for _ in 0..4 {
        pass(&board, &id, "29 days").await;
        let answer = refreshed(&board, &session.refresh).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let next = Kept::of(&answer.expect(200));
        assert_ne!(next.refresh, session.refresh);
        assert_eq!(next.id(&board).await, id, "its access token is good");
        assert!((30 * 86_400 - 5..=30 * 86_400).contains(&next.lasts), "{}", next.lasts);
        session = next;
    }
}

#[tokio::test]
async fn a_session_that_nobody_renewed_for_thirty_days_has_expired() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    pass(&board, &session.id(&board).await, "30 days").await;
    let answer = refreshed(&board, &session.refresh).await;
    answer.problem(401, "expired-refresh-token");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_session_ends_a_year_after_it_began_however_often_it_is_renewed() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let id = session.id(&board).await;
    board.run(&format!("UPDATE sessions SET begun_at = now() - interval '364 days' WHERE id = '{id}'")).await;
    let last = renewed(&board, &session.refresh).await;
    assert!((86_400 - 60..=86_400).contains(&last.lasts), "{}", last.lasts);
    pass(&board, &id, "1 day").await;
    refreshed(&board, &last.refresh).await.problem(401, "expired-refresh-token");
}

#[tokio::test]
async fn the_last_token_gets_the_same_successor_for_thirty_seconds() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let id = session.id(&board).await;
    let next = renewed(&board, &session.refresh).await;
    pass(&board, &id, "25 seconds").await;
    assert_eq!(renewed(&board, &session.refresh).await.refresh, next.refresh);
    // Also from then on, since the time is counted from when the successor was made.
    pass(&board, &id, "6 seconds").await;
    refreshed(&board, &session.refresh).await.problem(401, "session-ended");
}

/// Guards: session end.
#[tokio::test]
async fn a_token_that_was_replaced_ends_the_session_for_everybody_who_has_one() {
    let board = Board::new().await;
    let stolen = Kept::begin(&board).await;
    let next = renewed(&board, &stolen.refresh).await;
    let newest = renewed(&board, &next.refresh).await;
    refreshed(&board, &stolen.refresh).await.problem(401, "session-ended");
    for token in [&newest.refresh, &next.refresh, &stolen.refresh] {
        refreshed(&board, token).await.problem(401, "session-ended");
    }
    // What was stolen of one session harms no other.
    let other = Kept::begin(&board).await;
    renewed(&board, &other.refresh).await;
}

/// That two tabs, or twenty, stay signed in: each waits for the row's lock, and judges what the one before has left.
#[tokio::test]
async fn of_many_at_once_with_one_token_all_get_the_same_successor() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let id = session.id(&board).await;
    board.run(&format!("BEGIN; SELECT FROM sessions WHERE id = '{id}' FOR UPDATE")).await;
    let watcher = board.whole.client().await.expect("a connection");
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE sessions%'";
    let release = async {
        let all = async || watcher.query_one(waiting, &[]).await.expect("a row").get::<_, i64>(0) == 4;
        wait::until(PATIENCE, "all four wait", all).await.expect("they wait");
        board.run("COMMIT").await;
    };
    let (answers, ()) = tokio::join!(join_all((0..4).map(|_| renewed(&board, &session.refresh))), release);
    assert!(answers.iter().all(|answer| answer.refresh == answers[0].refresh));
    renewed(&board, &answers[0].refresh).await;
}

#[tokio::test]
async fn what_is_no_refresh_token_is_told_apart_and_changes_nothing() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let good = &session.refresh;
    let changed = good.replacen(&good[40..41], if &good[40..41] == "A" { "B" } else { "A" }, 1);
    for wrong in
        [&changed, &good[..89], &format!("{good}A"), &session.access[..200], &board.link(&address()).await, "x"]
    {
        refreshed(&board, wrong).await.problem(401, "bad-refresh-token");
    }
    board.api.post("/v1/sessions", &json!({ "token": good })).await.problem(401, "bad-sign-in-token");
    for none in [json!(""), json!(7), json!(null), json!("x".repeat(201))] {
        let answer = board.api.post("/v1/sessions/refresh", &json!({ "refresh_token": none })).await;
        assert_eq!(answer.wrong(), ["#/refresh_token"], "{none}");
    }
    board.api.with_token(good).get("/v1/me").await.problem(401, "unauthenticated");
    renewed(&board, good).await;
}

#[tokio::test]
async fn the_session_of_a_person_who_is_gone_has_expired() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let id = session.id(&board).await;
    board.run(&format!("DELETE FROM people USING sessions WHERE sessions.id = '{id}' AND people.id = person_id")).await;
    refreshed(&board, &session.refresh).await.problem(401, "expired-refresh-token");
}

#[tokio::test]
async fn a_token_that_the_database_has_lost_is_good() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let id = session.id(&board).await;
    let next = renewed(&board, &session.refresh).await;
    board.run(&format!("UPDATE sessions SET generation = 0 WHERE id = '{id}'")).await;
    let after = renewed(&board, &next.refresh).await;
    assert_ne!(after.refresh, next.refresh);
}
