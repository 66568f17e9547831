//! A client's connection, and how long its client keeps it waiting. The server's own timer covers the first head alone:
//! a head that trickles in over a kept connection, or an answer that nobody reads, would hold a connection for ever. So
//! each connection notes since when it has been waiting for what, and once a second each worker cuts those that have
//! waited too long. When connections get scarce, those that have been idle longest make room.

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
            asked: Cell::default(),
            cut: Cell::default(),
            waker: RefCell::default(),
        }
    }

    fn received(&self, now: Instant) {
        if self.asked.get() == 0 && self.head.get().is_none() {
            self.head.set(Some(now));
        }
    }

    fn head_read(&self) {
        self.head.set(None);
        self.unasked.set(false);
        self.asked.set(self.asked.get() + 1);
    }

    fn answered(&self, now: Instant) {
        self.asked.set(self.asked.get() - 1);
        self.idle.set(now);
    }

    fn is_idle(&self) -> bool {
        self.asked.get() == 0 && self.head.get().is_none() && self.answer.get().is_none()
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
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            this.waits.received(Instant::now());
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
    /// A request's head was read; it is under way until the guard is dropped.
    #[must_use]
    pub fn begin(&self) -> UnderWay {
        self.0.head_read();
        UnderWay(self.0.clone())
    }
}

/// A request that has not been answered.
#[derive(Debug)]
pub struct UnderWay(Rc<Waits>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.answered(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, limit: Duration) -> (Instant, Instant) {
        (start + limit.saturating_sub(Duration::from_millis(1)), start + limit)
    }

    /// Guards: slow head cut.
    #[test]
    fn a_head_has_its_time_from_its_first_byte() {
        let start = Instant::now();
        let waits = Waits::from(start);
        assert_eq!(waits.too_long(start + deadline::HEAD * 9), None, "nothing has come yet");
        waits.received(start);
        let (before, at) = after(start, deadline::HEAD);
        waits.received(before);
        assert_eq!((waits.too_long(before), waits.too_long(at)), (None, Some("head")));
    }

    #[test]
    fn bytes_of_a_body_are_no_head() {
        let start = Instant::now();
        let waits = Waits::from(start);
        waits.received(start);
        waits.head_read();
        waits.received(start);
        assert_eq!(waits.too_long(start + deadline::HEAD), None);
        waits.answered(start);
        waits.received(start);
        assert_eq!(waits.too_long(start + deadline::HEAD), Some("head"), "the next one is");
    }

    #[test]
    fn whoever_ends_without_a_head_after_a_heads_time_was_too_slow_and_nobody_counts_twice() {
        let start = Instant::now();
        let waits = Waits::from(start);
        let (before, at) = after(start, deadline::HEAD - COARSE);
        assert_eq!((waits.outwaited(before), waits.outwaited(at)), (false, true));
        waits.cut();
        assert!(!waits.outwaited(at), "it was counted when it was cut");
        let asked = Waits::from(start);
        asked.head_read();
        assert!(!asked.outwaited(at), "its first head came");
    }

    /// Guards: slow reader cut.
    #[test]
    fn an_answer_has_its_time_from_when_it_is_first_not_taken() {
        let start = Instant::now();
        let waits = Waits::from(start);
        waits.answer.set(Some(start));
        let (before, at) = after(start, deadline::ANSWER);
        assert_eq!((waits.too_long(before), waits.too_long(at)), (None, Some("answer")));
    }

    #[test]
    fn in_a_crowd_those_make_room_that_have_been_idle_longest() {
        let start = Instant::now();
        let connections = Connections::new(2, Metrics::default());
        let all: Vec<_> = (0..4).map(|later| Rc::new(Waits::from(start + Duration::from_secs(later)))).collect();
        connections.open.borrow_mut().extend(all.iter().map(Rc::downgrade));
        all[0].head_read();
        connections.round(start);
        let cut: Vec<bool> = all.iter().map(|waits| waits.cut.get()).collect();
        assert_eq!(cut, [false, true, true, false], "the first is at work, and two are enough");
    }
}
