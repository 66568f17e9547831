//! The breaker before PostgreSQL, as clients, probes, metrics and traces see it.

use std::time::Duration;

use serde_json::{Value, json};
use testbed::otlp::{Receiver, Span};
use testbed::proxy::Proxy;
use testbed::wait;
use tokio::task::JoinSet;

use super::support::{Answer, Connection, Request, Running, SOON, database, get, servers};

/// The longest open time in these tests. Its end, a round of the prober and a cut question are less than this together.
const OPEN_S: &str = "3";
const RETURN: Duration = Duration::from_secs(8);

async fn state(function: &Running) -> Option<f64> {
    function.metric(r#"board_breaker_state{dependency="postgres"}"#).await
}

async fn became(function: &Running, to: &str) -> f64 {
    let name = format!(r#"board_breaker_transitions_total{{dependency="postgres",to="{to}"}}"#);
    function.metric(&name).await.expect("it is counted from the start")
}

/// What `/readyz` says of the breaker.
async fn readiness(function: &Running) -> (u16, Value) {
    let answer = function.get("/readyz").await;
    let body = answer.json();
    let checks = body["checks"].as_array().expect("a list");
    let breaker = checks.iter().find(|check| check["name"] == "postgres breaker").expect("it is a check").clone();
    (answer.status, breaker)
}

/// So many requests at once.
async fn at_once(function: &Running, count: usize, path: &'static str) -> Vec<Answer> {
    let mut requests = JoinSet::new();
    for _ in 0..count {
        requests.spawn(get(function.address, path));
    }
    requests.join_all().await
}

async fn closes(function: &Running) {
    let closed = async || state(function).await == Some(0.0);
    wait::until(RETURN, "the breaker closed", closed).await.expect("the prober's trial closes it");
}

#[tokio::test]
async fn a_frozen_database_opens_it_and_nobody_waits_any_more_until_the_prober_sees_it_return() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let proxy = Proxy::start(servers().await.postgres.address()).expect("a proxy");
    let function = database.small_behind(&proxy).await.env("BREAKER_OPEN_S", OPEN_S).env("POOL_SIZE", "12");
    let function = function.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).ready().await;
    assert!(at_once(&function, 12, "/sql/300").await.iter().all(|answer| answer.status == 200));
    proxy.freeze();
    // The good answers of before stand against the first that are cut.
    let opens = async || {
        for answer in at_once(&function, 12, "/rows").await {
            assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
        }
        state(&function).await == Some(2.0)
    };
    wait::until(SOON, "the breaker open", opens).await.expect("cut calls open it");
    // Through the end of the open time and a trial that fails, each request is refused without a wait for the pool.
    let waits = function.metric("board_postgres_pool_wait_seconds_count").await;
    let refused_again = async || {
        let answer = function.get("/rows").await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
        let retry_after: u64 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("when to come");
        assert!((1..=3).contains(&retry_after), "{retry_after}");
        assert_eq!(function.get("/routable").await.status, 200);
        assert_eq!(function.get("/healthz").await.status, 200);
        became(&function, "open").await >= 2.0
    };
    wait::until(SOON, "a trial that fails", refused_again).await.expect("the prober tries");
    assert_eq!(function.metric("board_postgres_pool_wait_seconds_count").await, waits);
    let refused = function.requests("GET /rows").pop().expect("a line");
    assert_eq!(refused["error"], "the breaker is open", "{refused}");
    let during_the_trial = async || {
        let is_told = |name: &str, value: &str, span: &Span| span.attributes.get(name).is_some_and(|it| it == value);
        receiver.trace_ids().iter().any(|id| {
            let trace = receiver.trace(id);
            let mut refused = trace.roots().into_iter().filter(|root| is_told("http.route", "/rows", root));
            refused.any(|root| is_told("app.breaker.state", "half_open", root))
        })
    };
    wait::until(SOON, "a span of the trial's time", during_the_trial).await.expect("it tells the state");
    let (ready, check) = readiness(&function).await;
    assert_eq!((ready, &check["good"], &check["error"]), (503, &json!(false), &json!("it is open")));
    proxy.heal().expect("it listens again");
    closes(&function).await;
    assert_eq!(function.get("/rows").await.status, 200);
    let is_ready = async || readiness(&function).await.0 == 200;
    wait::until(SOON, "ready", is_ready).await.expect("it is ready again");
}

#[tokio::test]
async fn trouble_of_the_servers_own_opens_it_and_no_connection_from_before_is_used_again() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let function = database.small().await.env("BREAKER_OPEN_S", OPEN_S).env("POOL_SIZE", "4");
    let function = function.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).ready().await;
    at_once(&function, 4, "/sql/300").await;
    let before = database.pool_pids().await;
    assert_eq!(before.len(), 4);
    while state(&function).await == Some(0.0) {
        let answer = function.get("/fail/53100").await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
        assert!(answer.header("retry-after").is_some(), "{}", answer.head);
    }
    assert_eq!(database.pool_pids().await, before, "trouble of the server's own costs no connection");
    assert_eq!(function.get("/rows").await.status, 503);
    let told = function.line("too many calls failed: the breaker opened").await;
    assert_eq!((&told["level"], &told["dependency"]), (&json!("warn"), &json!("postgres")));
    let (opened, refused) = (function.requests("GET /fail/{code}").pop(), function.requests("GET /rows").pop());
    for line in [opened, refused] {
        let line = line.expect("a line");
        let id = line["trace_id"].as_str().expect("a trace");
        let trace = receiver.wait_for(id, |trace| !trace.roots().is_empty(), SOON).await.expect("it arrives");
        assert_eq!(trace.roots()[0].attribute("app.breaker.state"), "open", "{}", trace.tree());
        assert_eq!(trace.roots()[0].attribute("app.breaker.dependency"), "postgres");
    }
    // Nobody asks meanwhile: the trial is the prober's.
    closes(&function).await;
    at_once(&function, 4, "/sql/300").await;
    let after = database.pool_pids().await;
    assert!(after.len() == 4 && after.is_disjoint(&before), "{before:?}, then {after:?}");
    function.line("the trial was good: the breaker closed").await;
}

#[tokio::test]
async fn a_server_that_takes_no_writes_keeps_it_closed() {
    let database = database().await;
    let read_only = "DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$";
    database.client.batch_execute(read_only).await.expect("the server takes it");
    let function = database.small().await.alive().await;
    for _ in 0..12 {
        let answer = Request::post("/rows", json!({ "n": 1 })).ask(function.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
        assert!(answer.header("retry-after").is_some(), "{}", answer.head);
    }
    assert_eq!((state(&function).await, function.get("/rows").await.status), (Some(0.0), 200));
}

#[tokio::test]
async fn refused_statements_keep_it_closed() {
    let function = database().await.small().await.ready().await;
    for _ in 0..12 {
        let answer = Request::post("/rows", json!({ "n": -1 })).ask(function.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"));
    }
    assert_eq!((state(&function).await, function.get("/rows").await.status), (Some(0.0), 200));
}

#[tokio::test]
async fn transactions_in_each_others_way_keep_it_closed_and_may_be_repeated() {
    let function = database().await.small().await.ready().await;
    for path in ["/fail/40001", "/fail/40P01"] {
        for _ in 0..12 {
            let answer = function.get(path).await;
            assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"), "{path}");
            assert_eq!(answer.header("retry-after"), Some("1"), "{path}");
        }
    }
    assert_eq!((state(&function).await, function.get("/rows").await.status), (Some(0.0), 200));
}

/// Guards: lock timeout.
#[tokio::test]
async fn waits_for_locks_of_our_own_keep_it_closed() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "12").ready().await;
    database.client.batch_execute("BEGIN; LOCK TABLE rows IN EXCLUSIVE MODE").await.expect("it is locked");
    let mut requests = JoinSet::new();
    for _ in 0..12 {
        let write = Request::post("/rows", json!({ "n": 1 }));
        let address = function.address;
        requests.spawn(async move { write.ask(address).await });
    }
    for answer in requests.join_all().await {
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
        assert_eq!(answer.header("retry-after"), Some("1"), "{}", answer.head);
    }
    database.client.batch_execute("COMMIT").await.expect("it is ours");
    assert_eq!((state(&function).await, database.rows().await), (Some(0.0), 0));
}

#[tokio::test]
async fn callers_that_hang_up_keep_it_closed() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "12").ready().await;
    let mut clients = Vec::new();
    for _ in 0..12 {
        let mut client = Connection::open(function.address).await.expect("it listens");
        client.send(&Request::new("GET", "/sql/2000").text()).await.expect("it reads");
        clients.push(client);
    }
    wait::until(SOON, "all at work", async || database.running().await == 12).await.expect("they run");
    drop(clients);
    wait::until(SOON, "all gone", async || database.running().await == 0).await.expect("they are cancelled");
    assert_eq!((state(&function).await, function.get("/rows").await.status), (Some(0.0), 200));
}

#[tokio::test]
async fn statements_that_are_cut_by_the_server_open_it() {
    let function = database().await.small().await.env("POOL_SIZE", "10").ready().await;
    for answer in at_once(&function, 10, "/sql/60000").await {
        assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    }
    assert_eq!(state(&function).await, Some(2.0), "{}", function.output());
}

#[tokio::test]
async fn a_full_pool_keeps_it_closed() {
    let function = database().await.small().await.env("POOL_SIZE", "1").ready().await;
    // The last of those that wait gives up after a second; the one at work is not cut.
    let answers = at_once(&function, 14, "/sql/1800").await;
    let busy = answers.iter().filter(|answer| answer.status == 503).count();
    assert_eq!((busy, answers.len()), (13, 14));
    assert_eq!((state(&function).await, function.get("/rows").await.status), (Some(0.0), 200));
}
