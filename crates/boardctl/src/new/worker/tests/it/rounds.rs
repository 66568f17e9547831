//! What it does by itself.

use std::time::Duration;

use testbed::board::Board;
use testbed::http::Client;
use testbed::wait;

use super::started::{command, part};

/// What a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it went round.
async fn rounds(board: &Board) -> u64 {
    let metrics = format!("http://127.0.0.1:{}", board.ports(part()).metrics);
    let page = Client::new(platform::http::client::stack().expect("an HTTP stack"), metrics).get("/metrics").await;
    let line = page.text.lines().find_map(|line| line.strip_prefix("board_rounds_total ")).expect("it counts");
    line.parse().expect("a number")
}

#[tokio::test]
async fn it_goes_round_and_told_to_end_it_ends_with_0() {
    let board = Board::temporary().await.expect("a board");
    let process = command(&board).env("POLL_S", "0.05").start().expect("started");
    process.wait_until_ok(&format!("{}/readyz", board.url(part())), PATIENCE).await.expect("it is ready");
    wait::until(PATIENCE, "three rounds", async || rounds(&board).await >= 3).await.expect("it goes round");
    let status = process.stop(PATIENCE).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "{}", process.output());
    assert!(!process.output().contains("a round failed"), "{}", process.output());
}

#[tokio::test]
async fn it_does_nothing_before_it_was_ready_once() {
    let board = Board::temporary().await.expect("a board");
    let nowhere = "postgres://nobody@127.0.0.1:1/board?sslmode=disable";
    let process = command(&board).env("POLL_S", "0.05").env("DATABASE_URL", nowhere).start().expect("started");
    process.wait_until_ok(&format!("{}/routable", board.url(part())), PATIENCE).await.expect("it is routable");
    assert_eq!(rounds(&board).await, 0);
    assert!(!process.output().contains("a round failed"), "{}", process.output());
}
