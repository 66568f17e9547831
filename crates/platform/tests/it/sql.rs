//! Statements: their bounds, their connections, their errors.

use std::time::{Duration, Instant};

use serde_json::json;
use testbed::wait;
use tokio::task::JoinSet;

use super::support::{Request, SOON, database, get};

/// Guards: statement timeout.
#[tokio::test]
async fn every_connection_is_told_its_timeouts_and_says_whose_it_is() {
    let database = database().await;
    let function = database.small().await.ready().await;
    let settings = function.get("/settings").await.json();
    assert_eq!(settings["statement_timeout"], "2500ms");
    assert_eq!(settings["lock_timeout"], "2s");
    assert_eq!(settings["idle_in_transaction_session_timeout"], "3500ms");
    assert_eq!(settings["application_name"], "small_function/pool");
    let names = "SELECT DISTINCT application_name FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name <> '' ORDER BY 1";
    let seen = async || {
        let rows = database.client.query(names, &[]).await.expect("the server answers");
        let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        names == ["small_function/background", "small_function/pool", "small_function/probe"]
    };
    wait::until(SOON, "three kinds of connections", seen).await.expect("each says whose it is");
}

#[tokio::test]
async fn a_statement_past_its_time_is_unavailable_and_the_next_one_is_not() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "1").ready().await;
    let began = Instant::now();
    let answer = function.get("/sql/9000").await;
    assert!(began.elapsed() < Duration::from_millis(3_500), "after {:?}", began.elapsed());
    assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    assert!(answer.header("retry-after").is_some(), "{}", answer.head);
    assert_eq!(function.get("/sql/1").await.status, 200);
}

#[tokio::test]
async fn with_all_connections_busy_a_request_waits_for_one_second() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "2").ready().await;
    let mut busy = JoinSet::new();
    for _ in 0..2 {
        busy.spawn(get(function.address, "/sql/2200"));
    }
    wait::until(SOON, "both connections busy", async || database.running().await == 2).await.expect("they run");
    assert_eq!(function.metric("board_postgres_pool_in_use").await, Some(2.0));
    let answer = function.get("/sql/1").await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    // What the function measured: a client on a busy machine measures the machine, too.
    let lines = function.requests("GET /sql/{ms}");
    let waited = lines[0]["duration_ms"].as_f64().expect("a time");
    assert!((1_000.0..1_500.0).contains(&waited), "{}", lines[0]);
    assert_eq!(lines[0]["error"], "no connection of the pool was free in time");
    assert!(busy.join_all().await.iter().all(|answer| answer.status == 200));
    assert_eq!(function.metric("board_postgres_pool_in_use").await, Some(0.0));
}

#[tokio::test]
async fn a_statement_whose_result_was_changed_by_a_migration_works_again_at_once() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "1").ready().await;
    assert_eq!(function.get("/fail/23514").await.status, 500, "it is prepared");
    let changed = "DROP FUNCTION fail; CREATE FUNCTION fail(code text) RETURNS integer LANGUAGE sql AS 'SELECT 1'";
    database.client.batch_execute(changed).await.expect("a migration");
    assert_eq!(function.get("/fail/23514").await.status, 200, "{}", function.output());
}

#[tokio::test]
async fn a_refused_statement_is_one_line_with_its_code_and_constraint_and_no_values() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "1").ready().await;
    let first = function.get("/settings").await.json()["pid"].clone();
    let answer = Request::post("/rows", json!({ "n": -987_654 })).ask(function.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"));
    assert!(answer.json().get("detail").is_none(), "the text of a 5xx is fixed: {}", answer.body);
    let errors: Vec<_> = function.lines().into_iter().filter(|line| line["level"] == "error").collect();
    assert_eq!(errors.len(), 1, "{}", function.output());
    assert_eq!(errors[0]["error"], "the server refused insert row with SQLSTATE 23514 by positive");
    assert!(!function.output().contains("987654"), "{}", function.output());
    assert_eq!(function.get("/settings").await.json()["pid"], first, "a refusal leaves the connection good");
}
