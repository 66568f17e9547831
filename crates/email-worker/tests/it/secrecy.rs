//! What never shows: tokens, links, addresses.

use serde_json::json;
use testbed::otlp::Receiver;
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, SIGN_IN_URL, command, keys, settled, start};

/// The length of a token: 48 bytes in base32.
const TOKEN: usize = 77;

fn tokens_that_verify(text: &[u8]) -> usize {
    let keys = keys();
    let windows = text.windows(TOKEN).filter_map(|window| std::str::from_utf8(window).ok());
    windows.filter(|token| keys.verify(token).is_some()).count()
}

/// The dump as text, and once more with every `bytea` in it decoded.
fn dump(board: &Board) -> Vec<u8> {
    let output = std::process::Command::new("pg_dump").arg(board.url()).output().expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("a dump is text");
    let mut all = text.clone().into_bytes();
    for hex in text.split("\\\\x").skip(1) {
        let digits: Vec<u8> = hex.bytes().take_while(u8::is_ascii_hexdigit).collect();
        all.extend(
            digits.chunks_exact(2).filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()),
        );
    }
    all
}

#[test]
fn the_search_for_tokens_finds_one() {
    let token = keys().token(contracts::ids::SignInId(super::board::id()), "k1").expect("a token");
    assert_eq!(token.len(), TOKEN);
    assert_eq!(tokens_that_verify(format!("before {token} after").as_bytes()), 1);
}

/// Guards: mail placeholder.
#[actix_web::test]
async fn a_dump_amid_the_sending_signs_nobody_in() {
    let (board, resend) = (Board::new().await, StandIn::start());
    resend.behave(json!({ "latency_ms": 1_500 })).await;
    board.ask_to_sign_in("ada@example.com", None).await;
    let _worker = start(&board, &resend);
    wait::until(PATIENCE, "posted", async || resend.posts().await == 1).await.expect("it is posted");
    let dump = dump(&board);
    let text = String::from_utf8_lossy(&dump);
    assert!(text.contains(&format!("{SIGN_IN_URL}#sign-in-token.")), "the frozen bytes are in the dump");
    assert_eq!(tokens_that_verify(&dump), 0);
    settled(&board).await;
    let sent = resend.deliveries().await[0]["text"].to_string();
    assert_eq!(tokens_that_verify(sent.as_bytes()), 2, "what was sent does sign in: {}", sent.len());
}

#[actix_web::test]
async fn neither_logs_nor_spans_hold_an_address_or_a_token() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let receiver = Receiver::start().expect("a receiver");
    // Refusals are when addresses slip out: Resend quotes them.
    resend.fail_next(&[json!({}), json!({ "drop_connection": true })]).await;
    for address in ["ada.lovelace@example.com", "not.an.address", "grace.hopper@example.com"] {
        board.ask_to_sign_in(address, None).await;
    }
    let worker = command(&board, &resend)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url())
        .env("RUST_LOG", "debug")
        .start()
        .expect("it starts");
    settled(&board).await;
    worker.stop(PATIENCE).await.expect("it ends");
    let spans = receiver.spans();
    let dead = spans.iter().find(|span| span.attribute("app.mail.outcome") == "dead").expect("one died");
    assert!(dead.error.is_some() && !dead.attribute("error.type").is_empty(), "{dead:?}");
    let said = format!("{}{spans:?}", worker.output());
    for secret in ["lovelace", "hopper", "not.an", "re_test", SIGN_IN_URL] {
        assert!(!said.contains(secret), "{secret} shows");
    }
    assert_eq!(tokens_that_verify(said.as_bytes()), 0);
    assert_eq!(worker.output().matches("batch settled").count(), 5, "two tries failed, one died, two were sent");
}
