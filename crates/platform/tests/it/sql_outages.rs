//! A database that freezes, dies and comes back, as requests see it.

use std::time::Duration;

use serde_json::Value;
use testbed::postgres::{Options, Postgres};
use testbed::wait;
use tokio::task::JoinSet;

use super::support::{Database, Running, SOON, get};

async fn own() -> (Postgres, Database, Running) {
    let server = Postgres::start(Options::temporary()).await.expect("PostgreSQL starts");
    let database = Database::on(&server).await;
    let function = database.small().await.env("POOL_SIZE", "4").env("BREAKER_OPEN_S", "1").ready().await;
    (server, database, function)
}

/// Uses all four connections of the pool.
async fn fill_pool(function: &Running) {
    let mut requests = JoinSet::new();
    for _ in 0..4 {
        requests.spawn(get(function.address, "/sql/300"));
    }
    assert!(requests.join_all().await.iter().all(|answer| answer.status == 200));
}

fn durations(function: &Running, operation: &str, status: u16) -> Vec<f64> {
    let lines = function.requests(operation).into_iter().filter(|line| line["status"] == status);
    lines.filter_map(|line| line["duration_ms"].as_f64()).collect()
}

#[tokio::test]
async fn a_frozen_database_costs_a_request_four_seconds_at_most() {
    let (server, _database, function) = own().await;
    fill_pool(&function).await;
    server.freeze().expect("it runs");
    let mut requests = JoinSet::new();
    // Some find a connection that was good, some wait for one, some open one.
    for _ in 0..12 {
        requests.spawn(get(function.address, "/rows"));
    }
    for answer in requests.join_all().await {
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    }
    let took = durations(&function, "GET /rows", 503);
    assert!(took.len() == 12 && took.iter().all(|ms| *ms < 4_000.0), "{took:?}");
    server.thaw().expect("it is there");
    let answers = async || function.get("/rows").await.status == 200;
    wait::until(Duration::from_secs(5), "an answer", answers).await.expect("it goes on");
}

#[tokio::test]
async fn after_a_restart_no_broken_connection_is_used_again() {
    let (mut server, _database, function) = own().await;
    fill_pool(&function).await;
    server.kill();
    server.start_again().await.expect("it recovers");
    for _ in 0..8 {
        let answer = function.get("/rows").await;
        assert_eq!(answer.status, 200, "{answer:?}: {}", function.output());
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_unavailable_at_once_and_the_log_says_why() {
    let (server, _database, function) = own().await;
    server.stop().await.expect("it stops");
    let answer = function.get("/rows").await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    let line: Value = function.requests("GET /rows").remove(0);
    assert!(line["duration_ms"].as_f64().is_some_and(|ms| ms < 500.0), "{line}");
    assert!(line["error"].as_str().is_some_and(|text| text.starts_with("no connection could be opened: ")), "{line}");
    wait::until(SOON, "unready", async || function.get("/readyz").await.status == 503)
        .await
        .expect("the prober sees it");
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_unavailable_and_its_connection_is_dropped() {
    let (_server, database, function) = own().await;
    for statement in ["ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"] {
        database.client.batch_execute(statement).await.expect("the server takes it");
    }
    let read_only = async || {
        let setting = database.client.query_one("SHOW default_transaction_read_only", &[]).await;
        setting.is_ok_and(|row| row.get::<_, String>(0) == "on")
    };
    wait::until(SOON, "read-only", read_only).await.expect("the server reads its settings");
    let pair = r#"{"first":1,"second":2}"#;
    for (path, body) in [("/rows", r#"{"n":1}"#), ("/pairs", pair), ("/flushes", pair), ("/pairs/swallowed", "{}")] {
        let before = function.get("/settings").await.json()["pid"].clone();
        let answer = super::support::Request::post(path, body).ask(function.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"), "{path}");
        assert!(answer.header("retry-after").is_some(), "{}", answer.head);
        assert_ne!(function.get("/settings").await.json()["pid"], before, "{path}");
    }
}
