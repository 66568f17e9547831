//! Clients that keep a machine waiting, each over a connection of its own.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Interval, interval, timeout};

/// How often each does the little that it does.
const BEAT: Duration = Duration::from_millis(500);

/// What a slow reader takes at a time.
const SIP: usize = 1_024;

/// How many answers a slow reader asks for at once: more than the buffers of both systems hold.
pub(super) const ANSWERS: usize = 128;

/// Longer than a machine keeps any of these but the idle.
const PATIENCE: Duration = Duration::from_secs(25);

/// What a client is slow at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The head of its first request.
    FirstHead,
    /// The head of its second one.
    NextHead,
    /// A body.
    Body,
    /// Reading what it asked for.
    Reader,
    /// It never says anything.
    Silent,
    /// It has been answered, and asks nothing more.
    Idle,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Slow {
    pub(super) kind: Kind,
    stream: TcpStream,
    since: Instant,
}

/// How a client was let go.
#[derive(Debug)]
pub(super) struct End {
    pub(super) kind: Kind,
    /// How long after it began to be slow its connection ended; `None` if it never did.
    pub(super) after: Option<Duration>,
    /// What it had received by then.
    pub(super) received: Vec<u8>,
}

impl End {
    /// Whether it was told that it was too slow.
    pub(super) fn was_told(&self) -> bool {
        self.received.starts_with(b"HTTP/1.1 408 ")
    }
}

impl Slow {
    /// Connects, and says as much as it says in good time. A reader asks for the answer at `path`, which is long.
    pub(super) async fn begin(kind: Kind, address: SocketAddr, path: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut slow = Self { kind, stream, since: Instant::now() };
        // Bodies, too: so they come one after the other, as those of so many strangers do, and not as a burst.
        if matches!(kind, Kind::NextHead | Kind::Body | Kind::Idle) {
            slow.ask().await?;
        }
        slow.since = Instant::now();
        let ahead = match kind {
            Kind::FirstHead | Kind::NextHead => "GET /v1/jobs HTTP/1.1\r\nHost: slow\r\nX-Slow: ".to_owned(),
            Kind::Body => "POST /v1/sign-in HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n\
                Content-Length: 1000\r\n\r\n{"
                .to_owned(),
            Kind::Reader => format!("GET {path} HTTP/1.1\r\nHost: slow\r\n\r\n").repeat(ANSWERS),
            Kind::Silent | Kind::Idle => String::new(),
        };
        slow.stream.write_all(ahead.as_bytes()).await?;
        Ok(slow)
    }

    /// Asks whether the machine is alive, over this connection, and reads the answer.
    pub(super) async fn ask(&mut self) -> io::Result<()> {
        self.stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: slow\r\n\r\n").await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            if self.stream.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if answer.starts_with(b"HTTP/1.1 200 ") { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// Goes on slowly, until the connection ends or all patience does; a reader reads all that is left after `cut`.
    pub(super) async fn go_on(mut self, cut: Duration) -> End {
        let mut received = Vec::new();
        let mut beat = interval(BEAT);
        let ended = timeout(PATIENCE, async {
            match self.kind {
                Kind::Reader => self.sip(cut, &mut beat, &mut received).await,
                _ => self.trickle(&mut beat, &mut received).await,
            }
        });
        let after = ended.await.ok().map(|()| self.since.elapsed());
        End { kind: self.kind, after, received }
    }

    /// Sends a byte at a time. The end shows by what is written or by what is read, whichever is first.
    async fn trickle(&mut self, beat: &mut Interval, received: &mut Vec<u8>) {
        loop {
            tokio::select! {
                read = self.stream.read_buf(received) => match read {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                },
                _ = beat.tick() => {
                    let silent = self.kind == Kind::Silent || !received.is_empty();
                    if !silent && self.stream.write_all(b"x").await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Reads a little at a time, and from `cut` on all that is left.
    async fn sip(&mut self, cut: Duration, beat: &mut Interval, received: &mut Vec<u8>) {
        let mut sip = [0; SIP];
        while self.since.elapsed() < cut {
            beat.tick().await;
            match self.stream.read(&mut sip).await {
                Ok(0) | Err(_) => return,
                Ok(read) => received.extend_from_slice(&sip[..read]),
            }
        }
        while self.stream.read_buf(received).await.is_ok_and(|read| read > 0) {}
    }
}
