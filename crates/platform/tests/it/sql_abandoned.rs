//! A client that goes away takes its query with it.

use std::time::{Duration, Instant};

use serde_json::json;
use testbed::wait;

use super::support::{Connection, Request, SOON, database};

/// After which the server ends a statement by itself.
const TIMEOUT: Duration = Duration::from_millis(2_500);

/// Guards: query cancel.
#[tokio::test]
async fn an_abandoned_query_is_cancelled_and_its_connection_is_used_by_nobody_else() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "1").ready().await;
    let before = function.get("/settings").await.json()["pid"].clone();
    let mut client = Connection::open(function.address).await.expect("it listens");
    let sent = Instant::now();
    client.send(&Request::new("GET", "/sql/10000").text()).await.expect("it reads");
    wait::until(SOON, "the query at work", async || database.running().await == 1).await.expect("it runs");
    drop(client);
    wait::until(SOON, "the query gone", async || database.running().await == 0).await.expect("it ends");
    assert!(sent.elapsed() < TIMEOUT, "it was not cancelled, but ended by its timeout after {:?}", sent.elapsed());
    let answer = function.get("/settings").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_ne!(answer.json()["pid"], before, "a connection in doubt is not used again");
    let line = function.requests("GET /settings").remove(1);
    assert!(line["duration_ms"].as_f64().is_some_and(|ms| ms < 500.0), "{line}");
    assert_eq!(function.metric("board_postgres_pool_in_use").await, Some(0.0));
}

#[tokio::test]
async fn a_caller_that_hangs_up_while_it_waits_for_a_connection_waits_no_more() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "1").ready().await;
    let busy = tokio::spawn(super::support::get(function.address, "/sql/900"));
    wait::until(SOON, "the query at work", async || database.running().await == 1).await.expect("it runs");
    let mut client = Connection::open(function.address).await.expect("it listens");
    client.send(&Request::new("GET", "/sql/1").text()).await.expect("it reads");
    let waiting = async |count| function.metric("board_postgres_pool_waiting").await == Some(count);
    wait::until(SOON, "somebody waiting", async || waiting(1.0).await).await.expect("the pool is busy");
    drop(client);
    wait::until(SOON, "nobody waiting", async || waiting(0.0).await).await.expect("who went away is not counted");
    assert_eq!(busy.await.expect("it ends").status, 200);
}

/// Guards: doubt.
#[tokio::test]
async fn an_abandoned_transaction_leaves_nothing_behind() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "1").ready().await;
    let mut client = Connection::open(function.address).await.expect("it listens");
    let pair = Request::post("/pairs", json!({ "first": 1, "second": 2, "between_ms": 2_000 }));
    let sent = Instant::now();
    client.send(&pair.text()).await.expect("it reads");
    wait::until(SOON, "the transaction at work", async || database.running().await == 1).await.expect("it runs");
    drop(client);
    wait::until(SOON, "the transaction gone", async || database.running().await == 0).await.expect("it ends");
    assert!(sent.elapsed() < Duration::from_millis(2_000), "it went on, until {:?}", sent.elapsed());
    assert_eq!(function.get("/rows").await.json()["rows"], 0);
    // Nobody finds itself in somebody else's transaction: what is written now stays.
    assert_eq!(Request::post("/rows", json!({ "n": 3 })).ask(function.address).await.status, 201);
    assert_eq!(database.rows().await, 1);
}
