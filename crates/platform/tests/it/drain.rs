//! The way out: nobody who was let in is cut, nobody is let in who would be.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;
use testbed::wait;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::support::{Answer, Connection, Request, Running, SOON, bare, database};

/// A request that is at work: it was sent, and had the time to arrive.
async fn at_work(function: &Running, path: &str) -> Connection {
    let mut connection = Connection::open(function.address).await.expect("it listens");
    connection.send(&Request::new("GET", path).text()).await.expect("it reads");
    connection
}

async fn requests_in_flight_are_answered_on(signal: Signal) {
    let function = bare().env("WORKERS", "2").ready().await;
    let mut connections = Vec::new();
    for _ in 0..8 {
        connections.push(at_work(&function, "/work/1500").await);
    }
    sleep(Duration::from_millis(300)).await;
    function.signal(signal).expect("it runs");
    for mut connection in connections {
        let answer = connection.answer().await.expect("what was let in is answered");
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.closes(), "{answer:?}");
    }
    assert_eq!(function.end().await.code(), Some(0), "{}", function.output());
}

/// Guards: graceful stop.
#[tokio::test]
async fn requests_in_flight_on_two_workers_are_answered_after_sigterm() {
    requests_in_flight_are_answered_on(Signal::SIGTERM).await;
}

#[tokio::test]
async fn requests_in_flight_on_two_workers_are_answered_after_sigint() {
    requests_in_flight_are_answered_on(Signal::SIGINT).await;
}

/// How long a balancer may go on sending requests here after the process began to say that it should not.
const UNAWARE: Duration = Duration::from_secs(1);

/// A client that keeps its connection as long as it may, and comes again for a while after it was first sent away.
async fn keep_asking(address: SocketAddr) -> io::Result<Vec<Answer>> {
    let (mut answers, mut sent_away): (Vec<Answer>, Option<Instant>) = (Vec::new(), None);
    while sent_away.is_none_or(|first| first.elapsed() < UNAWARE) {
        let mut connection = Connection::open(address).await?;
        loop {
            let answer = connection.ask(&Request::new("GET", "/work/5")).await?;
            let last = answer.closes();
            answers.push(answer);
            if last {
                break;
            }
        }
        sent_away.get_or_insert_with(Instant::now);
        assert_eq!(connection.receive().await?, 0, "an orderly end");
    }
    Ok(answers)
}

/// Guards: connection close.
#[tokio::test]
async fn busy_clients_with_kept_connections_lose_no_request() {
    let function = bare().env("WORKERS", "2").env("LAME_DUCK_S", "2").ready().await;
    let mut clients = JoinSet::new();
    for _ in 0..8 {
        clients.spawn(keep_asking(function.address));
    }
    sleep(Duration::from_millis(500)).await;
    function.signal(Signal::SIGTERM).expect("it runs");
    for answers in clients.join_all().await {
        let answers = answers.expect("no connection is reset");
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert!(!answers[0].closes() && answers.last().is_some_and(Answer::closes), "{} answers", answers.len());
    }
    assert_eq!(function.end().await.code(), Some(0), "{}", function.output());
}

#[tokio::test]
async fn what_stands_behind_the_last_answer_of_a_connection_is_not_done() {
    let database = database().await;
    let function = database.small().await.env("LAME_DUCK_S", "3").ready().await;
    function.signal(Signal::SIGTERM).expect("it runs");
    function.line("draining").await;
    let mut connection = Connection::open(function.address).await.expect("it still listens");
    let writes: String = (1..=5).map(|n| Request::post("/rows", json!({ "n": n })).text()).collect();
    connection.send(&writes).await.expect("it reads");
    let answer = connection.answer().await.expect("the first one is answered");
    assert!(answer.status == 201 && answer.closes(), "{answer:?}");
    while connection.receive().await.is_ok_and(|bytes| bytes > 0) {}
    assert_eq!(function.end().await.code(), Some(0), "{}", function.output());
    assert_eq!(database.rows().await, 1, "whoever asked repeats the others, and they would be done twice");
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_order() {
    let function = bare().ready().await;
    let mut idle = Connection::open(function.address).await.expect("it listens");
    assert_eq!(idle.ask(&Request::new("GET", "/work/1")).await.expect("an answer").status, 200);
    function.signal(Signal::SIGTERM).expect("it runs");
    assert_eq!(idle.receive().await.expect("no reset"), 0);
    assert_eq!(function.end().await.code(), Some(0));
}

/// Guards: late requests.
#[tokio::test]
async fn over_a_connection_that_was_opened_late_one_may_still_ask_when_no_new_ones_are_taken() {
    let function = bare().env("LAME_DUCK_S", "3").env("DRAIN_S", "14").env("DRAIN_GIVE_UP_S", "20").ready().await;
    function.signal(Signal::SIGTERM).expect("it runs");
    function.line("draining").await;
    sleep(Duration::from_secs(2)).await;
    let mut late = Connection::open(function.address).await.expect("it still listens");
    let closed = async || Connection::open(function.address).await.is_err();
    wait::until(SOON, "no new connections are taken", closed).await.expect("the lame duck ends");
    let answer = late.ask(&Request::new("GET", "/work/1")).await.expect("it is still served");
    assert!(answer.status == 200 && answer.closes(), "{answer:?}");
    assert_eq!(function.end().await.code(), Some(0), "{}", function.output());
}

#[tokio::test]
async fn after_the_lame_duck_new_connections_are_refused_while_old_work_goes_on() {
    let function = bare().env("LAME_DUCK_S", "0.2").ready().await;
    let mut working = at_work(&function, "/work/2500").await;
    sleep(Duration::from_millis(200)).await;
    function.signal(Signal::SIGTERM).expect("it runs");
    sleep(Duration::from_millis(1_000)).await;
    let refused = Connection::open(function.address).await.err().map(|error| error.kind());
    assert_eq!(refused, Some(io::ErrorKind::ConnectionRefused));
    assert_eq!(working.answer().await.expect("old work goes on").status, 200);
    assert_eq!(function.end().await.code(), Some(0), "{}", function.output());
}

#[tokio::test]
async fn a_request_that_outlives_the_drain_is_named_and_the_process_fails() {
    let function = bare().env("DRAIN_S", "0.5").env("DRAIN_GIVE_UP_S", "3").ready().await;
    let _working = at_work(&function, "/work/8000").await;
    sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    assert_eq!(function.told(Signal::SIGTERM).await, Some(1), "{}", function.output());
    assert!(began.elapsed() < Duration::from_secs(4), "after {:?}", began.elapsed());
    let told = function.line("the drain was given up: work in flight is cut").await;
    assert!(told["cut"].as_str().is_some_and(|cut| cut.contains("GET /work/{ms} ×1")), "{told}");
}

/// Connections without a whole request are no work: the server may take seconds to close them, and nobody waits.
#[tokio::test]
async fn a_connection_without_a_request_at_work_neither_delays_the_end_nor_fails_it() {
    let function = bare().env("DRAIN_S", "1").env("DRAIN_GIVE_UP_S", "1.5").ready().await;
    let half = "GET /work/1 HTTP/1.1\r\nHost: te";
    let _silent = Connection::open(function.address).await.expect("it listens");
    let mut slow = Connection::open(function.address).await.expect("it listens");
    slow.send(half).await.expect("it reads");
    let mut kept = Connection::open(function.address).await.expect("it listens");
    assert_eq!(kept.ask(&Request::new("GET", "/work/1")).await.expect("an answer").status, 200);
    kept.send(half).await.expect("it reads");
    assert_eq!(function.told(Signal::SIGTERM).await, Some(0), "{}", function.output());
    assert!(!function.output().contains("the drain was given up"), "{}", function.output());
}

/// Guards: repeated signals change nothing.
#[tokio::test]
async fn a_second_sigterm_and_a_sighup_change_nothing() {
    for first in [Signal::SIGTERM, Signal::SIGHUP] {
        let function = bare().env("LAME_DUCK_S", "1").env("DRAIN_GIVE_UP_S", "20").ready().await;
        let mut working = at_work(&function, "/work/1500").await;
        sleep(Duration::from_millis(200)).await;
        function.signal(first).expect("it runs");
        function.line("draining").await;
        for again in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGTERM] {
            function.signal(again).expect("it still runs");
        }
        let answer = working.answer().await.expect("what was let in is answered");
        assert!(answer.status == 200 && answer.closes(), "{answer:?}");
        assert_eq!(function.end().await.code(), Some(0), "{}", function.output());
    }
}

#[tokio::test]
async fn a_sigint_after_any_signal_ends_the_process_at_once() {
    for first in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let function = bare().env("LAME_DUCK_S", "5").env("DRAIN_GIVE_UP_S", "20").ready().await;
        let _working = at_work(&function, "/work/8000").await;
        sleep(Duration::from_millis(200)).await;
        function.signal(first).expect("it runs");
        function.line("draining").await;
        let began = Instant::now();
        assert_eq!(function.told(Signal::SIGINT).await, Some(1), "{}", function.output());
        assert!(began.elapsed() < Duration::from_secs(2), "after {:?}", began.elapsed());
        let told = function.line("the drain was given up: work in flight is cut").await;
        assert!(told["cut"].as_str().is_some_and(|cut| cut.contains("GET /work/{ms} ×1")), "{told}");
    }
}
