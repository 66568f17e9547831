//! Workers that are killed.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, command, settled};

const MAILS: u64 = 200;
const DEATHS: u64 = 20;

#[actix_web::test]
async fn twenty_workers_killed_at_work_neither_lose_a_mail_nor_send_one_twice() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.behave(json!({ "latency_ms": 30 })).await;
    let applied = board.apply("ada@example.com", "bob@engines.example").await;
    for number in 0..MAILS {
        if number % 4 == 0 {
            board.ask_to_sign_in("ada@example.com", None).await;
        } else {
            board.received(applied).await;
        }
    }
    let begun = Instant::now();
    let worker = || command(&board, &resend).env("LEASE_S", "1").env("POST_LIMIT_S", "0.5").env("POSTS_PER_S", "60");
    for death in 1..=DEATHS {
        let (doomed, before) = (worker().start().expect("it starts"), resend.count().await);
        // Some die before their first mail is accepted, the others amid the next few.
        let some = before + death % 7;
        let worked = wait::until(PATIENCE, "some mails", async || {
            let claimed =
                board.number("SELECT count(*) FROM mail_batches WHERE leased_until > clock_timestamp()").await;
            claimed > 0 && resend.count().await >= some
        });
        worked.await.expect("it works");
        doomed.kill();
    }
    let _last = worker().start().expect("it starts");
    settled(&board).await;
    let mut arrived = BTreeMap::<String, usize>::new();
    for delivery in resend.deliveries().await {
        *arrived.entry(delivery["tags"]["outbox_id"].to_string()).or_default() += 1;
    }
    let repeats = resend.posts().await - MAILS;
    println!("{DEATHS} deaths, {MAILS} mails, {repeats} posts repeated, {:?}", begun.elapsed());
    assert_eq!(arrived.len() as u64, MAILS, "every mail arrived");
    assert!(arrived.values().all(|times| *times == 1), "and none twice");
    assert_eq!(board.in_state("sent").await, 200);
    assert!(repeats > 0, "the deaths came amid posts");
}
