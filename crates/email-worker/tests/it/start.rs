//! Before the first mail.

use testbed::process::Process;
use testbed::wait;

use super::board::Board;
use super::stand_in::StandIn;
use super::worker::{PATIENCE, command, get, settled};

#[actix_web::test]
async fn every_mistake_in_the_settings_is_told_before_anything_is_claimed() {
    let worker = Process::command(env!("CARGO_BIN_EXE_email-worker")).clean_env().start().expect("it starts");
    let status = worker.wait(PATIENCE).await.expect("it ends");
    assert_eq!(status.code(), Some(64));
    for name in ["DATABASE_URL", "RESEND_API_KEY", "MAIL_FROM", "SIGN_IN_URL", "SIGN_IN_KEYS"] {
        assert!(worker.output().contains(&format!("{name} is missing")), "{}", worker.output());
    }
}

#[actix_web::test]
async fn a_worker_is_ready_and_counts_what_it_does() {
    let (board, resend) = (Board::new().await, StandIn::start());
    let (listen, metrics) = (testbed::port::free_port(), testbed::port::free_port());
    board.ask_to_sign_in("ada@example.com", None).await;
    let _worker = command(&board, &resend)
        .env("LISTEN", format!("127.0.0.1:{listen}"))
        .env("METRICS_LISTEN", format!("127.0.0.1:{metrics}"))
        .start()
        .expect("it starts");
    let ready = async || get(listen, "/readyz").await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200"));
    wait::until(PATIENCE, "ready", ready).await.expect("it is ready");
    settled(&board).await;
    let sent = r#"board_mails_total{kind="sign_in_link",outcome="sent",reason=""} 1"#;
    let counted = async || get(metrics, "/metrics").await.is_some_and(|answer| answer.contains(sent));
    wait::until(PATIENCE, "counted", counted).await.expect("it is counted");
}
