//! A client's connection, and how long its client keeps it waiting. The server's own timer covers the first head alone:
//! a head that trickles in over a kept connection, or an answer that nobody reads, would hold a connection for ever. So
//! each connection notes since when it has been waiting for what, and once a second each worker cuts those that have
//! waited too long. When connections get scarce, those that have been idle longest make room, and when what is held for
//! slow clients gets too large for memory, those that have been slow longest. A connection also sees to it that requests
//! sent ahead, without waiting for answers, take nobody's turn.

mod requests;
mod waits;

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_http::Extensions;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub use self::requests::{Requests, UnderWay};
use self::waits::Waits;
use crate::drain::{Drain, DrainSettings, Phase};
use crate::guard::deadline;
use crate::sabotage;
use crate::telemetry::metric::{Metrics, SlowLabels};

/// How often a worker looks for connections to cut.
const ROUND: Duration = Duration::from_secs(1);

/// How much a worker holds for slow clients: what has come of their heads, and what is left of answers that neither they
/// nor the system's own buffers take. One that alone is larger is waited for as any other.
const HELD: usize = 16 * 1024 * 1024;

/// The connections of one worker.
#[derive(Clone, Debug)]
pub struct Connections {
    open: Rc<RefCell<Vec<Weak<Waits>>>>,
    /// Bytes that are held for slow clients.
    held: Rc<Cell<usize>>,
    /// More than this, and idle ones make room.
    crowd: usize,
    metrics: Metrics,
}

impl Connections {
    /// None yet, and `most` at a time.
    #[must_use]
    pub fn new(most: usize, metrics: Metrics) -> Self {
        Self { open: Rc::default(), held: Rc::default(), crowd: most - most / 8, metrics }
    }

    /// Takes a new one.
    #[must_use]
    pub fn take(&self, stream: TcpStream) -> Connection {
        let waits = Rc::new(Waits::from(Instant::now()));
        self.open.borrow_mut().push(Rc::downgrade(&waits));
        self.metrics.connections.inc();
        Connection { stream, waits, all: self.clone() }
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
        let mut open = self.alive();
        for waits in &open {
            if let Some(what) = waits.too_long(now) {
                self.cut(waits, what);
            }
        }
        let too_many = open.len().saturating_sub(self.crowd);
        if too_many > 0 {
            open.retain(|waits| waits.is_idle() && !waits.is_cut());
            open.sort_by_key(|waits| waits.idle_since());
            for waits in open.iter().take(too_many) {
                self.cut(waits, "idle");
            }
        }
        self.open.borrow_mut().retain(|waits| waits.strong_count() > 0);
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
        self.metrics.slow_clients.get_or_create(&SlowLabels { what }).inc();
    }
}

/// A connection that notes what it waits for.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    waits: Rc<Waits>,
    all: Connections,
}

impl Connection {
    /// Lets requests over it say when they begin and end.
    pub fn tell(&self, extensions: &mut Extensions) {
        extensions.insert(Rc::new(Requests::over(self.waits.clone(), self.all.clone())));
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
        self.waits.let_go();
        self.all.count(&self.waits);
        self.all.metrics.connections.dec();
        if self.waits.outwaited(Instant::now()) {
            self.all.metrics.slow_clients.get_or_create(&SlowLabels { what: "head" }).inc();
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
        if read.is_pending() && this.waits.has_left() {
            // As if its client had closed it: the server ends it in order.
            return Poll::Ready(Ok(()));
        }
        let bytes = buffer.filled().len() - before;
        if bytes > 0 {
            this.waits.received(bytes, Instant::now());
            this.all.hold(&this.waits);
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
            this.waits.stuck(bytes.len(), Instant::now());
            this.all.hold(&this.waits);
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.waits.flushed();
        this.all.count(&this.waits);
        if this.waits.may_read_on() {
            context.waker().wake_by_ref();
        }
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Connections to clients that read nothing, which are kept beside them.
    async fn unread(connections: &Connections, many: usize) -> Vec<(Connection, TcpStream)> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut all = Vec::new();
        for _ in 0..many {
            let client = TcpStream::connect(address).await.expect("it listens");
            all.push((connections.take(listener.accept().await.expect("a client").0), client));
        }
        all
    }

    const PIECE: usize = 4_096;

    /// Writes until the system takes no more, and then so many bytes.
    async fn write(connection: &mut Connection, bytes: usize) {
        let answer = vec![b'x'; bytes];
        poll_fn(|context| {
            while Pin::new(&mut *connection).poll_write(context, &answer[..PIECE]).is_ready() {}
            assert!(Pin::new(&mut *connection).poll_write(context, &answer).is_pending());
            Poll::Ready(())
        })
        .await;
    }

    fn cut(all: &[(Connection, TcpStream)]) -> Vec<bool> {
        all.iter().map(|(connection, _)| connection.waits.is_cut()).collect()
    }

    /// Guards: bound on held bytes.
    #[actix_web::test]
    async fn when_more_is_held_than_fits_into_memory_those_that_are_slow_longest_make_room() {
        let connections = Connections::new(64, Metrics::default());
        let mut all = unread(&connections, 4).await;
        for (index, bytes) in [PIECE, HELD / 2, HELD / 2 - PIECE].into_iter().enumerate() {
            write(&mut all[index].0, bytes).await;
        }
        assert_eq!(cut(&all), [false; 4], "it all fits");
        write(&mut all[3].0, PIECE).await;
        assert_eq!(cut(&all), [true, true, false, false], "these made room enough");
        write(&mut all[3].0, HELD * 2).await;
        assert_eq!(cut(&all), [true, true, true, false], "one alone may be as large as it is");
        drop(all);
        assert_eq!(connections.held.get(), 0);
    }

    #[actix_web::test]
    async fn who_is_to_leave_is_first_read_to_the_end() {
        let connections = Connections::new(64, Metrics::default());
        let (mut connection, mut client) = unread(&connections, 1).await.swap_remove(0);
        client.write_all(b"GET").await.expect("it is open");
        connection.stream.readable().await.expect("it has come");
        connection.waits.leave();
        let mut read = Vec::new();
        assert_eq!(connection.read_buf(&mut read).await.expect("it is open"), 3);
        connection.waits.head_read();
        assert!(connection.read_buf(&mut read).now_or_never().is_none(), "it is at work");
        connection.waits.answered(Instant::now());
        assert_eq!(connection.read_buf(&mut read).await.expect("in order"), 0);
    }

    #[actix_web::test]
    async fn an_answer_that_was_taken_leaves_room() {
        let connections = Connections::new(64, Metrics::default());
        let mut all = unread(&connections, 2).await;
        for index in [0, 1] {
            write(&mut all[index].0, HELD).await;
            poll_fn(|context| Pin::new(&mut all[index].0).poll_flush(context)).await.expect("it is open");
        }
        assert_eq!((cut(&all), connections.held.get()), (vec![false, false], 0));
    }

    #[test]
    fn in_a_crowd_those_make_room_that_have_been_idle_longest() {
        let start = Instant::now();
        let connections = Connections::new(2, Metrics::default());
        let all: Vec<_> = (0..4).map(|later| Rc::new(Waits::from(start + Duration::from_secs(later)))).collect();
        connections.open.borrow_mut().extend(all.iter().map(Rc::downgrade));
        all[0].head_read();
        connections.round(start);
        let cut: Vec<bool> = all.iter().map(|waits| waits.is_cut()).collect();
        assert_eq!(cut, [false, true, true, false], "the first is at work, and two are enough");
    }
}
