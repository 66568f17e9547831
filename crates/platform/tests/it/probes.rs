//! What a process says of itself.

use std::time::Duration;

use nix::sys::signal::Signal;
use testbed::wait;

use super::support::{SOON, bare, database};

#[tokio::test]
async fn the_probes_say_who_they_are_and_name_each_check_with_its_verdict_and_age() {
    let database = database().await;
    let function = database.small().await.env("SERVICE_VERSION", "abc123").ready().await;
    for path in ["/healthz", "/health"] {
        let body = function.get(path).await.json();
        assert_eq!((&body["status"], &body["version"]), (&"ok".into(), &"abc123".into()), "{body}");
        assert!(body["uptime_s"].is_u64(), "{body}");
    }
    for path in ["/readyz", "/ready"] {
        let answer = function.get(path).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["ready"], &body["draining"]), (200, &true.into(), &false.into()));
        let names: Vec<_> = body["checks"].as_array().expect("a list").iter().map(|it| it["name"].clone()).collect();
        assert_eq!(names, ["postgres", "redis", "capacity", "postgres breaker"]);
        for check in body["checks"].as_array().expect("a list") {
            assert!(check["good"] == true && check["error"].is_null(), "{body}");
            assert!(check["age_ms"].as_u64().is_some_and(|age| age < 5_000), "{body}");
        }
    }
    assert_eq!(function.get("/routable").await.json()["status"], "routable");
    let version = function.get("/version").await.json();
    assert_eq!((&version["service"], &version["version"]), (&"small_function".into(), &"abc123".into()));
}

#[tokio::test]
async fn before_the_first_round_a_process_is_alive_and_nothing_is_routed_to_it() {
    let function = bare().env("FIRST_ROUND_S", "60").alive().await;
    let (ready, routable) = (function.get("/readyz").await, function.get("/routable").await);
    assert_eq!((ready.status, routable.status), (503, 503), "{}", function.output());
    assert_eq!(ready.json()["checks"][0]["good"], false);
    assert!(ready.json()["checks"][0]["age_ms"].is_null(), "{}", ready.body);
    assert_eq!(routable.json()["reason"], "the prober has not finished its first round");
    assert_eq!(function.get("/healthz").await.status, 200);
    // The hanging question is cut after 2 s; the round is finished, and the verdict is the dependency's matter.
    let is_routable = async || function.get("/routable").await.status == 200;
    wait::until(SOON, "routable", is_routable).await.expect("the first round is cut");
}

#[tokio::test]
async fn a_process_whose_dependencies_are_there_is_ready_after_its_first_round() {
    let function = database().await.small().await.alive().await;
    let is_routable = async || function.get("/routable").await.status == 200;
    wait::until(SOON, "the first round", is_routable).await.expect("it is finished");
    let ready = function.get("/readyz").await;
    assert_eq!(ready.status, 200, "the first question waits for the first connection: {}", ready.body);
}

/// Guards: unroutable drain.
#[tokio::test]
async fn a_draining_process_is_alive_and_neither_ready_nor_routable() {
    let function = bare().env("LAME_DUCK_S", "3").ready().await;
    function.signal(Signal::SIGTERM).expect("it runs");
    function.line("draining").await;
    let (ready, routable) = (function.get("/readyz").await, function.get("/routable").await);
    assert_eq!((ready.status, &ready.json()["draining"]), (503, &true.into()));
    assert_eq!((routable.status, routable.json()["reason"].as_str()), (503, Some("draining")));
    assert_eq!(function.get("/healthz").await.status, 200);
    assert_eq!(function.metric("board_drain_phase").await, Some(1.0));
    assert!(function.end().await.success());
}

#[tokio::test]
async fn a_prober_that_ends_ends_the_process() {
    let function = bare().ready().await;
    assert_eq!(function.get("/end-prober").await.status, 202);
    assert_eq!(function.end().await.code(), Some(1), "{}", function.output());
    let told = function.line("a part of the process ended: the process ends").await;
    assert_eq!((&told["task"], &told["error"]), (&"prober".into(), &"it panicked".into()));
}

/// Guards: open files.
#[tokio::test]
async fn the_soft_limit_of_open_files_is_raised_to_the_hard_one() {
    let limits = || std::fs::read_to_string("/proc/self/limits").expect("Linux tells limits");
    let hard = |text: &str| line_of_files(text).1;
    let function = bare().below_soft_limit(256).alive().await;
    let text = std::fs::read_to_string(format!("/proc/{}/limits", function.pid())).expect("it runs");
    let (soft, its_hard) = line_of_files(&text);
    assert_eq!((soft, its_hard), (hard(&limits()), hard(&limits())));
}

/// The soft and the hard limit of open files.
fn line_of_files(limits: &str) -> (u64, u64) {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("there is such a line");
    let mut numbers = line.split_whitespace().map(|text| text.parse().expect("a number"));
    (numbers.next().expect("a soft limit"), numbers.next().expect("a hard limit"))
}

#[tokio::test]
async fn an_idle_connection_of_a_client_is_kept_longer_than_a_proxy_keeps_its_own() {
    let function = bare().ready().await;
    let mut connection = super::support::Connection::open(function.address).await.expect("it listens");
    let version = super::support::Request::new("GET", "/version");
    assert_eq!(connection.ask(&version).await.expect("an answer").status, 200);
    // Fly's proxy keeps an idle connection for 4 s.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(connection.ask(&version).await.expect("the connection was kept").status, 200);
}
