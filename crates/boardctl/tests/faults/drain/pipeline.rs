//! Clients that send several requests before they read the first answer. They speak to machines directly, as a proxy
//! does: who is told `Connection: close` repeats what stood behind it with the other machine (RFC 9112, section 9.3.2).

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use testbed::board::Part;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::faults::fleet::{Fleet, MACHINES};
use crate::faults::scene::Scene;

/// Requests that are sent at once.
const DEPTH: usize = 8;

const CLIENTS: usize = 2;

const PATIENCE: Duration = Duration::from_secs(15);

/// Between two bursts.
const PAUSE: Duration = Duration::from_millis(50);

/// What pipelining clients saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Piped {
    pub(super) good: usize,
    /// Requests that stood behind a `close`.
    pub(super) repeated: usize,
    /// Why, of each request that was neither answered nor behind a `close`.
    pub(super) lost: Vec<String>,
}

/// The clients at work.
pub(super) struct Pipelines {
    clients: JoinSet<()>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    piped: Mutex<Piped>,
    good: AtomicUsize,
    ending: AtomicBool,
}

impl Shared {
    fn note(&self, note: impl FnOnce(&mut Piped)) {
        note(&mut self.piped.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Pipelines {
    pub(super) fn start(fleet: &Fleet, scene: &Scene) -> Self {
        let (mut clients, shared) = (JoinSet::new(), Arc::<Shared>::default());
        let machines: Vec<SocketAddr> = (0..MACHINES).map(|number| fleet.address(Part::Api, number)).collect();
        for client in 0..CLIENTS {
            let (machines, job) = (machines.clone(), scene.pair(client as u64 % 5).1.to_owned());
            clients.spawn(work(client, machines, job, shared.clone()));
        }
        Self { clients, shared }
    }

    /// How many were answered well so far.
    pub(super) fn count(&self) -> usize {
        self.shared.good.load(Ordering::Relaxed)
    }

    pub(super) async fn finish(self) -> Piped {
        self.shared.ending.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
        let piped = self.shared.piped.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Piped { good: self.shared.good.load(Ordering::Relaxed), ..piped }
    }
}

async fn work(client: usize, machines: Vec<SocketAddr>, job: String, shared: Arc<Shared>) {
    let mut machine = client % machines.len();
    while !shared.ending.load(Ordering::Relaxed) {
        // Who is not there, or says `close`, is left for the other.
        if let Ok(stream) = TcpStream::connect(machines[machine]).await {
            talk(stream, &job, &shared).await;
        } else {
            // Nothing was sent. The other may be starting, too: no reason to spin.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        machine = (machine + 1) % machines.len();
    }
}

/// Speaks over one connection until it is to be closed.
async fn talk(mut stream: TcpStream, job: &str, shared: &Shared) {
    let burst = format!("GET /v1/jobs/{job} HTTP/1.1\r\nHost: board\r\n\r\n").repeat(DEPTH);
    let mut received = Vec::new();
    while !shared.ending.load(Ordering::Relaxed) {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = stream.write_all(burst.as_bytes()).await {
            // The machine may have closed an idle connection; what it read of this nobody can know.
            shared.note(|piped| piped.lost.push(format!("{DEPTH} requests could not be sent: {error}")));
            return;
        }
        for behind in (0..DEPTH).rev() {
            match timeout(PATIENCE, answer(&mut stream, &mut received)).await {
                Ok(Ok(answer)) if answer.starts_with("HTTP/1.1 200 ") && answer.contains(job) => {
                    shared.good.fetch_add(1, Ordering::Relaxed);
                    if answer.to_ascii_lowercase().contains("\r\nconnection: close\r\n") {
                        shared.note(|piped| piped.repeated += behind);
                        return;
                    }
                }
                Ok(Ok(answer)) => shared.note(|piped| piped.lost.push(answer)),
                Ok(Err(error)) => {
                    shared.note(|piped| piped.lost.push(format!("{} requests: {error}", behind + 1)));
                    return;
                }
                Err(_) => {
                    shared.note(|piped| piped.lost.push(format!("{} requests: no answer", behind + 1)));
                    return;
                }
            }
        }
    }
}

/// One answer, head and body.
async fn answer(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<String> {
    loop {
        if let Some(end) = whole(received) {
            return Ok(String::from_utf8_lossy(&received.drain(..end).collect::<Vec<_>>()).into_owned());
        }
        if stream.read_buf(received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Where the first answer ends, if all of it is there.
fn whole(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&received[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    (received.len() >= head + length).then_some(head + length)
}
