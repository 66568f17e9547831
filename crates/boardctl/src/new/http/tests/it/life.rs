//! The way out.

use std::time::Duration;

use testbed::board::Board;

use super::started::{command, part};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn told_to_end_it_drains_and_ends_with_0() {
    let board = Board::temporary().await.expect("a board");
    let process = command(&board).start().expect("started");
    let url = format!("{}/v1/newcomer", board.url(part()));
    process.wait_until_ok(&url, PATIENCE).await.expect("it answers");
    let status = process.stop(PATIENCE).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "{}", process.output());
    assert!(process.output().contains("draining"), "{}", process.output());
}
