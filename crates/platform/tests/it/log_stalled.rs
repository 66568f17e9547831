//! A log that nobody reads: nobody waits for it.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use testbed::wait;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::support::{Connection, Request, Running, SOON, bare};

/// More lines than the pipe and the queue hold: 64 KiB, and 8,192.
const LINES: usize = 10_000;
const CLIENTS: usize = 8;

/// Asks for so much that as many lines are written, and demands each answer soon.
async fn ask(function: &Running) {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let mut connection = Connection::open(function.address).await.expect("it listens");
        clients.spawn(async move {
            for _ in 0..LINES / CLIENTS {
                let answer = timeout(Duration::from_secs(5), connection.ask(&Request::new("GET", "/work/0"))).await;
                assert_eq!(answer.expect("in time").expect("an answer").status, 200);
            }
        });
    }
    clients.join_all().await;
}

/// Guards: log queue.
#[tokio::test]
async fn a_reader_that_stalls_loses_lines_that_are_counted_and_holds_up_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = bare().into_unread_pipe(&folder.path().join("log"));
    let function = start.env("ADDRESS_REQUESTS_MAX", "1000000").env("LAME_DUCK_S", "0.1").alive().await;
    ask(&function).await;
    let lost = async || function.metric("board_log_lines_lost_total").await.is_some_and(|lost| lost > 100.0);
    wait::until(SOON, "lost lines", lost).await.expect("they are counted");
    let began = Instant::now();
    assert_eq!(function.told(Signal::SIGTERM).await, Some(0), "the end does not wait for ever");
    assert!(began.elapsed() < Duration::from_secs(4), "after {:?}", began.elapsed());
}
