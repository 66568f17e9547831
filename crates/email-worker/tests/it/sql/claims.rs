//! Who gets what.

use std::collections::BTreeSet;

use email_worker::store::Claimed;

use super::super::board::{Board, Row};
use super::{KINDS, LEASE, NO_LEASE, claim, claim_for, claim_soon};

#[actix_web::test]
async fn a_batch_holds_due_mails_of_one_kind_in_the_order_of_their_ids() {
    let board = Board::new().await;
    // Ids that were made in the same millisecond are in no order.
    let mut ids = BTreeSet::new();
    for _ in 0..3 {
        ids.insert(board.mail(Row::default()).await);
    }
    board.mail(Row { kind: "sign_in_link", ..Row::default() }).await;
    let store = board.store();
    let claimed = claim(&store).await;
    let found = claimed.mails.iter().map(|mail| mail.id.to_string());
    assert!(found.eq(ids.iter().map(ToString::to_string)), "{:?} instead of {ids:?}", claimed.mails);
    assert_eq!((claimed.attempts, claimed.request, claimed.unknown_since), (1, None, None));
    assert_eq!(claim(&store).await.kind, "sign_in_link");
    assert!(claim_for(&store, LEASE).await.is_none(), "nothing is left");
}

#[actix_web::test]
async fn a_batch_is_no_larger_than_asked_for() {
    let board = Board::new().await;
    for _ in 0..3 {
        board.mail(Row::default()).await;
    }
    let claimed = board.store().claim(&KINDS, 2, LEASE).await.expect("an answer").expect("a batch");
    assert_eq!(claimed.mails.len(), 2);
}

#[actix_web::test]
async fn what_a_person_waits_for_overtakes_all_others() {
    let board = Board::new().await;
    board.mail(Row::default()).await;
    board.mail(Row { kind: "sign_in_link", priority: 0, ..Row::default() }).await;
    assert_eq!(claim(&board.store()).await.kind, "sign_in_link");
}

#[actix_web::test]
async fn a_lost_lease_passes_on_the_whole_batch_under_a_new_fence() {
    let board = Board::new().await;
    let store = board.store();
    board.mail(Row::default()).await;
    board.mail(Row::default()).await;
    let lost = claim_for(&store, NO_LEASE).await.expect("a batch");
    board.mail(Row::default()).await;
    // The third mail waits for longer than the batch by now: it is a batch of its own.
    let (one, other) = (claim_soon(&store).await, claim_soon(&store).await);
    let again = [one, other].into_iter().find(|it| it.batch == lost.batch).expect("the batch again");
    let ids = |claimed: &Claimed| claimed.mails.iter().map(|mail| mail.id).collect::<Vec<_>>();
    assert_eq!((ids(&again), again.attempts), (ids(&lost), 2));
    assert_ne!(again.fence, lost.fence);
}

#[actix_web::test]
async fn unknown_kinds_stay_queued() {
    let board = Board::new().await;
    board.mail(Row { kind: "decision", ..Row::default() }).await;
    assert!(claim_for(&board.store(), LEASE).await.is_none());
    assert_eq!(board.in_state("queued").await, 1);
}

#[actix_web::test]
async fn two_workers_share_the_mails_and_never_one_mail() {
    let board = Board::new().await;
    for _ in 0..60 {
        board.mail(Row::default()).await;
    }
    let take = async || {
        let (store, mut mine) = (board.store(), Vec::new());
        while let Some(claimed) = store.claim(&KINDS, 3, LEASE).await.expect("an answer") {
            mine.extend(claimed.mails.iter().map(|mail| mail.id.to_string()));
            tokio::task::yield_now().await;
        }
        mine
    };
    let (one, other) = tokio::join!(take(), take());
    let all: BTreeSet<&String> = one.iter().chain(&other).collect();
    assert_eq!((one.len() + other.len(), all.len()), (60, 60));
    assert!(!one.is_empty() && !other.is_empty());
}
