//! Clients that send request after request without waiting for answers: they wait for their own, and nobody else does.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use testbed::wait;

use super::support::{Running, SOON, bare};

/// What an answer begins with.
const STATUS: &[u8] = b"HTTP/1.1 200";

/// How many requests of anybody else are looked at.
const OTHERS: usize = 20;

/// How many of one client's requests may be answered for each of another's. Without turns thousands are.
const FOR_EACH: usize = 100;

/// Asks whether the function is alive, flat out: that is answered at once, without any wait in between. Threads of its
/// own keep it from being slowed by the test.
struct Flood {
    stream: TcpStream,
    answered: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    /// Behind a first request, or none.
    fn unread(address: SocketAddr, first: &'static str) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        let mut writer = stream.try_clone().expect("a handle");
        let requests = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n".repeat(1_000);
        let write = std::thread::spawn(move || {
            let mut sent = writer.write_all(first.as_bytes());
            while sent.is_ok() {
                sent = writer.write_all(requests.as_bytes());
            }
        });
        Self { stream, answered: Arc::default(), threads: vec![write] }
    }

    fn read(address: SocketAddr, first: &'static str) -> Self {
        let mut flood = Self::unread(address, first);
        let (mut reader, answered) = (flood.stream.try_clone().expect("a handle"), flood.answered.clone());
        flood.threads.push(std::thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                let answers = bytes[..read].windows(STATUS.len()).filter(|window| *window == STATUS).count();
                answered.fetch_add(answers, Ordering::SeqCst);
            }
        }));
        flood
    }

    fn goes_on(&self) -> bool {
        self.threads.iter().all(|thread| !thread.is_finished())
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        // Fails only if the function has closed it.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Guards: turns of the pipelined.
#[tokio::test]
async fn whoever_pipelines_flat_out_keeps_nobody_else_waiting() {
    let function = bare().ready().await;
    let flood = Flood::read(function.address, "");
    let some = async || flood.answered.load(Ordering::SeqCst) > FOR_EACH;
    wait::until(SOON, "the flood", some).await.expect("it is answered");
    let before = flood.answered.load(Ordering::SeqCst);
    for _ in 0..OTHERS {
        assert_eq!(function.get("/work/1").await.status, 200, "{}", function.output());
    }
    let meanwhile = flood.answered.load(Ordering::SeqCst) - before;
    assert!(meanwhile < OTHERS * FOR_EACH, "{meanwhile} of one client's for {OTHERS} of another's");
    assert!(flood.goes_on(), "it was there all the time");
}

/// What a process has worked, of the kernel's hundredths of a second: fields 14 and 15 of `stat`, which begins with a
/// name in brackets.
fn worked(function: &Running) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", function.pid())).expect("it runs");
    let (_, rest) = stat.rsplit_once(") ").expect("a name");
    rest.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("a count")).sum()
}

/// Whether a process hardly works.
async fn rests(function: &Running) -> bool {
    let before = worked(function);
    tokio::time::sleep(Duration::from_millis(500)).await;
    worked(function) - before < 10
}

#[tokio::test]
async fn whoever_pipelines_behind_a_request_with_a_body_costs_nothing_while_that_is_at_work() {
    let function = bare().ready().await;
    let flood = Flood::read(function.address, "GET /work/5000 HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}");
    let at_work = async || function.metric("requests_at_work").await == Some(1.0);
    wait::until(SOON, "at work", at_work).await.expect("it is");
    wait::until(SOON * 2, "the worker rests", async || rests(&function).await).await.expect("it waits for the first");
    assert_eq!(flood.answered.load(Ordering::SeqCst), 0, "it rests before that is answered, and not because of it");
}

/// Guards: bound on reading ahead.
#[tokio::test]
async fn whoever_pipelines_and_reads_nothing_costs_nothing_more_once_the_buffers_are_full() {
    let function = bare().ready().await;
    let flood = Flood::unread(function.address, "");
    wait::until(SOON * 2, "the worker rests", async || rests(&function).await)
        .await
        .expect("what it cannot send it does not work out");
    assert!(flood.goes_on(), "it rests before that connection is cut, and not because of it");
    assert_eq!(function.metric(r#"slow_clients_cut_total{what="answer"}"#).await, None);
}
