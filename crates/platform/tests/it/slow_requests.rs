//! Every request ends after 10 s, whoever is slow, and a slow body after 5. The waits run at once.

use std::time::{Duration, Instant};

use testbed::wait;

use super::support::{Connection, Request, Running, SOON, bare};

#[tokio::test]
async fn ten_seconds_are_enough_for_anybody() {
    let function = bare().ready().await;
    tokio::join!(a_slow_handler(&function), a_slow_body(&function), a_slow_head(&function));
    assert_eq!(function.get("/work/1").await.status, 200);
    let counted = async || function.metric(r#"board_slow_clients_cut_total{what="head"}"#).await == Some(1.0);
    wait::until(SOON, "counted", counted).await.expect("the server's own timer cuts a first head, and it is counted");
}

fn about_ten(began: Instant) {
    let took = began.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(13)).contains(&took), "after {took:?}");
}

async fn a_slow_handler(function: &Running) {
    let began = Instant::now();
    let answer = function.get("/work/19000").await;
    about_ten(began);
    assert_eq!((answer.status, answer.problem().as_str()), (503, "deadline-exceeded"));
    assert!(answer.header("retry-after").is_some_and(|text| text.parse::<u32>().is_ok()), "{}", answer.head);
    assert!(answer.closes(), "{}", answer.head);
    let lines = function.requests("GET /work/{ms}");
    assert!(lines.iter().any(|line| line["level"] == "error" && line["status"] == 503), "{lines:?}");
}

async fn a_slow_body(function: &Running) {
    let mut connection = Connection::open(function.address).await.expect("it listens");
    let whole = Request::post("/echo", r#"{"text":"x"}"#).text();
    let began = Instant::now();
    connection.send(&whole[..whole.len() - 3]).await.expect("it reads");
    let answer = connection.answer().await.expect("it is told");
    let took = began.elapsed();
    assert!((Duration::from_millis(4_500)..Duration::from_secs(8)).contains(&took), "after {took:?}");
    assert_eq!((answer.status, answer.problem().as_str()), (408, "request-timeout"));
    assert_eq!(connection.receive().await.unwrap_or(0), 0, "the connection ends");
}

async fn a_slow_head(function: &Running) {
    let mut connection = Connection::open(function.address).await.expect("it listens");
    let began = Instant::now();
    connection.send("GET /work/1 HTTP/1.1\r\nHost:").await.expect("it reads");
    let answer = connection.answer().await.expect("it is told");
    about_ten(began);
    assert_eq!(answer.status, 408, "{answer:?}");
}
