//! What it answers.

use std::time::Duration;

use testbed::board::Board;
use testbed::http::Client;
use testbed::wait;

use super::started::{command, part};

/// What a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn client(board: &Board) -> Client {
    Client::new(platform::http::client::stack().expect("an HTTP stack"), board.url(part()))
}

#[tokio::test]
async fn it_tells_the_time_and_is_steady_by_it_and_what_it_does_not_have_is_a_problem() {
    let board = Board::temporary().await.expect("a board");
    let process = command(&board).start().expect("started");
    process.wait_until_ok(&format!("{}/readyz", board.url(part())), PATIENCE).await.expect("it is ready");
    let nobody = client(&board);
    let first = nobody.get("/v1/newcomer").await.expect(200)["at"].to_string();
    let second = nobody.get("/v1/newcomer").await.expect(200)["at"].to_string();
    assert!(first.contains('T') && first < second, "{first} {second}");
    let steady = async || nobody.get("/readyz?steady=1s").await.status == 200;
    wait::until(PATIENCE, "steady", steady).await.expect("its critical request is answered well");
    nobody.get("/v1/nothing").await.problem(404, "not-found");
    nobody.step("/v1/newcomer").await.problem(405, "method-not-allowed");
}

#[tokio::test]
async fn without_its_database_it_is_routable_and_says_so() {
    let board = Board::temporary().await.expect("a board");
    let nowhere = "postgres://nobody@127.0.0.1:1/board?sslmode=disable";
    let process = command(&board).env("DATABASE_URL", nowhere).start().expect("started");
    process.wait_until_ok(&format!("{}/routable", board.url(part())), PATIENCE).await.expect("it is routable");
    let nobody = client(&board);
    nobody.get("/v1/newcomer").await.problem(503, "unavailable");
    assert_eq!(nobody.get("/readyz").await.status, 503);
}
