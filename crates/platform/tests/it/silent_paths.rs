//! Connections that died without a sign, and what was prepared for tables that have changed: what they cost a caller.

use std::time::Duration;

use serde_json::json;
use testbed::proxy::Proxy;
use tokio::task::JoinSet;

use super::support::{Answer, Database, Request, Running, database, get, servers};

/// What is waited for a sign of life, and as much again and more on a busy machine.
const SHORT: f64 = 2_000.0;

/// A function behind a proxy, with four open connections.
async fn behind_a_proxy() -> (Database, Proxy, Running) {
    let database = database().await;
    let server = std::net::SocketAddr::from(([127, 0, 0, 1], servers().await.postgres.port()));
    let proxy = Proxy::start(server).expect("a proxy");
    let function = database.small_behind(&proxy).await.env("POOL_SIZE", "4").ready().await;
    let answers = at_once(&function, "/sql/200", 4).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    (database, proxy, function)
}

async fn at_once(function: &Running, path: &'static str, callers: usize) -> Vec<Answer> {
    let mut requests = JoinSet::new();
    for _ in 0..callers {
        let address = function.address;
        requests.spawn(async move { get(address, path).await });
    }
    requests.join_all().await
}

fn took(function: &Running, operation: &str) -> Vec<f64> {
    function.requests(operation).iter().filter_map(|line| line["duration_ms"].as_f64()).collect()
}

/// Guards: once more.
#[tokio::test]
async fn a_read_over_a_connection_that_died_silently_waits_once_and_the_next_one_for_nothing() {
    let (_database, proxy, function) = behind_a_proxy().await;
    proxy.lose();
    for expected in [SHORT, 700.0, 700.0, 700.0] {
        let before = took(&function, "GET /rows").len();
        let answer = function.get("/rows").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let took = took(&function, "GET /rows")[before];
        assert!(took < expected, "{took} ms: {}", function.output());
    }
    assert_eq!(function.metric("board_postgres_repeated_total").await, Some(1.0));
}

/// A machine that stalls for a second has a database that is silent, and says so: one good round of these is enough.
const ROUNDS: usize = 3;

#[tokio::test]
async fn when_all_connections_die_each_caller_who_has_one_is_answered_over_another() {
    let mut told = String::new();
    for _ in 0..ROUNDS {
        let (_database, proxy, function) = behind_a_proxy().await;
        proxy.lose();
        let answers = at_once(&function, "/rows", 4).await;
        let took = took(&function, "GET /rows");
        if answers.iter().all(|answer| answer.status == 200) && took.iter().all(|ms| *ms < SHORT) {
            return;
        }
        told = format!("{told}{answers:?}\n{took:?}\n{}\n", function.output());
    }
    panic!("not once: {told}");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_never_done_twice_and_its_caller_is_told_so() {
    let (database, proxy, function) = behind_a_proxy().await;
    for (path, body) in [("/rows", json!({ "n": 1 })), ("/flushes", json!({ "first": 1, "second": 2 }))] {
        // So that it is prepared on every connection, and nothing is asked before it is sent.
        let mut writes = JoinSet::new();
        for _ in 0..12 {
            let (address, body) = (function.address, body.clone());
            writes.spawn(async move { Request::post(path, body).ask(address).await.status });
        }
        assert!(writes.join_all().await.iter().all(|status| *status == 201), "{}", function.output());
        let before = database.rows().await;
        proxy.lose();
        let answer = Request::post(path, body.clone()).ask(function.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "outcome-unknown"), "{path}: {answer:?}");
        assert_eq!(database.rows().await, before, "{path}");
        let answer = Request::post(path, body).ask(function.address).await;
        assert_eq!(answer.status, 201, "{path}: the next one finds a connection that lives: {answer:?}");
    }
}

#[tokio::test]
async fn a_transaction_that_cannot_begin_begins_over_another_connection() {
    let (database, proxy, function) = behind_a_proxy().await;
    proxy.lose();
    let answer = Request::post("/pairs", json!({ "first": 1, "second": 2 })).ask(function.address).await;
    assert_eq!((answer.status, database.rows().await), (201, 2), "{answer:?}");
}

/// Guards: question to idle connections.
#[tokio::test]
async fn one_that_was_idle_is_asked_first_and_then_even_a_write_finds_one_that_lives() {
    let (database, proxy, function) = behind_a_proxy().await;
    let write = Request::post("/rows", json!({ "n": 1 }));
    for _ in 0..4 {
        assert_eq!(write.ask(function.address).await.status, 201);
    }
    let before = database.rows().await;
    proxy.lose();
    tokio::time::sleep(Duration::from_millis(5_200)).await;
    let answer = write.ask(function.address).await;
    assert_eq!((answer.status, database.rows().await), (201, before + 1), "{answer:?}");
    let took = took(&function, "POST /rows");
    assert!(took.iter().all(|ms| *ms < SHORT), "{took:?}");
}

#[tokio::test]
async fn a_changed_column_costs_no_reader_and_no_writer_an_answer() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "4").ready().await;
    let pair = json!({ "first": 1, "second": 2 });
    database.client.batch_execute("CREATE TABLE wide (n integer)").await.expect("it is made");
    for change in ["bigint", "integer"] {
        for _ in 0..2 {
            for answer in at_once(&function, "/wide", 8).await {
                assert_eq!(answer.status, 200, "{answer:?}");
            }
            for path in ["/wide", "/wide/pairs", "/wide/flushes"] {
                let answer = Request::post(path, &pair).ask(function.address).await;
                assert_eq!(answer.status, 201, "{path}: {answer:?}: {}", function.output());
            }
        }
        let statement = format!("ALTER TABLE wide ALTER COLUMN n TYPE {change}");
        database.client.batch_execute(&statement).await.expect("it is changed");
    }
    let lines = function.lines();
    assert!(lines.iter().all(|line| line["level"] != "error"), "{}", function.output());
}
