//! What ends a process by itself, and what does not. All waits of this file run at once: the longest takes a minute.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use testbed::wait;

use super::support::{Connection, Request, SOON, bare};

/// What the watchdog waits for, and a good deal more.
const WATCHDOG: Duration = Duration::from_secs(45);

#[tokio::test]
async fn a_wedged_thread_ends_the_process_and_a_minute_of_standing_still_does_not() {
    tokio::join!(a_wedged_worker(), a_wedged_main_thread(), a_minute_of_standing_still());
}

async fn a_wedged_worker() {
    let function = bare().env("WORKERS", "2").alive().await;
    let (mut wedged, began) = (Connection::open(function.address).await.expect("it listens"), Instant::now());
    wedged.send(&Request::new("GET", "/wedge-worker").text()).await.expect("it listens");
    let status = function.wait(WATCHDOG).await.expect("the watchdog ends it");
    assert_eq!(status.code(), Some(70), "{}", function.output());
    assert!(began.elapsed() > Duration::from_secs(29), "after {:?}", began.elapsed());
    let told = function.line("a thread hangs: the process ends").await;
    assert!(told["thread"].as_str().is_some_and(|name| name.starts_with("worker ")), "{told}");
}

async fn a_wedged_main_thread() {
    let function = bare().ready().await;
    assert_eq!(function.get("/wedge-main").await.status, 202);
    // The verdict is good until it is 5 s old; the workers go on answering.
    let unready = async || function.get("/readyz").await.status == 503;
    wait::until(SOON, "unready by a stale verdict", unready).await.expect("nobody judges any more");
    let body = function.get("/readyz").await.json();
    assert_eq!(body["checks"][0]["good"], false, "{body}");
    assert!(body["checks"][0]["age_ms"].as_u64().is_some_and(|age| age >= 5_000), "{body}");
    let routable = function.get("/routable").await;
    assert_eq!((routable.status, routable.json()["reason"].as_str()), (503, Some("the prober hangs")));
    assert_eq!(function.get("/healthz").await.status, 200);
    let status = function.wait(WATCHDOG).await.expect("the watchdog ends it");
    assert_eq!(status.code(), Some(70), "{}", function.output());
    assert_eq!(function.line("a thread hangs: the process ends").await["thread"], "main");
}

async fn a_minute_of_standing_still() {
    let function = bare().env("WORKERS", "2").ready().await;
    function.signal(Signal::SIGSTOP).expect("it runs");
    tokio::time::sleep(Duration::from_secs(60)).await;
    function.signal(Signal::SIGCONT).expect("it is there");
    let ready = async || function.get("/readyz").await.status == 200;
    wait::until(SOON, "ready again", ready).await.expect("it goes on");
    // Two wake-ups of the watchdog later it still lives.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(function.get("/work/1").await.status, 200);
}
