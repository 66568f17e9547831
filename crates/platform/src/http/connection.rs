//! A client's connection, and how long its client keeps it waiting. The server's own timer covers the first head alone:
//! a head that trickles in over a kept connection, or an answer that nobody reads, would hold a connection for ever. So
//! each connection notes since when it has been waiting for what, and once a second each worker cuts those that have
//! waited too long. When connections get scarce, those that have been idle longest make room. A connection also sees to it
//! that requests sent ahead, without waiting for answers, take nobody's turn.

mod waits;

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_http::Extensions;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::waits::Waits;
use crate::sabotage;
use crate::telemetry::metric::{Metrics, SlowLabels};

/// How often a worker looks for connections to cut.
const ROUND: Duration = Duration::from_secs(1);

/// The connections of one worker.
#[derive(Clone, Debug)]
pub struct Connections {
    open: Rc<RefCell<Vec<Weak<Waits>>>>,
    /// More than this, and idle ones make room.
    crowd: usize,
    metrics: Metrics,
}

impl Connections {
    /// None yet, and `most` at a time.
    #[must_use]
    pub fn new(most: usize, metrics: Metrics) -> Self {
        Self { open: Rc::default(), crowd: most - most / 8, metrics }
    }

    /// Takes a new one.
    #[must_use]
    pub fn take(&self, stream: TcpStream) -> Connection {
        let waits = Rc::new(Waits::from(Instant::now()));
        self.open.borrow_mut().push(Rc::downgrade(&waits));
        self.metrics.connections.inc();
        Connection { stream, waits, metrics: self.metrics.clone() }
    }

    /// Cuts what waits too long, for ever.
    pub async fn watch(self) {
        loop {
            tokio::time::sleep(ROUND).await;
            self.round(Instant::now());
        }
    }

    fn round(&self, now: Instant) {
        let mut open: Vec<_> = self.open.borrow().iter().filter_map(Weak::upgrade).collect();
        for waits in &open {
            if let Some(what) = waits.too_long(now) {
                self.cut(waits, what);
            }
        }
        let too_many = open.len().saturating_sub(self.crowd);
        if too_many > 0 {
            open.retain(|waits| waits.is_idle());
            open.sort_by_key(|waits| waits.idle_since());
            for waits in open.iter().take(too_many) {
                self.cut(waits, "idle");
            }
        }
        self.open.borrow_mut().retain(|waits| waits.strong_count() > 0);
    }

    fn cut(&self, waits: &Waits, what: &'static str) {
        waits.cut();
        self.metrics.slow_clients.get_or_create(&SlowLabels { what }).inc();
    }
}

/// A connection that notes what it waits for.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    waits: Rc<Waits>,
    metrics: Metrics,
}

impl Connection {
    /// Lets requests over it say when they begin and end.
    pub fn tell(&self, extensions: &mut Extensions) {
        extensions.insert(Requests(self.waits.clone()));
    }

    fn poll(&self, context: &mut Context<'_>) -> io::Result<()> {
        if self.waits.is_cut() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.waits.watch(context);
        Ok(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.metrics.connections.dec();
        if self.waits.outwaited(Instant::now()) {
            self.metrics.slow_clients.get_or_create(&SlowLabels { what: "head" }).inc();
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.poll(context)?;
        if !this.waits.may_read() {
            if this.waits.is_done() {
                // After the others.
                context.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        let bytes = buffer.filled().len() - before;
        if bytes > 0 {
            this.waits.received(bytes, Instant::now());
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.poll(context)?;
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        if written.is_pending() {
            this.waits.stuck(Instant::now());
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.waits.flushed();
        if this.waits.may_read_on() {
            context.waker().wake_by_ref();
        }
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// The requests of one connection.
#[derive(Debug)]
pub struct Requests(Rc<Waits>);

impl Requests {
    /// A request's head was read, after which a body comes or none; it is under way until the guard is dropped.
    #[must_use]
    pub fn begin(&self, body: bool) -> UnderWay {
        let pipelined = self.0.head_read(body);
        UnderWay { waits: self.0.clone(), pipelined }
    }
}

/// A request that has not been answered.
#[derive(Debug)]
pub struct UnderWay {
    waits: Rc<Waits>,
    pipelined: bool,
}

impl UnderWay {
    /// Lets every other connection go first, if the request came together with the one before it. The server would go on
    /// with all that has come over one connection, and so many requests that are answered at once take seconds.
    pub async fn turn(&self) {
        if self.pipelined && !sabotage::takes_out("turns of the pipelined") {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.waits.answered(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_crowd_those_make_room_that_have_been_idle_longest() {
        let start = Instant::now();
        let connections = Connections::new(2, Metrics::default());
        let all: Vec<_> = (0..4).map(|later| Rc::new(Waits::from(start + Duration::from_secs(later)))).collect();
        connections.open.borrow_mut().extend(all.iter().map(Rc::downgrade));
        all[0].head_read(false);
        connections.round(start);
        let cut: Vec<bool> = all.iter().map(|waits| waits.is_cut()).collect();
        assert_eq!(cut, [false, true, true, false], "the first is at work, and two are enough");
    }
}
