//! What gates a deploy: that what people need most is answered.

use testbed::wait;

use super::board::{Board, PATIENCE};

#[tokio::test]
async fn it_is_steady_since_its_critical_request_is_answered_well() {
    let board = Board::new().await;
    let steady = async || board.nobody.get("/readyz?steady=1s").await.status == 200;
    wait::until(PATIENCE, "steady", steady).await.expect("it is well");
}
