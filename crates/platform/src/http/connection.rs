//! A client's connection. It stands between the network and the server, and hands that one request at a time, however
//! many are sent ahead: a head when all of it has come and can be understood in one way only, of the body as much as is
//! wanted, and nothing of the next request before the answer is with the system (decision 16).
//!
//! It also notes since when it has been waiting for what, and once a second each worker cuts those that have waited too
//! long. When connections get scarce, those that have been idle longest make room, and when what is held for slow clients
//! gets too large for memory, those that have been slow longest.

mod chunks;
mod head;
mod inbox;
mod linger;
mod metrics;
mod requests;
mod waits;

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use actix_http::Extensions;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::head::Head;
pub use self::head::Wrong;
use self::inbox::Inbox;
use self::linger::Linger;
pub(crate) use self::metrics::ConnectionMetrics;
use self::requests::AtHand;
pub use self::requests::{PIECE, Pieces, Requests, UnderWay};
use self::waits::Waits;
use crate::drain::{Drain, DrainSettings, Phase};
use crate::guard::deadline;
use crate::http::problem::REQUEST_TIMEOUT;
use crate::sabotage;
use crate::telemetry::metric::Metrics;

/// How often a worker looks for connections to cut.
const ROUND: Duration = Duration::from_secs(1);

/// How much a worker holds for slow clients: what has come of their heads, and what is left of answers that neither they
/// nor the system's own buffers take. One that alone is larger is waited for as any other.
const HELD: usize = 16 * 1024 * 1024;

/// How long an idle connection is kept: well above the 4 s for which Fly's proxy keeps its own.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How much is taken in of a connection at a time.
const RECEIVED: usize = 8 * 1024;

const TOO_SLOW: Wrong = Wrong { kind: REQUEST_TIMEOUT, detail: "The head was not there within 10 seconds." };

/// The connections of one worker.
#[derive(Clone, Debug)]
pub struct Connections {
    open: Rc<RefCell<Vec<Weak<Waits>>>>,
    /// Bytes that are held for slow clients.
    held: Rc<Cell<usize>>,
    /// More than this, and idle ones make room.
    crowd: usize,
    metrics: ConnectionMetrics,
}

impl Connections {
    /// None yet, and `most` at a time.
    #[must_use]
    pub fn new(most: usize, metrics: &Metrics) -> Self {
        Self { open: Rc::default(), held: Rc::default(), crowd: most - most / 8, metrics: metrics.of() }
    }

    /// Takes a new one.
    #[must_use]
    pub fn take(&self, stream: TcpStream) -> Connection {
        let peer = stream.peer_addr().ok().map(|peer| peer.ip());
        // An answer in pieces must not wait for its client to have confirmed the one before. A connection of which this
        // fails has ended.
        let _ = stream.set_nodelay(true);
        let waits = Rc::new(Waits::from(Instant::now(), peer));
        self.open.borrow_mut().push(Rc::downgrade(&waits));
        self.metrics.open.inc();
        Connection { stream, inbox: Inbox::default(), waits, at_hand: Rc::default(), linger: None, all: self.clone() }
    }

    /// Cuts what waits too long, for ever. When the process closes, it lets go those that have been idle for as long as the
    /// lame duck took: longer than whoever sends requests here keeps an idle connection. The others may still ask, for as
    /// long as what they ask may take its whole time.
    pub async fn watch(self, drain: Drain, limits: DrainSettings) {
        tokio::select! {
            () = drain.reach(Phase::Closing) => {}
            () = self.rounds(|_| {}) => {}
        }
        let late = limits.in_flight.saturating_sub(deadline::REQUEST);
        let late = Instant::now() + if sabotage::takes_out("late requests") { Duration::ZERO } else { late };
        let leave = |now| {
            let patience = if now < late { limits.lame_duck } else { Duration::ZERO };
            self.alive().iter().filter(|waits| waits.idle_for(now, patience)).for_each(|waits| waits.leave());
        };
        leave(Instant::now());
        self.rounds(leave).await;
    }

    async fn rounds(&self, more: impl Fn(Instant)) {
        loop {
            tokio::time::sleep(ROUND).await;
            self.round(Instant::now());
            more(Instant::now());
        }
    }

    fn alive(&self) -> Vec<Rc<Waits>> {
        self.open.borrow().iter().filter_map(Weak::upgrade).collect()
    }

    fn round(&self, now: Instant) {
        let open = self.alive();
        for waits in &open {
            match waits.too_long(now) {
                // Its client is told, and then it ends.
                Some("head") if waits.tell_overdue() => self.metrics.cut("head"),
                None | Some("head") if waits.idle_for(now, KEEP_ALIVE) => waits.leave(),
                None | Some("head") => {}
                Some(what) => self.cut(waits, what),
            }
        }
        self.thin_out(&open);
        self.open.borrow_mut().retain(|waits| waits.strong_count() > 0);
    }

    /// Where too many are open, idle ones make room: of the address that has most of them, those that have been idle
    /// longest.
    fn thin_out(&self, open: &[Rc<Waits>]) {
        let too_many = open.len().saturating_sub(self.crowd);
        if too_many == 0 {
            return;
        }
        let mut of_peer: HashMap<_, usize> = HashMap::new();
        for waits in open.iter().filter(|_| !sabotage::takes_out("room by address")) {
            *of_peer.entry(waits.peer()).or_default() += 1;
        }
        let mut idle: Vec<_> = open.iter().filter(|waits| waits.is_idle() && !waits.is_cut()).collect();
        idle.sort_by_key(|waits| (Reverse(of_peer.get(&waits.peer())), waits.idle_since()));
        for waits in idle.into_iter().take(too_many) {
            self.cut(waits, "idle");
        }
    }

    /// What is held for this client has changed.
    fn count(&self, waits: &Waits) {
        let (before, now) = waits.count();
        self.held.set(self.held.get() - before + now);
    }

    /// More is held for this client. Where that is too much, those that have been slow longest make room: a quarter of it
    /// at once, since a look at all of them takes its time.
    fn hold(&self, waits: &Waits) {
        self.count(waits);
        if self.held.get() <= HELD || sabotage::takes_out("bound on held bytes") {
            return;
        }
        let open = self.alive();
        let mut slow: Vec<_> = open.iter().filter_map(|it| Some((it.slow_since()?, it))).collect();
        slow.sort_by_key(|((since, _), _)| *since);
        slow.pop();
        for ((_, what), waits) in slow {
            if self.held.get() > HELD - HELD / 4 {
                self.cut(waits, what);
            }
        }
    }

    fn cut(&self, waits: &Waits, what: &'static str) {
        waits.cut();
        self.count(waits);
        self.metrics.cut(what);
    }
}

/// A connection that notes what it waits for, and hands the server one request at a time.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    inbox: Inbox,
    waits: Rc<Waits>,
    at_hand: Rc<AtHand>,
    linger: Option<Linger>,
    all: Connections,
}

impl Connection {
    /// Lets requests over it say what becomes of them.
    pub fn tell(&self, extensions: &mut Extensions) {
        extensions.insert(Requests { waits: self.waits.clone(), at_hand: self.at_hand.clone() });
    }

    fn look(&self, context: &Context<'_>) -> io::Result<()> {
        if self.waits.is_cut() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.waits.watch(context);
        Ok(())
    }

    /// Understands what has come, as far as it may be handed on now.
    fn understand(&mut self) {
        if sabotage::takes_out("one request at a time") && self.inbox.is_whole() {
            self.inbox.next();
        }
        let head = if self.waits.is_overdue() { Err(TOO_SLOW) } else { self.inbox.head() };
        if let Some(head) = head.unwrap_or_else(|wrong| Some(Head::in_place_of(wrong))) {
            self.inbox.begin(&head);
            self.at_hand.begin(&head);
            self.waits.head_came();
            self.all.count(&self.waits);
        }
        if self.inbox.expects_body() {
            match self.inbox.body(self.at_hand.room()) {
                Ok(bytes) => self.at_hand.handed_on(bytes),
                Err(wrong) => self.at_hand.spoil(wrong),
            }
        }
        if self.inbox.is_whole() {
            self.at_hand.complete();
        }
    }

    /// Takes in more of what its client sends: how much that was.
    fn receive(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [MaybeUninit::uninit(); RECEIVED];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        self.inbox.put(buffer.filled());
        if !self.waits.is_at_work() {
            self.waits.head_comes(self.inbox.len(), Instant::now());
            self.all.hold(&self.waits);
        }
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn is_over(&self) -> bool {
        !self.waits.is_at_work() && self.at_hand.is_last()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.waits.let_go();
        self.all.count(&self.waits);
        self.all.metrics.open.dec();
    }
}

impl AsyncRead for Connection {
    /// An end that is told to the server here, where its client has not closed the connection, lets it end it in order.
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.look(context)?;
        loop {
            if this.is_over() {
                return Poll::Ready(Ok(()));
            }
            this.understand();
            if this.inbox.hand_on(buffer) {
                return Poll::Ready(Ok(()));
            }
            let body_wanted = this.inbox.expects_body() && this.at_hand.room() > 0;
            if !this.inbox.has_room() && !body_wanted {
                return Poll::Pending;
            }
            match this.receive(context) {
                Poll::Ready(Ok(1..)) => {}
                Poll::Pending if !this.waits.has_left() => return Poll::Pending,
                Poll::Pending | Poll::Ready(Ok(0)) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.look(context)?;
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        if written.is_pending() {
            this.waits.stuck(bytes.len() + this.at_hand.unwritten(), Instant::now());
            this.all.hold(&this.waits);
        }
        written
    }

    /// The server flushes when it has written all that it was handed, which may be a piece of an answer.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.waits.is_at_work() && !this.at_hand.is_answered() {
            return Pin::new(&mut this.stream).poll_flush(context);
        }
        this.waits.flushed();
        if this.waits.is_at_work() {
            if !this.at_hand.is_last() {
                this.inbox.next();
            }
            this.waits.answered(this.inbox.len(), Instant::now());
            if this.at_hand.is_last() || this.inbox.len() > 0 {
                // After the others.
                context.waker().wake_by_ref();
            }
        }
        this.all.count(&this.waits);
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.look(context)?;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            this.linger = Some(Linger::begin(this.inbox.is_unread()));
        }
        let Some(linger) = &mut this.linger else { return Poll::Ready(Ok(())) };
        linger.poll(&mut this.stream, context).map(Ok)
    }
}

#[cfg(test)]
mod tests;
