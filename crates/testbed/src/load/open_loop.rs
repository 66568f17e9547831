//! Requests that come when they come, whether or not those before were answered: what an overload is made of. A load
//! that waits for answers would slow down with the function, and show nothing.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

/// What is still unanswered this long after the last arrival is given up.
const PATIENCE: Duration = Duration::from_secs(15);

/// A load: the same request again and again, by a clock.
#[derive(Clone, Debug)]
pub struct OpenLoop {
    /// Where.
    pub address: SocketAddr,
    /// The bytes of one request.
    pub request: Vec<u8>,
    /// How many arrive a second. Without end, each connection always has one: the most that so many callers get.
    pub rate: f64,
    /// How many connections there may be, each opened when it is first needed and kept. An arrival that finds all of
    /// them busy is not sent, as a proxy's would not be.
    pub connections: usize,
    /// For how long requests arrive.
    pub lasts: Duration,
}

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Of each status, how long each answer took since its request was due.
    pub answers: BTreeMap<u16, Vec<Duration>>,
    /// Arrivals that found every connection busy.
    pub unsent: u64,
    /// Connections that were refused, or lost within a request.
    pub lost: u64,
    /// For how long requests arrived.
    pub lasted: Duration,
}

impl Outcome {
    /// How many answers had this status.
    #[must_use]
    pub fn count(&self, status: u16) -> usize {
        self.answers.get(&status).map_or(0, Vec::len)
    }

    /// How many had this status in each second.
    #[must_use]
    pub fn rate(&self, status: u16) -> f64 {
        f64::from(u32::try_from(self.count(status)).unwrap_or(u32::MAX)) / self.lasted.as_secs_f64()
    }

    /// What 99 of 100 answers of this status took at most.
    #[must_use]
    pub fn p99(&self, status: u16) -> Option<Duration> {
        let mut took = self.answers.get(&status)?.clone();
        took.sort_unstable();
        took.get((took.len() * 99).div_ceil(100).checked_sub(1)?).copied()
    }

    /// In a line, for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let each = |status: &u16| format!("{status}: {:.0}/s, p99 {:?}", self.rate(*status), self.p99(*status));
        let answers: Vec<String> = self.answers.keys().map(each).collect();
        format!("{}; unsent {}, lost {}", answers.join("; "), self.unsent, self.lost)
    }
}

impl OpenLoop {
    /// Runs it on a thread of its own.
    ///
    /// # Panics
    ///
    /// When the machine has no thread left.
    pub async fn run(self) -> Outcome {
        let (done, outcome) = oneshot::channel();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            // Nobody waits any more if it cannot be sent.
            let _ = done.send(LocalSet::new().block_on(&runtime, self.arrivals()));
        };
        std::thread::Builder::new().name("open loop".to_owned()).spawn(work).expect("a thread");
        outcome.await.expect("the load runs to its end")
    }

    async fn arrivals(self) -> Outcome {
        let (start, asked) = (Instant::now(), Rc::new(Asked::new(self.address, self.request.clone())));
        let mut due = 0_u32;
        while start.elapsed() < self.lasts {
            if self.rate.is_infinite() {
                while asked.open.get() < self.connections || asked.has_idle() {
                    Asked::ask(&asked, Instant::now());
                }
            }
            while f64::from(due) < start.elapsed().as_secs_f64() * self.rate && self.rate.is_finite() {
                if asked.open.get() < self.connections || asked.has_idle() {
                    Asked::ask(&asked, start + Duration::from_secs_f64(f64::from(due) / self.rate));
                } else {
                    asked.outcome.borrow_mut().unsent += 1;
                }
                due += 1;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let lasted = start.elapsed();
        while asked.busy.get() > 0 && start.elapsed() < self.lasts + PATIENCE {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut outcome = asked.outcome.take();
        outcome.lost += asked.busy.get();
        outcome.lasted = lasted;
        outcome
    }
}

/// What was asked, and over which connections.
struct Asked {
    address: SocketAddr,
    request: Vec<u8>,
    idle: RefCell<Vec<TcpStream>>,
    open: Cell<usize>,
    busy: Cell<u64>,
    outcome: RefCell<Outcome>,
}

impl Asked {
    fn new(address: SocketAddr, request: Vec<u8>) -> Self {
        let (idle, outcome) = (RefCell::default(), RefCell::default());
        Self { address, request, idle, open: Cell::new(0), busy: Cell::new(0), outcome }
    }

    fn has_idle(&self) -> bool {
        !self.idle.borrow().is_empty()
    }

    fn ask(this: &Rc<Self>, due: Instant) {
        let (this, kept) = (this.clone(), this.idle.borrow_mut().pop());
        this.busy.set(this.busy.get() + 1);
        this.open.set(this.open.get() + usize::from(kept.is_none()));
        tokio::task::spawn_local(async move {
            let answer = this.answer(kept).await;
            this.busy.set(this.busy.get() - 1);
            let mut outcome = this.outcome.borrow_mut();
            match answer {
                Ok((status, kept)) => {
                    outcome.answers.entry(status).or_default().push(due.elapsed());
                    match kept {
                        Some(stream) => this.idle.borrow_mut().push(stream),
                        None => this.open.set(this.open.get() - 1),
                    }
                }
                Err(_) => {
                    outcome.lost += 1;
                    this.open.set(this.open.get() - 1);
                }
            }
        });
    }

    /// The status, and the connection if it can be used again.
    async fn answer(&self, kept: Option<TcpStream>) -> io::Result<(u16, Option<TcpStream>)> {
        let mut stream = match kept {
            Some(stream) => stream,
            None => TcpStream::connect(self.address).await?,
        };
        stream.write_all(&self.request).await?;
        let mut received = Vec::with_capacity(4_096);
        loop {
            if stream.read_buf(&mut received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = Answer::read(&received) {
                return Ok((answer.status, (!answer.closes).then_some(stream)));
            }
        }
    }
}

/// As much of an answer as a load looks at.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    closes: bool,
}

impl Answer {
    /// Once it is whole.
    fn read(received: &[u8]) -> Option<Self> {
        let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&received[..end]).ok()?.to_ascii_lowercase();
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let length: usize = header("content-length:").and_then(|text| text.parse().ok()).unwrap_or(0);
        let status = head.split(' ').nth(1)?.parse().ok()?;
        (received.len() >= end + 4 + length).then(|| Self { status, closes: header("connection:") == Some("close") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_its_last_byte_is_there() {
        let text = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        assert_eq!(Answer::read(&text[..text.len() - 1]), None);
        assert_eq!(Answer::read(text), Some(Answer { status: 503, closes: true }));
    }

    #[test]
    fn the_99th_of_a_hundred_is_the_p99() {
        let took = (1..=100).rev().map(Duration::from_millis).collect();
        let outcome = Outcome { answers: BTreeMap::from([(200, took)]), ..Outcome::default() };
        assert_eq!((outcome.p99(200), outcome.p99(503)), (Some(Duration::from_millis(99)), None));
    }
}
