//! The way out.

use nix::sys::signal::Signal;
use serde_json::json;
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, settled, start};

#[actix_web::test]
async fn what_is_under_way_is_finished_and_nothing_new_is_claimed() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.behave(json!({ "latency_ms": 700 })).await;
    for number in 0..20 {
        board.ask_to_sign_in(&format!("p{number}@example.com"), None).await;
    }
    let worker = start(&board, &resend);
    wait::until(PATIENCE, "eight under way", async || resend.posts().await == 8).await.expect("eight are under way");
    let status = worker.stop(PATIENCE).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "{}", worker.output());
    assert_eq!((board.in_state("sent").await, board.in_state("queued").await), (8, 12));
    assert_eq!(board.number("SELECT count(*) FROM mail_batches").await, 0);
}

/// Guards: mail drain.
#[actix_web::test]
async fn what_was_claimed_and_not_posted_is_given_back_at_once() {
    let (board, resend) = (Board::new().await, StandIn::start());
    board.ask_to_sign_in("ada@example.com", None).await;
    // Its letter cannot be written for now.
    board.run("BEGIN; LOCK TABLE sign_ins IN ACCESS EXCLUSIVE MODE").await;
    let worker = start(&board, &resend);
    let claimed = "SELECT count(*) FROM mail_batches WHERE leased_until > clock_timestamp()";
    // The session with the lock apart: the outbox itself is free.
    let Board { server, database, client: locking } = board;
    let client = server.client(&database).await.expect("a connection");
    let other = Board { server, database, client };
    wait::until(PATIENCE, "claimed", async || other.number(claimed).await == 1).await.expect("it is claimed");
    worker.signal(Signal::SIGTERM).expect("it runs");
    worker.wait_for_line("draining", PATIENCE).await.expect("it drains");
    drop(locking);
    let status = worker.wait(PATIENCE).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "{}", worker.output());
    let free = "SELECT count(*) FROM mail_batches WHERE leased_until IS NULL AND due_at <= clock_timestamp()";
    assert_eq!((other.number(free).await, resend.posts().await), (1, 0), "{}", worker.output());
    let _next = start(&other, &resend);
    settled(&other).await;
    assert_eq!(resend.count().await, 1);
}
