//! A database that answers nobody is known within two seconds of the first call, whatever the load.

use std::time::Duration;

use testbed::proxy::Proxy;
use testbed::wait;
use tokio::task::JoinSet;

use super::support::{Running, database, get, servers};

/// Two seconds, and what a machine adds that builds and tests at once. Before, ten calls had to be cut.
const KNOWN: Duration = Duration::from_secs(5);

async fn start(settings: &[(&str, &str)]) -> (Running, Proxy) {
    let database = database().await;
    let proxy = Proxy::start(servers().await.postgres.address()).expect("a proxy");
    let function = database.small_behind(&proxy).await.env("BREAKER_OPEN_S", "30");
    let function = settings.iter().fold(function, |function, (name, value)| function.env(name, value)).ready().await;
    assert_eq!(function.get("/rows").await.status, 200, "{}", function.output());
    (function, proxy)
}

async fn opens(function: &Running) {
    let state = r#"board_breaker_state{dependency="postgres"}"#;
    let open = wait::until(KNOWN, "the breaker open", async || function.metric(state).await == Some(2.0)).await;
    open.unwrap_or_else(|error| panic!("{error}: {}", function.output()));
    function.line("nothing was answered any more: the breaker opened").await;
}

#[tokio::test]
async fn for_one_caller_at_a_time() {
    let (function, proxy) = start(&[]).await;
    proxy.freeze();
    let address = function.address;
    let caller = tokio::spawn(async move { get(address, "/rows").await });
    opens(&function).await;
    // Who asked first waits for the cut, and nobody does after that.
    assert_eq!(caller.await.expect("it is answered").status, 503);
    assert_eq!(function.get("/rows").await.status, 503);
    let lines = function.requests("GET /rows");
    let took = lines.last().expect("a line")["duration_ms"].as_f64().expect("a time");
    assert!(took < 500.0, "{took} ms");
}

#[tokio::test]
async fn for_many_beside_thousands_of_good_answers() {
    let (function, proxy) = start(&[]).await;
    let (address, mut callers) = (function.address, JoinSet::new());
    for _ in 0..40 {
        callers.spawn(async move {
            loop {
                get(address, "/rows").await;
            }
        });
    }
    let count = r#"http_server_request_duration_seconds_count{http_request_method="GET",http_route="/rows",http_response_status_code="200"}"#;
    let many = async || function.metric(count).await.is_some_and(|count| count > 1_000.0);
    wait::until(Duration::from_secs(30), "many good answers", many).await.expect("it answers");
    proxy.freeze();
    opens(&function).await;
}

/// Guards: waits in silence.
#[tokio::test]
async fn who_waits_for_a_connection_that_nobody_gives_back_is_told_before_a_second_is_over() {
    let (function, proxy) = start(&[("POOL_SIZE", "1")]).await;
    proxy.freeze();
    let address = function.address;
    let first = tokio::spawn(async move { get(address, "/sql/1").await });
    let waits = async || function.metric("board_postgres_pool_in_use").await == Some(1.0);
    wait::until(KNOWN, "the only connection in use", waits).await.expect("it is");
    assert_eq!(function.get("/rows").await.status, 503);
    let line = function.requests("GET /rows").pop().expect("a line");
    assert_eq!(line["error"], "no connection of the pool was free in time");
    let waited = line["duration_ms"].as_f64().expect("a time");
    assert!(waited < 1_000.0, "{line}");
    assert_eq!(first.await.expect("it is answered").status, 503);
}

#[tokio::test]
async fn a_statement_that_is_slow_beside_others_is_no_silence() {
    let (function, _proxy) = start(&[("POOL_SIZE", "2")]).await;
    let (first, second) = tokio::join!(function.get("/sql/2400"), function.get("/sql/2400"));
    assert_eq!((first.status, second.status), (200, 200), "{}", function.output());
    assert_eq!(function.metric(r#"board_breaker_state{dependency="postgres"}"#).await, Some(0.0));
}
