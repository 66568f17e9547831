//! The usual days.

use contracts::ids::SignInId;
use serde_json::{Value, json};
use testbed::wait;
use uuid::Uuid;

use super::board::{Board, Row, id};
use super::stand_in::StandIn;
use super::worker::{PATIENCE, SIGN_IN_URL, command, keys, settled, start};

fn to(delivery: &Value) -> &str {
    delivery["to"].as_str().or(delivery["to"][0].as_str()).expect("a reader")
}

/// Which sign-in the token in this mail's link is of.
fn signs_in(delivery: &Value) -> SignInId {
    let text = delivery["text"].as_str().expect("a text");
    let start = format!("{SIGN_IN_URL}#");
    let token = text.lines().find_map(|line| line.strip_prefix(start.as_str())).expect("a link on a line of its own");
    assert!(text.lines().any(|line| line == token), "the token has a line of its own");
    keys().verify(token).expect("a token that verifies")
}

#[actix_web::test]
async fn a_mail_of_each_kind_arrives_once() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let sign_in = board.ask_to_sign_in("ada@example.com", None).await;
    let applied = board.apply("ada@example.com", "bob@engines.example").await;
    let received = board.received(applied).await;
    let payload = json!({ "application_id": applied.application, "recipient_id": applied.member });
    board.mail(Row { kind: "new_application", payload, ..Row::default() }).await;
    let _worker = start(&board, &resend);
    settled(&board).await;
    let mut deliveries = resend.deliveries().await;
    deliveries.sort_by_key(|delivery| delivery["tags"]["kind"].to_string());
    let subjects: Vec<_> = deliveries.iter().map(|it| (to(it), it["subject"].as_str().unwrap_or_default())).collect();
    assert_eq!(
        subjects,
        [
            ("ada@example.com", "Your application for Driver"),
            ("bob@engines.example", "New application for Driver"),
            ("ada@example.com", "Sign in to board.example"),
        ]
    );
    assert_eq!(signs_in(&deliveries[2]), sign_in);
    assert_eq!(deliveries[0]["tags"]["outbox_id"], json!(received));
    let provider = board.text("SELECT provider_id FROM outbox WHERE kind = 'application_received'").await;
    assert_eq!(json!(provider), deliveries[0]["id"]);
}

#[actix_web::test]
async fn a_domain_in_another_script_is_mailed_in_a_labels() {
    let (board, resend) = (Board::new().await, StandIn::start());
    board.ask_to_sign_in("Ada@bücher.example", None).await;
    let applied = board.apply("ada@faß.example", "bob@engines.example").await;
    board.received(applied).await;
    let _worker = start(&board, &resend);
    settled(&board).await;
    let deliveries = resend.deliveries().await;
    let mut readers: Vec<&str> = deliveries.iter().map(to).collect();
    readers.sort_unstable();
    assert_eq!(readers, ["Ada@xn--bcher-kva.example", "ada@xn--fa-hia.example"]);
}

#[actix_web::test]
async fn the_batch_is_the_idempotency_key() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let applied = board.apply("ada@example.com", "bob@engines.example").await;
    for _ in 0..3 {
        board.received(applied).await;
    }
    let _worker = command(&board, &resend).env("MAILS_PER_BATCH", "100").start().expect("it starts");
    settled(&board).await;
    let keys: Vec<Value> = resend.deliveries().await.iter().map(|it| it["idempotency_key"].clone()).collect();
    assert_eq!((keys.len(), resend.posts().await), (3, 1));
    assert!(keys.iter().all(|key| key.as_str().is_some_and(|key| key.parse::<Uuid>().is_ok() && *key == keys[0])));
}

#[actix_web::test]
async fn sign_in_goes_first() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let applied = board.apply("ada@example.com", "bob@engines.example").await;
    for _ in 0..20 {
        board.received(applied).await;
    }
    board.ask_to_sign_in("eve@example.com", None).await;
    let _worker = command(&board, &resend).env("BATCHES_UNDER_WAY", "1").start().expect("it starts");
    settled(&board).await;
    assert_eq!(to(&resend.deliveries().await[0]), "eve@example.com");
}

#[actix_web::test]
async fn a_late_mail_is_never_posted() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let applied = board.apply("ada@example.com", "bob@engines.example").await;
    let payload = json!({ "application_id": applied.application });
    board.mail(Row { payload, send_before_s: -1.0, ..Row::default() }).await;
    let _worker = start(&board, &resend);
    settled(&board).await;
    assert_eq!((board.in_state("expired").await, resend.posts().await), (1, 0));
}

#[actix_web::test]
async fn a_mail_whose_reader_is_gone_is_a_dead_letter_and_holds_nobody_up() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let applied = board.apply("ada@example.com", "bob@engines.example").await;
    board.mail(Row::default()).await;
    board.received(applied).await;
    let stranger = json!({ "application_id": applied.application, "recipient_id": id() });
    board.mail(Row { kind: "new_application", payload: stranger, ..Row::default() }).await;
    let _worker = command(&board, &resend).env("MAILS_PER_BATCH", "100").start().expect("it starts");
    settled(&board).await;
    assert_eq!((board.in_state("sent").await, resend.count().await), (1, 1));
    assert_eq!(board.number("SELECT count(*) FROM outbox WHERE error = 'subject_gone'").await, 2);
}

#[actix_web::test]
async fn a_kind_of_tomorrow_waits_for_a_newer_worker() {
    let (board, resend) = (Board::new().await, StandIn::start());
    board.mail(Row { kind: "decision", ..Row::default() }).await;
    board.ask_to_sign_in("ada@example.com", None).await;
    let _worker = start(&board, &resend);
    let sent = wait::until(PATIENCE, "the known one sent", async || board.in_state("sent").await == 1).await;
    sent.expect("the known one is sent");
    assert_eq!(board.in_state("queued").await, 1);
}
