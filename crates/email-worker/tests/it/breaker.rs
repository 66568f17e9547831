//! The breaker before Resend.

use serde_json::{Value, json};
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, command, get, metric, settled};

const STATE: &str = r#"board_breaker_state{dependency="resend"}"#;
const OPENED: &str = r#"board_breaker_transitions_total{dependency="resend",to="open"}"#;

async fn ask_to_sign_in(board: &Board, people: usize) {
    for number in 0..people {
        board.ask_to_sign_in(&format!("p{number}@example.com"), None).await;
    }
}

fn faults(count: usize, fault: Value) -> Vec<Value> {
    vec![fault; count]
}

/// Guards: resend breaker.
#[actix_web::test]
async fn a_resend_that_fails_is_left_alone_until_one_batch_tries_it() {
    let (board, resend) = (Board::new().await, StandIn::start());
    // Ten failures open it, and the first trial fails, too.
    resend.fail_next(&faults(11, json!({}))).await;
    ask_to_sign_in(&board, 30).await;
    let (listen, metrics) = (testbed::port::free_port(), testbed::port::free_port());
    let worker = command(&board, &resend)
        .env("LISTEN", format!("127.0.0.1:{listen}"))
        .env("METRICS_LISTEN", format!("127.0.0.1:{metrics}"))
        .env("BATCHES_UNDER_WAY", "1")
        .env("BREAKER_OPEN_S", "2")
        .start()
        .expect("it starts");
    for (openings, posts) in [(1.0, 10), (2.0, 11)] {
        // Where it never opens, one more is posted soon.
        let opened = async || metric(metrics, OPENED).await == Some(openings) || resend.posts().await > posts;
        wait::until(PATIENCE, "the breaker open", opened).await.unwrap_or_else(|e| panic!("{e}: {}", worker.output()));
        assert_eq!(resend.posts().await, posts, "{}", worker.output());
        // No mail uses up a try: those that were never tried are in no batch.
        let untried = "SELECT count(*) FROM outbox WHERE state = 'queued' AND batch_id IS NULL";
        assert!(board.number(untried).await >= 19);
    }
    let ready = get(listen, "/readyz").await.expect("it answers");
    assert!(ready.starts_with("HTTP/1.1 200"), "Resend is not needed to be ready: {ready}");
    settled(&board).await;
    assert_eq!((board.in_state("sent").await, resend.posts().await), (30, 41), "one post a try, none beside it");
    assert_eq!(metric(metrics, STATE).await, Some(0.0));
}

#[actix_web::test]
async fn mails_that_resend_refuses_keep_it_closed() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.fail_next(&faults(12, json!({ "status": 422, "name": "validation_error" }))).await;
    ask_to_sign_in(&board, 13).await;
    let metrics = testbed::port::free_port();
    let worker = command(&board, &resend).env("METRICS_LISTEN", format!("127.0.0.1:{metrics}"));
    let _worker = worker.start().expect("it starts");
    settled(&board).await;
    assert_eq!((board.in_state("dead").await, board.in_state("sent").await), (12, 1));
    assert_eq!((metric(metrics, STATE).await, metric(metrics, OPENED).await), (Some(0.0), Some(0.0)));
}
