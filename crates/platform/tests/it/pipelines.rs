//! Requests that are sent ahead, without waiting for answers: each is served when the one before it is done, as if it had
//! only come then.

use std::time::{Duration, Instant};

use serde_json::json;
use testbed::wait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::{Answer, Connection, Request, Running, SOON, bare, database};

async fn sent(function: &Running, requests: &str) -> Connection {
    let mut connection = Connection::open(function.address).await.expect("it listens");
    connection.send(requests).await.expect("it reads");
    connection
}

/// All that comes until the connection ends.
async fn answers(mut connection: Connection) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let Ok(answer) = connection.answer().await {
        answers.push(answer);
    }
    assert_eq!(connection.unread(), "", "nothing stands behind them");
    answers
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    answers.iter().map(|answer| answer.status).collect()
}

const GET: &str = "GET /version HTTP/1.1\r\nHost: test\r\n\r\n";
const HEAD: &str = "HEAD /version HTTP/1.1\r\nHost: test\r\n\r\n";

/// Guards: one request at a time.
#[tokio::test]
async fn a_head_and_a_get_are_answered_in_step() {
    let function = bare().ready().await;
    for first in ["/version", "/work/50"] {
        let get = GET.replace("/version", first);
        // The body of one, and then the head of the other alone.
        let mut connection = sent(&function, &format!("{get}{HEAD}{get}")).await;
        assert_ne!(connection.answer().await.expect("a body").body, "");
        assert!(connection.head().await.expect("a head").contains("content-length: "));
        assert_ne!(connection.answer().await.expect("a body").body, "");
        let head = HEAD.replace("/version", first);
        let mut connection = sent(&function, &format!("{head}{get}{head}")).await;
        assert!(connection.head().await.expect("a head").contains("content-length: "));
        assert_ne!(connection.answer().await.expect("a body").body, "");
        assert!(connection.head().await.expect("a head").contains("content-length: "));
        assert_eq!(connection.unread(), "");
    }
}

#[tokio::test]
async fn each_is_answered_in_its_own_version() {
    let function = bare().ready().await;
    let old = "GET /version HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    let mut connection = sent(&function, &format!("{GET}{old}{GET}")).await;
    for version in ["HTTP/1.1 200 ", "HTTP/1.0 200 ", "HTTP/1.1 200 "] {
        let answer = connection.answer().await.expect("it is answered");
        assert!(answer.head.starts_with(version) && !answer.closes(), "{answer:?}");
    }
    let last = sent(&function, &format!("{GET}GET /version HTTP/1.0\r\n\r\n{GET}")).await;
    assert_eq!(
        statuses(&answers(last).await),
        [200, 200],
        "HTTP/1.0 ends the connection where it does not say otherwise"
    );
}

#[tokio::test]
async fn what_stands_behind_a_clients_own_close_is_not_done() {
    let database = database().await;
    let function = database.small().await.ready().await;
    let write = |n: i32| Request::post("/rows", json!({ "n": n }));
    let last = write(2).header("Connection", "close");
    let all = sent(&function, &format!("{}{}{}", write(1).text(), last.text(), write(3).text())).await;
    let answers = answers(all).await;
    assert_eq!(statuses(&answers), [201, 201]);
    assert!(!answers[0].closes() && answers[1].closes(), "{answers:?}");
    assert_eq!(database.rows().await, 2, "whoever obeys RFC 9112 repeats what stood behind a close");
}

#[tokio::test]
async fn nothing_of_the_next_is_done_before_the_answer() {
    let function = bare().ready().await;
    let slow = GET.replace("/version", "/work/1500");
    let (began, _connection) = (Instant::now(), sent(&function, &slow.repeat(3)).await);
    let in_flight = async || function.metric("board_requests_at_work").await.unwrap_or_default();
    wait::until(SOON, "at work", async || in_flight().await > 0.5).await.expect("it is");
    while began.elapsed() < Duration::from_millis(1_400) {
        assert!(in_flight().await < 1.5, "{}", function.output());
    }
}

#[tokio::test]
async fn half_a_head_behind_a_request_at_work_has_its_ten_seconds() {
    let function = bare().ready().await;
    let (slow, half) = (GET.replace("/version", "/work/4000"), &GET[..20]);
    let mut connection = sent(&function, &format!("{slow}{half}")).await;
    assert_eq!(connection.answer().await.expect("it is answered").status, 200);
    tokio::time::sleep(Duration::from_secs(7)).await;
    connection.send(&GET[20..]).await.expect("it is still read");
    assert_eq!(connection.answer().await.expect("its time began with the answer").status, 200);
}

/// What a process has worked, of the kernel's hundredths of a second: fields 14 and 15 of `stat`, which begins with a
/// name in brackets.
fn worked(function: &Running) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", function.pid())).expect("it runs");
    let (_, rest) = stat.rsplit_once(") ").expect("a name");
    rest.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("a count")).sum()
}

/// Whether a process hardly works.
async fn rests(function: &Running) -> bool {
    let before = worked(function);
    tokio::time::sleep(Duration::from_millis(500)).await;
    worked(function) - before < 10
}

/// How many requests of anybody else are looked at.
const OTHERS: usize = 20;

#[tokio::test]
async fn whoever_sends_ahead_without_end_keeps_nobody_else_waiting_and_costs_nothing_once_the_buffers_are_full() {
    let function = bare().ready().await;
    let (mut reading, mut writing) = Connection::open(function.address).await.expect("it listens").split();
    let many = GET.repeat(1_000);
    let flood = tokio::spawn(async move { while writing.write_all(many.as_bytes()).await.is_ok() {} });
    let read = tokio::spawn(async move {
        let (mut bytes, until) = (vec![0; 1 << 16], Instant::now() + Duration::from_secs(4));
        let mut all = 0;
        while Instant::now() < until {
            all += reading.read(&mut bytes).await.expect("it is answered");
        }
        (reading, all)
    });
    for _ in 0..OTHERS {
        let began = Instant::now();
        assert_eq!(function.get("/work/1").await.status, 200, "{}", function.output());
        assert!(began.elapsed() < Duration::from_secs(1), "after {:?}", began.elapsed());
    }
    // From here on it reads nothing.
    let (_reading, all) = read.await.expect("no panic");
    assert!(all > 100_000, "{all} bytes of answers");
    wait::until(SOON * 2, "the worker rests", async || rests(&function).await).await.expect("it does not answer ahead");
    assert!(!flood.is_finished(), "it rests before that connection is cut, and not because of it");
    flood.abort();
}
