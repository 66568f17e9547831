//! What Redis does for the quota: it refuses early, costs one round trip, and its loss costs nobody anything. On servers
//! of its own where it is harmed.

use std::time::Duration;

use testbed::board::{Board as Whole, Secrets, Servers};
use testbed::wait;

use super::board::{Board, PATIENCE, Running, Someone};

pub(super) async fn command(url: &str, words: &[&str]) -> String {
    testbed::redis::command(url, words).await.expect("Redis answers")
}

/// A board of its own, whose server logs each statement.
async fn own() -> Running {
    let settings = [("log_statement", "all"), ("log_line_prefix", "<%a> ")];
    let servers = Servers::temporary(&settings).await.expect("servers");
    let whole = Whole::migrated(servers, Secrets::generate(), testbed::cargo::binary, |_| 0).await.expect("a board");
    Running::on(whole).await
}

/// How many statements the function's pool has sent.
fn statements(running: &Running) -> usize {
    let log = running.whole.servers.postgres.own().expect("our own server").log_text();
    log.matches("<applications/pool> LOG:").count()
}

/// Waits until Redis has remembered ten acceptances of somebody.
async fn full(running: &Running, who: &Someone) {
    let (url, key) = (running.whole.servers.redis_url(), format!("quota:apply:{}", who.person.id));
    let remembered = async || command(&url, &["ZCARD", &key]).await.starts_with(":10\r\n");
    wait::until(PATIENCE, "ten remembered", remembered).await.expect("they are remembered");
}

async fn fill(board: &Board<'_>, who: &Someone) {
    for job in board.jobs(10).await {
        who.apply(&job, "Dear all").await.expect(201);
    }
}

/// Guards: quota look.
#[tokio::test]
async fn a_refusal_by_redis_costs_one_round_trip_and_postgres_nothing() {
    let running = own().await;
    let board = running.seen().await;
    let (ada, job) = (board.someone().await, board.employer().await.job);
    fill(&board, &ada).await;
    full(&running, &ada).await;
    let answered = "board_redis_commands_total{outcome=\"answered\"}";
    let (asked, sent) = (running.metric(answered).await, statements(&running));
    for _ in 0..5 {
        ada.apply(&job, "Dear all").await.problem(429, "quota-exceeded");
    }
    assert_eq!(statements(&running), sent, "Postgres was asked");
    assert!((running.metric(answered).await - asked - 5.0).abs() < 0.5, "a look is one round trip");
    let refused = "board_quota_verdicts_total{quota=\"apply\",verdict=\"refused_by_redis\"}";
    assert!((running.metric(refused).await - 5.0).abs() < 0.5);
}

#[tokio::test]
async fn a_redis_that_was_emptied_learns_the_ten_from_postgres() {
    let running = own().await;
    let board = running.seen().await;
    let (ada, jobs, url) = (board.someone().await, board.jobs(10).await, running.whole.servers.redis_url());
    for (number, job) in jobs.iter().enumerate() {
        ada.apply_under(&number.to_string(), job, "Dear all").await.expect(201);
    }
    full(&running, &ada).await;
    let key = format!("quota:apply:{}", ada.person.id);
    let remembered = command(&url, &["ZRANGE", &key, "0", "-1", "WITHSCORES"]).await;
    command(&url, &["FLUSHALL"]).await;
    let more = board.employer().await.job;
    ada.apply(&more, "Dear all").await.problem(429, "quota-exceeded");
    full(&running, &ada).await;
    assert_eq!(command(&url, &["ZRANGE", &key, "0", "-1", "WITHSCORES"]).await, remembered, "with keys and times");
    assert_ne!(command(&url, &["PTTL", &key]).await, ":-1\r\n+OK\r\n", "it is forgotten by itself");
    let sent = statements(&running);
    ada.apply(&more, "Dear all").await.problem(429, "quota-exceeded");
    assert_eq!(statements(&running), sent, "Postgres was asked");
    // The tenth's key is among them: Postgres answers for it.
    let tenth = ada.apply_under("9", &jobs[9], "Dear all").await;
    assert_eq!((tenth.status, tenth.header("idempotency-replayed")), (201, "true"));
}

/// Guards: quota.
#[tokio::test]
async fn without_redis_exactly_ten_are_taken_and_nobody_waits_for_it() {
    let running = own().await;
    let board = running.seen().await;
    let (ada, bob) = (board.someone().await, board.someone().await);
    let job = board.employer().await.job;
    let redis = running.whole.servers.redis.own().expect("our own server");
    redis.freeze().expect("it runs");
    fill(&board, &ada).await;
    ada.apply(&job, "Dear all").await.problem(429, "quota-exceeded");
    redis.kill();
    fill(&board, &bob).await;
    bob.apply(&job, "Dear all").await.problem(429, "quota-exceeded");
    assert_eq!((board.written(&ada).await[0], board.written(&bob).await[0]), (10, 10));
    let all = running.metric("board_redis_wait_seconds_count").await;
    assert!(all > 0.0, "none was asked");
    let unchecked = running.metric("board_quota_verdicts_total{quota=\"apply\",verdict=\"unchecked_by_redis\"}").await;
    assert!((unchecked - 22.0).abs() < 0.5, "{unchecked}");
    let log = running.whole.servers.postgres.own().expect("our own server").log_text();
    assert!(!log.contains("LEFT JOIN idempotency_keys"), "what is to be remembered was read for nobody");
    let short = running.metric("board_redis_wait_seconds_bucket{le=\"0.1\"}").await;
    assert!((short - all).abs() < 0.5, "{short} of {all} took less than 100 ms");
}

#[tokio::test]
async fn a_refusal_stands_when_what_redis_is_to_remember_cannot_be_read() {
    let running = own().await;
    let board = running.seen().await;
    let (ada, job, url) = (board.someone().await, board.employer().await.job, running.whole.servers.redis_url());
    fill(&board, &ada).await;
    full(&running, &ada).await;
    command(&url, &["FLUSHALL"]).await;
    // All that an application needs, and not the column that leads from an answer to it.
    board
        .run(
            "REVOKE SELECT ON idempotency_keys FROM board_applications;
             GRANT SELECT (person_id, route, key_hash) ON idempotency_keys TO board_applications",
        )
        .await;
    ada.apply(&job, "Dear all").await.problem(429, "quota-exceeded");
    assert_eq!(command(&url, &["ZCARD", &format!("quota:apply:{}", ada.person.id)]).await, ":0\r\n+OK\r\n");
}

#[tokio::test]
async fn a_redis_that_comes_back_refuses_again() {
    let mut running = own().await;
    running.whole.servers.redis.own().expect("our own").kill();
    let ada = {
        let board = running.seen().await;
        let ada = board.someone().await;
        fill(&board, &ada).await;
        ada
    };
    running.whole.servers.redis.own_mut().expect("our own").start_again().await.expect("it starts again");
    let board = running.seen().await;
    let job = board.employer().await.job;
    let refused = "board_quota_verdicts_total{quota=\"apply\",verdict=\"refused_by_redis\"}";
    let by_redis = async || {
        ada.apply(&job, "Dear all").await.problem(429, "quota-exceeded");
        running.metric(refused).await > 0.0
    };
    wait::until(Duration::from_secs(10), "a refusal by Redis", by_redis).await.expect("it refuses");
}
