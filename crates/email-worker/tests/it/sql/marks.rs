//! What may be posted.

use std::time::Duration;

use super::super::board::{Board, Row};
use super::{LEASE, NO_LEASE, POST, claim, claim_for, claim_soon};

#[actix_web::test]
async fn the_first_mark_freezes_the_bytes_and_none_changes_them() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    let first = claim(&store).await;
    assert!(store.mark(first.hold(), Some(b"first"), POST).await.expect("an answer").is_some());
    assert!(store.later(first.hold(), Duration::ZERO, false).await.expect("an answer"));
    let again = claim(&store).await;
    assert_eq!(again.request.as_deref(), Some(b"first".as_slice()));
    assert!(again.unknown_since.is_some());
    assert!(store.mark(again.hold(), Some(b"second"), POST).await.expect("an answer").is_some());
    assert_eq!(board.text("SELECT convert_from(request, 'UTF8') FROM mail_batches").await.as_deref(), Some("first"));
}

#[actix_web::test]
async fn a_mark_needs_as_much_lease_as_the_post_may_take() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    let claimed = claim(&store).await;
    assert!(store.mark(claimed.hold(), Some(b"x"), LEASE * 2).await.expect("an answer").is_none());
    assert_eq!(board.number("SELECT count(*) FROM mail_batches WHERE request IS NULL").await, 1);
}

#[actix_web::test]
async fn who_slept_through_the_lease_changes_nothing() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    let asleep = claim_for(&store, NO_LEASE).await.expect("a batch");
    let awake = claim_soon(&store).await;
    let (old, name) = (asleep.hold(), email_worker::protocol::ErrorName::new("late"));
    assert!(store.mark(old, Some(b"x"), POST).await.expect("an answer").is_none());
    assert!(!store.sent(old, &[]).await.expect("an answer"));
    assert!(!store.close(old, email_worker::store::End::Dead, &name).await.expect("an answer"));
    assert!(!store.dissolve(old).await.expect("an answer"));
    assert!(!store.later(old, Duration::ZERO, true).await.expect("an answer"));
    assert!(store.mark(awake.hold(), Some(b"x"), POST).await.expect("an answer").is_some());
}

#[actix_web::test]
async fn a_late_mail_is_not_posted_and_the_others_of_its_batch_go_on() {
    let board = Board::new().await;
    let store = board.store();
    let late = board.mail(Row::default()).await;
    board.mail(Row::default()).await;
    let claimed = claim(&store).await;
    board.run(&format!("UPDATE outbox SET send_before = clock_timestamp() WHERE id = '{late}'")).await;
    assert!(store.mark(claimed.hold(), Some(b"x"), POST).await.expect("an answer").is_none());
    assert!(store.later(claimed.hold(), LEASE, false).await.expect("an answer"));
    assert_eq!(store.free_late(10).await.expect("an answer"), 1);
    let expired = store.expire(10).await.expect("an answer");
    assert_eq!((expired[0].kind.as_str(), expired[0].mails), ("application_received", 1));
    assert_eq!(claim(&store).await.mails.len(), 1);
}

#[actix_web::test]
async fn a_late_mail_that_may_have_arrived_is_repeated_as_it_is() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    let claimed = claim(&store).await;
    assert!(store.mark(claimed.hold(), Some(b"x"), POST).await.expect("an answer").is_some());
    board.run("UPDATE outbox SET send_before = clock_timestamp()").await;
    assert!(store.later(claimed.hold(), Duration::ZERO, false).await.expect("an answer"));
    assert_eq!(store.free_late(10).await.expect("an answer"), 0);
    let again = claim(&store).await;
    assert!(store.mark(again.hold(), None, POST).await.expect("an answer").is_some());
}
