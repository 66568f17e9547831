//! Transactions: all or nothing, and the truth about it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use testbed::proxy::Proxy;
use testbed::wait;

use super::support::{Answer, Database, Request, Running, SOON, database, servers};

const BOTH_WAYS: [&str; 2] = ["/pairs", "/flushes"];

async fn post(address: SocketAddr, path: &str, first: i32, second: i32, between_ms: u32) -> Answer {
    Request::post(path, json!({ "first": first, "second": second, "between_ms": between_ms })).ask(address).await
}

#[tokio::test]
async fn both_rows_are_written_or_none_is() {
    let database = database().await;
    let function = database.small().await.ready().await;
    for path in BOTH_WAYS {
        let before = database.rows().await;
        assert_eq!(post(function.address, path, 1, 2, 0).await.status, 201);
        assert_eq!(database.rows().await, before + 2);
        for (first, second) in [(1, -1), (-1, 1)] {
            let answer = post(function.address, path, first, second, 0).await;
            assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"), "{path}");
            assert_eq!(database.rows().await, before + 2, "{path}");
        }
    }
}

/// Guards: unsent rollback.
#[tokio::test]
async fn a_value_that_cannot_be_sent_keeps_the_others_from_being_committed() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "1").ready().await;
    let answer = Request::new("POST", "/flushes/mistake").ask(function.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"));
    let line = function.requests("POST /flushes/mistake").remove(0);
    assert_eq!(line["error"], "the answer of insert row has another shape than the code reads");
    assert_eq!(function.get("/rows").await.json()["rows"], 0);
}

/// Guards: swallowed refusal.
#[tokio::test]
async fn a_refusal_that_nobody_heeds_is_no_success() {
    let database = database().await;
    let function = database.small().await.ready().await;
    let answer = Request::new("POST", "/pairs/swallowed").ask(function.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"));
    assert_eq!(database.rows().await, 0);
}

#[tokio::test]
async fn a_statement_that_is_too_late_rolls_back_and_says_that_nothing_was_done() {
    let database = database().await;
    let function = database.small().await.ready().await;
    for path in BOTH_WAYS {
        let answer = post(function.address, path, 1, 2, 2_800).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"), "{path}");
    }
    assert_eq!(database.rows().await, 0);
}

/// The example behind a proxy, with one connection, on which every statement was prepared.
async fn behind_proxy(database: &mut Database) -> (Running, Proxy) {
    let server = servers().await.postgres.address();
    let proxy = Proxy::start(server).expect("it listens");
    database.url = database.url.replace(&server.to_string(), &proxy.address().to_string());
    let function = database.small().await.env("POOL_SIZE", "1").ready().await;
    for path in BOTH_WAYS {
        assert_eq!(post(function.address, path, 1, 2, 0).await.status, 201);
    }
    (function, proxy)
}

#[tokio::test]
async fn one_flush_takes_one_round_trip() {
    let mut database = database().await;
    let (function, proxy) = behind_proxy(&mut database).await;
    proxy.delay(Duration::from_millis(300));
    for path in BOTH_WAYS {
        assert_eq!(post(function.address, path, 3, 4, 0).await.status, 201);
    }
    let took = |path: &str| {
        let line = function.requests(&format!("POST {path}")).remove(1);
        line["duration_ms"].as_f64().unwrap_or_else(|| panic!("no time: {line}"))
    };
    assert!((300.0..600.0).contains(&took("/flushes")), "{} ms", took("/flushes"));
    assert!(took("/pairs") >= 1_500.0, "five round trips: {} ms", took("/pairs"));
}

#[tokio::test]
async fn the_outcome_of_a_commit_that_was_cut_is_unknown() {
    let mut database = database().await;
    let (function, proxy) = behind_proxy(&mut database).await;
    // The server takes 2 s for a commit of a 77. A single statement commits by itself.
    let pair = json!({ "first": 5, "second": 77, "between_ms": 0 });
    for (path, body) in [("/pairs", pair.clone()), ("/flushes", pair), ("/rows", json!({ "n": 77 }))] {
        let address = function.address;
        wait::until(SOON, "nothing at work", async || database.running().await == 0).await.expect("the last one ends");
        let asked = tokio::spawn(async move { Request::post(path, body).ask(address).await });
        let committing = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                          AND application_name = 'small_function/pool' AND wait_event = 'PgSleep'";
        let seen = async || database.client.query_one(committing, &[]).await.is_ok_and(|row| row.get::<_, i64>(0) == 1);
        wait::until(SOON, "the commit under way", seen).await.expect("it runs");
        proxy.cut();
        let answer = asked.await.expect("the client lives");
        assert_eq!((answer.status, answer.problem().as_str()), (503, "outcome-unknown"), "{path}");
        assert!(answer.header("retry-after").is_some(), "{}", answer.head);
    }
    assert_eq!(function.get("/rows").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_is_cut_before_the_commit_is_no_unknown_outcome() {
    let mut database = database().await;
    let (function, proxy) = behind_proxy(&mut database).await;
    let before = database.rows().await;
    let address = function.address;
    let asked = tokio::spawn(async move { post(address, "/pairs", 5, 6, 2_000).await });
    wait::until(SOON, "the transaction at work", async || database.running().await == 1).await.expect("it runs");
    proxy.cut();
    let answer = asked.await.expect("the client lives");
    assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    assert_eq!(database.rows().await, before);
}
