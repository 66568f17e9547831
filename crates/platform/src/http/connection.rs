//! A client's connection, and how long its client keeps it waiting. The server's own timer covers the first head alone:
//! a head that trickles in over a kept connection, or an answer that nobody reads, would hold a connection for ever. So
//! each connection notes since when it has been waiting for what, and once a second each worker cuts those that have
//! waited too long. When connections get scarce, those that have been idle longest make room. A connection also sees to it
//! that requests sent ahead, without waiting for answers, take nobody's turn.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use actix_http::Extensions;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::guard::deadline;
use crate::sabotage;
use crate::telemetry::metric::{Metrics, SlowLabels};

/// How often a worker looks for connections to cut.
const ROUND: Duration = Duration::from_secs(1);

/// The server's own timers go by a clock that is set this often, so that they may be out as much too early.
const COARSE: Duration = Duration::from_millis(500);

/// How much is read of what a client sends ahead, while a request of its is under way that has no body.
const AHEAD: usize = 16 * 1024;

/// What one connection waits for.
#[derive(Debug)]
struct Waits {
    /// Since when its next head has been coming.
    head: Cell<Option<Instant>>,
    /// Since when an answer has not been taken.
    answer: Cell<Option<Instant>>,
    /// Since when nobody has asked anything.
    idle: Cell<Instant>,
    /// Until its first head is read.
    unasked: Cell<bool>,
    /// Whether anything has come since the last head was read.
    fresh: Cell<bool>,
    /// Bytes that were read since nothing was left to do.
    ahead: Cell<usize>,
    /// That was enough of them.
    held: Cell<bool>,
    /// Whether the request under way has a body.
    body: Cell<bool>,
    /// Requests under way.
    asked: Cell<u32>,
    cut: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Waits {
    fn from(now: Instant) -> Self {
        Self {
            head: Cell::default(),
            answer: Cell::default(),
            idle: Cell::new(now),
            unasked: Cell::new(true),
            fresh: Cell::default(),
            ahead: Cell::default(),
            held: Cell::default(),
            body: Cell::default(),
            asked: Cell::default(),
            cut: Cell::default(),
            waker: RefCell::default(),
        }
    }

    fn received(&self, bytes: usize, now: Instant) {
        self.fresh.set(true);
        self.ahead.set(self.ahead.get() + bytes);
        if self.asked.get() == 0 && self.head.get().is_none() {
            self.head.set(Some(now));
        }
    }

    /// Whether the head had come with something before it, and so had waited for that.
    fn head_read(&self, body: bool) -> bool {
        self.head.set(None);
        self.body.set(body);
        self.unasked.set(false);
        self.asked.set(self.asked.get() + 1);
        !self.fresh.take()
    }

    fn answered(&self, now: Instant) {
        self.asked.set(self.asked.get() - 1);
        self.body.set(false);
        self.idle.set(now);
    }

    fn is_idle(&self) -> bool {
        self.is_done() && self.head.get().is_none()
    }

    /// Whether every request that was read has its answer, and nothing of that is unsent.
    fn is_done(&self) -> bool {
        self.asked.get() == 0 && self.answer.get().is_none()
    }

    /// Whether to read on. What a client sends ahead otherwise waits in the system's buffers, and the client with it: the
    /// server would take in all it can hold, and then look again and again whether it can hold more.
    fn may_read(&self) -> bool {
        if self.held.get() && self.is_done() {
            self.ahead.set(0);
        }
        let may = self.ahead.get() < AHEAD || self.body.get() || sabotage::takes_out("bound on reading ahead");
        self.held.set(!may);
        may
    }

    /// Whether it ends now because the server's own timer is out, which is that of the first head.
    fn outwaited(&self, now: Instant) -> bool {
        self.unasked.get() && !self.cut.get() && now.duration_since(self.idle.get()) >= deadline::HEAD - COARSE
    }

    /// What it has waited for too long, if for anything.
    fn too_long(&self, now: Instant) -> Option<&'static str> {
        let past = |since: Option<Instant>, limit| since.is_some_and(|since| now.duration_since(since) >= limit);
        if past(self.head.get(), deadline::HEAD) && !sabotage::takes_out("slow head cut") {
            return Some("head");
        }
        (past(self.answer.get(), deadline::ANSWER) && !sabotage::takes_out("slow reader cut")).then_some("answer")
    }

    fn cut(&self) {
        self.cut.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

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
            open.sort_by_key(|waits| waits.idle.get());
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
        if self.waits.cut.get() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let mut waker = self.waits.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
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
        if written.is_pending() && this.waits.answer.get().is_none() {
            this.waits.answer.set(Some(Instant::now()));
        }
        written
    }

    /// The server flushes when it has written everything.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.waits.answer.set(None);
        if this.waits.held.get() && this.waits.is_done() {
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
mod tests;
