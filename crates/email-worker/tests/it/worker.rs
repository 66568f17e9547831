//! The real binary.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contracts::sign_in::SignInKeys;
use testbed::process::{Command, Process};
use testbed::wait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::board::Board;
use super::stand_in::StandIn;

/// How long a test waits for anything: far longer than it takes, on the slowest machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Where sign-in links lead.
pub(super) const SIGN_IN_URL: &str = "https://board.example/sign-in";

fn key_text() -> String {
    key_of("k1", 7)
}

/// A setting with one key.
pub(super) fn key_of(id: &str, byte: u8) -> String {
    format!("{id}:{}", STANDARD.encode([byte; 32]))
}

/// The keys that the worker has.
pub(super) fn keys() -> SignInKeys {
    SignInKeys::parse(&key_text()).expect("keys")
}

/// A worker that is quick about everything, to be changed by the test.
pub(super) fn command(board: &Board, resend: &StandIn) -> Command {
    let (listen, metrics) = (testbed::port::free_port(), testbed::port::free_port());
    Process::command(env!("CARGO_BIN_EXE_email-worker"))
        .clean_env()
        .env("DATABASE_URL", board.url())
        .env("RESEND_URL", resend.url())
        .env("RESEND_API_KEY", "re_test")
        .env("MAIL_FROM", "Board <mail@board.example>")
        .env("SIGN_IN_URL", SIGN_IN_URL)
        .env("SIGN_IN_KEYS", key_text())
        .env("LISTEN", format!("127.0.0.1:{listen}"))
        .env("METRICS_LISTEN", format!("127.0.0.1:{metrics}"))
        .env("POSTS_PER_S", "1000")
        // Each mail by itself, where the test does not say otherwise.
        .env("MAILS_PER_BATCH", "1")
        .env("POLL_S", "0.05")
        .env("BREAKER_OPEN_S", "1")
        .env("LAME_DUCK_S", "0")
        .env("DRAIN_S", "8")
        .env("DRAIN_GIVE_UP_S", "12")
}

/// A number of the metrics page at this port; the line begins with `name`.
pub(super) async fn metric(port: u16, name: &str) -> Option<f64> {
    let page = get(port, "/metrics").await?;
    let line = page.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// What a GET at an address of this machine answers, head and body.
pub(super) async fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

/// Starts one.
pub(super) fn start(board: &Board, resend: &StandIn) -> Process {
    command(board, resend).start().expect("the worker starts")
}

/// Waits until every mail of the outbox is settled.
pub(super) async fn settled(board: &Board) {
    let settled = wait::until(PATIENCE, "every mail settled", async || board.in_state("queued").await == 0).await;
    settled.expect("every mail is settled");
    assert_eq!(board.number("SELECT count(*) FROM mail_batches").await, 0);
}
