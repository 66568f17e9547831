//! The bad days of Resend and of the database.

use std::time::Duration;

use serde_json::json;
use testbed::proxy::Proxy;
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, command, key_of, settled, start};

#[actix_web::test]
async fn a_500_is_tried_again() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.fail_next(&[json!({})]).await;
    board.ask_to_sign_in("ada@example.com", None).await;
    let _worker = start(&board, &resend);
    settled(&board).await;
    assert_eq!((resend.count().await, resend.posts().await), (1, 2));
}

/// Guards: mail pause.
#[actix_web::test]
async fn a_429_is_heeded_by_every_batch() {
    let (board, resend) = (Board::new().await, StandIn::start());
    // Longer than anything here takes on a machine that stands still for seconds.
    let refusal = json!({ "status": 429, "name": "rate_limit_exceeded", "retry_after_s": 10 });
    resend.fail_next(&[refusal]).await;
    board.ask_to_sign_in("ada@example.com", None).await;
    let worker = start(&board, &resend);
    let heard = async || worker.output().contains("\"outcome\":\"retried\"");
    wait::until(PATIENCE, "refused", heard).await.expect("it is refused");
    board.ask_to_sign_in("bob@example.com", None).await;
    // Twenty looks into the outbox.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((resend.count().await, resend.posts().await), (0, 1), "{}", worker.output());
    settled(&board).await;
    assert_eq!((resend.count().await, resend.posts().await), (2, 3));
}

#[actix_web::test]
async fn what_resend_will_never_take_is_a_dead_letter_and_the_others_arrive() {
    let (board, resend) = (Board::new().await, StandIn::start());
    for address in ["ada@example.com", "nobody", "bob@example.com"] {
        board.ask_to_sign_in(address, None).await;
    }
    let _worker = command(&board, &resend).env("MAILS_PER_BATCH", "100").start().expect("it starts");
    settled(&board).await;
    assert_eq!((board.in_state("sent").await, board.in_state("dead").await), (2, 1));
    assert_eq!(board.text("SELECT error FROM outbox WHERE state = 'dead'").await.as_deref(), Some("validation_error"));
    assert_eq!((resend.count().await, resend.posts().await), (2, 4));
}

/// Guards: mail key.
#[actix_web::test]
async fn a_mail_whose_answer_is_lost_arrives_once() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let lost = json!({ "after_acceptance": true, "drop_connection": true });
    let failed = json!({ "after_acceptance": true, "status": 503 });
    resend.fail_next(&[lost.clone(), failed, lost]).await;
    for address in ["ada@example.com", "bob@example.com", "eve@example.com"] {
        board.ask_to_sign_in(address, None).await;
    }
    let _worker = start(&board, &resend);
    settled(&board).await;
    assert_eq!((board.in_state("sent").await, resend.count().await, resend.posts().await), (3, 3, 6));
}

#[actix_web::test]
async fn a_mail_that_is_accepted_after_the_cut_arrives_once() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.behave(json!({ "latency_ms": 600 })).await;
    board.ask_to_sign_in("ada@example.com", None).await;
    let _worker = command(&board, &resend).env("POST_LIMIT_S", "0.2").env("LEASE_S", "1").start().expect("it starts");
    settled(&board).await;
    assert_eq!((board.in_state("sent").await, resend.count().await), (1, 1));
    assert!(resend.posts().await >= 2);
}

/// Guards: settle retry.
#[actix_web::test]
async fn a_mail_is_settled_when_the_database_comes_back_within_the_lease() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.behave(json!({ "latency_ms": 500 })).await;
    let proxy = Proxy::start(board.server.address()).expect("a proxy");
    let url = board.url().replace(&format!(":{}/", board.server.port()), &format!(":{}/", proxy.address().port()));
    board.ask_to_sign_in("ada@example.com", None).await;
    let worker = command(&board, &resend).env("DATABASE_URL", url).start().expect("it starts");
    wait::until(PATIENCE, "posted", async || resend.posts().await == 1).await.expect("it is posted");
    proxy.refuse().expect("refused");
    proxy.cut();
    wait::until(PATIENCE, "accepted", async || resend.count().await == 1).await.expect("it is accepted");
    worker.wait_for_line("cannot be read", PATIENCE).await.expect("the outage is told");
    proxy.heal().expect("healed");
    worker.wait_for_line("batch settled", PATIENCE).await.expect("it is settled, or given up");
    assert_eq!((board.in_state("sent").await, resend.count().await, resend.posts().await), (1, 1, 1));
    assert_eq!(worker.output().matches("cannot be read").count(), 1, "an outage is told once");
}

#[actix_web::test]
async fn a_link_whose_key_is_missing_waits_unposted_for_a_worker_that_has_it() {
    let (board, resend) = (Board::new().await, StandIn::start());
    board.ask_to_sign_in("ada@example.com", None).await;
    let without = command(&board, &resend).env("SIGN_IN_KEYS", key_of("k2", 8)).start().expect("it starts");
    without.wait_for_line("batch settled", PATIENCE).await.expect("it gives the batch back");
    without.kill();
    let clean = "SELECT count(*) FROM mail_batches WHERE unknown_since IS NULL AND leased_until IS NULL";
    assert_eq!((board.number(clean).await, resend.posts().await), (1, 0));
    let _with = start(&board, &resend);
    settled(&board).await;
    assert_eq!((board.in_state("sent").await, resend.count().await), (1, 1));
}
