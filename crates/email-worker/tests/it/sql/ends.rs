//! How mails end.

use std::time::Duration;

use email_worker::protocol::{ErrorName, GIVE_UP_AFTER, ProviderId, Reply};
use email_worker::store::{Claimed, End, Store};
use platform::drain::{Drain, Phase};

use super::super::board::{Board, Row};
use super::{LEASE, POST, claim, claim_for};

fn provider_ids(ids: &str, mails: usize) -> Vec<ProviderId> {
    match Reply::read(200, None, ids.as_bytes(), mails) {
        Reply::Accepted { ids } => ids,
        other => panic!("not accepted: {other:?}"),
    }
}

async fn posted(store: &Store) -> Claimed {
    let claimed = claim(store).await;
    assert!(store.mark(claimed.hold(), Some(b"x"), POST).await.expect("an answer").is_some());
    claimed
}

#[actix_web::test]
async fn a_sent_batch_leaves_resends_ids_and_no_bytes() {
    let board = Board::new().await;
    let store = board.store();
    let mail = board.mail(Row::default()).await;
    let claimed = posted(&store).await;
    let ids = provider_ids(r#"{"data":[{"id":"re-1"}]}"#, 1);
    assert!(store.sent(claimed.hold(), &[(claimed.mails[0].id, &ids[0])]).await.expect("an answer"));
    let settled = format!("SELECT provider_id FROM outbox WHERE id = '{mail}' AND settled_at IS NOT NULL");
    assert_eq!(board.text(&settled).await.as_deref(), Some("re-1"));
    assert_eq!(board.number("SELECT count(*) FROM mail_batches").await, 0);
}

#[actix_web::test]
async fn no_mail_of_a_sent_batch_falls_out_of_sight() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    board.mail(Row::default()).await;
    let claimed = posted(&store).await;
    let ids = provider_ids(r#"{"data":[{"id":"re-1"}]}"#, 1);
    let error = store.sent(claimed.hold(), &[(claimed.mails[0].id, &ids[0])]).await.expect_err("one is missing");
    assert!(error.to_string().ends_with(" by outbox_batch"), "{error}");
    assert_eq!(board.in_state("queued").await, 2);
}

#[actix_web::test]
async fn a_dead_letter_keeps_the_name_of_its_error() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    let claimed = posted(&store).await;
    let name = ErrorName::new("validation_error");
    assert!(store.close(claimed.hold(), End::Dead, &name).await.expect("an answer"));
    let error = board.text("SELECT error FROM outbox WHERE state = 'dead'").await;
    assert_eq!(error.as_deref(), Some("validation_error"));
}

#[actix_web::test]
async fn the_mails_of_a_dissolved_batch_each_go_alone() {
    let board = Board::new().await;
    let store = board.store();
    for _ in 0..3 {
        board.mail(Row::default()).await;
    }
    let claimed = posted(&store).await;
    assert!(store.dissolve(claimed.hold()).await.expect("an answer"));
    board.mail(Row::default()).await;
    for _ in 0..4 {
        assert_eq!(claim(&store).await.mails.len(), 1);
    }
}

#[actix_web::test]
async fn what_is_let_go_of_is_due_after_its_wait_and_a_refusal_clears_its_doubt() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    let claimed = posted(&store).await;
    assert!(store.later(claimed.hold(), LEASE, true).await.expect("an answer"));
    assert!(claim_for(&store, LEASE).await.is_none(), "not due yet");
    board.run("UPDATE mail_batches SET due_at = clock_timestamp()").await;
    let again = claim(&store).await;
    assert_eq!((again.batch, again.unknown_since), (claimed.batch, None));
    assert!(again.request.is_some(), "its bytes stay");
}

#[actix_web::test]
async fn what_is_unknown_for_too_long_is_given_up_but_not_under_a_live_lease() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    let claimed = posted(&store).await;
    board.run("UPDATE mail_batches SET unknown_since = clock_timestamp() - interval '23 hours 1 minute'").await;
    assert!(store.give_up(GIVE_UP_AFTER, 10).await.expect("an answer").is_empty(), "its answer may still come");
    assert!(store.later(claimed.hold(), Duration::ZERO, false).await.expect("an answer"));
    assert!(claim_for(&store, LEASE).await.is_none(), "nobody repeats it any more");
    let given_up = store.give_up(GIVE_UP_AFTER, 10).await.expect("an answer");
    assert_eq!(given_up[0].mails, 1);
    assert_eq!(
        board.text("SELECT error FROM outbox WHERE state = 'uncertain'").await.as_deref(),
        Some("outcome_unknown")
    );
}

#[actix_web::test]
async fn mails_that_were_settled_more_than_30_days_ago_go_and_no_others() {
    let board = Board::new().await;
    let store = board.store();
    for _ in 0..4 {
        board.mail(Row { send_before_s: -1.0, ..Row::default() }).await;
    }
    board.mail(Row::default()).await;
    assert_eq!(store.expire(10).await.expect("an answer")[0].mails, 4);
    let old = "UPDATE outbox SET settled_at = settled_at - interval";
    let some = "SELECT id FROM outbox WHERE state = 'expired' ORDER BY id";
    board.run(&format!("{old} '31 days' WHERE id IN ({some} LIMIT 3)")).await;
    board.run(&format!("{old} '29 days' WHERE id IN ({some} OFFSET 3)")).await;
    let drain = Drain::default();
    drain.advance(Phase::LameDuck);
    // It looks once, and ends because the process drains.
    email_worker::store::SWEEP.run(board.pool(), drain).await;
    assert_eq!((board.in_state("expired").await, board.in_state("queued").await), (1, 1));
}
