//! A machine's process for tests: it tells who it is, and does what its environment says of signals and ends.
//!
//! | path | answer |
//! | --- | --- |
//! | `/env` | its environment |
//! | `/head` | the request's own head |
//! | `/routable` | 503 once it was told to end, and while SIGUSR1 has it unwell |
//! | anything else | `FLY_MACHINE_ID`, after `WORK_MS` |
//!
//! `ON_TERM`: `drain` (serves for `LAME_MS` more, then ends what is under way and exits), `cut` (exits at once), `stay`.
//! `EXIT_CODE`: it exits with it at once.

use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

#[derive(Default)]
struct State {
    leaving: AtomicBool,
    unwell: AtomicBool,
    at_work: AtomicU64,
}

fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn time(name: &str, default: u64) -> Duration {
    Duration::from_millis(told(name).and_then(|text| text.parse().ok()).unwrap_or(default))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    if let Some(code) = told("EXIT_CODE").and_then(|text| text.parse().ok()) {
        println!("it exits with {code}");
        exit(code);
    }
    let state = Arc::new(State::default());
    let term = signal(SignalKind::terminate())?;
    tokio::spawn(leave(Arc::clone(&state), term));
    tokio::spawn(fall_ill(Arc::clone(&state), signal(SignalKind::user_defined1())?));
    let listener = TcpListener::bind(told("LISTEN").unwrap_or_default()).await?;
    println!("it listens at {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

async fn leave(state: Arc<State>, mut term: Signal) {
    while term.recv().await.is_some() {
        println!("it is told to end");
        match told("ON_TERM").as_deref() {
            Some("stay") => continue,
            Some("cut") => exit(0),
            _ => state.leaving.store(true, Ordering::SeqCst),
        }
        sleep(time("LAME_MS", 300)).await;
        while state.at_work.load(Ordering::SeqCst) > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        exit(0);
    }
}

async fn fall_ill(state: Arc<State>, mut usr1: Signal) {
    while usr1.recv().await.is_some() {
        state.unwell.fetch_xor(true, Ordering::SeqCst);
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut received = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut received).await {
        while let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head: Vec<u8> = received.drain(..end + 4).collect();
            let head = String::from_utf8_lossy(&head).into_owned();
            state.at_work.fetch_add(1, Ordering::SeqCst);
            let (status, body) = answer(&head, &state).await;
            let leaving = state.leaving.load(Ordering::SeqCst);
            let connection = if leaving { "close" } else { "keep-alive" };
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status}\r\nconnection: {connection}\r\ncontent-length: {length}\r\n\r\n{body}");
            let written = stream.write_all(answer.as_bytes()).await;
            state.at_work.fetch_sub(1, Ordering::SeqCst);
            if written.is_err() || leaving {
                return;
            }
        }
    }
}

async fn answer(head: &str, state: &State) -> (&'static str, String) {
    let path = head.split(' ').nth(1).unwrap_or_default();
    match path {
        "/env" => ("200 OK", std::env::vars().map(|(name, value)| format!("{name}={value}\n")).collect()),
        "/head" => ("200 OK", head.to_owned()),
        "/routable" => {
            let well = !state.leaving.load(Ordering::SeqCst) && !state.unwell.load(Ordering::SeqCst);
            if well { ("200 OK", "routable".to_owned()) } else { ("503 Service Unavailable", "unwell".to_owned()) }
        }
        _ => {
            sleep(time("WORK_MS", 20)).await;
            ("200 OK", told("FLY_MACHINE_ID").unwrap_or_default())
        }
    }
}
