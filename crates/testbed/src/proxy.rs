//! A TCP proxy in front of a server, which does to connections what networks do: it delays, freezes, cuts and refuses.

mod connection;
mod door;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use crate::background::Background;
use crate::{Error, port};
use door::Order;

/// How long [`Proxy::cut`] waits until the last connection is closed, and [`Proxy::lose`] until it is lost; it takes a
/// millisecond.
const PATIENCE: Duration = Duration::from_secs(5);

/// A proxy on 127.0.0.1. All its methods have had their effect when they return; dropping it closes everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    orders: mpsc::UnboundedSender<Order>,
    _thread: Background,
}

/// What every connection looks at before it passes something on.
#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    delay: Duration,
    frozen: bool,
    /// Connections with a smaller number are cut.
    cut_below: u64,
    /// Connections with a smaller number are lost without a sign.
    lost_below: u64,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    weather: watch::Sender<Weather>,
    next: AtomicU64,
    open: Mutex<BTreeSet<u64>>,
    /// Of those, the ones that are lost.
    lost: Mutex<BTreeSet<u64>>,
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Proxy {
    /// Listens on a free port and passes everything on to `upstream`, which need not listen yet.
    ///
    /// # Errors
    ///
    /// When the port can't be listened on.
    pub fn start(upstream: SocketAddr) -> Result<Self, Error> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port::free_port()));
        let listener = TcpListener::bind(address)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(Error::io(format!("the proxy could not listen on {address}")))?;
        let shared = Arc::new(Shared {
            upstream,
            weather: watch::Sender::new(Weather::default()),
            next: AtomicU64::new(0),
            open: Mutex::default(),
            lost: Mutex::default(),
        });
        let (orders, received) = mpsc::unbounded_channel();
        let its = Arc::clone(&shared);
        let thread = Background::start("proxy", move || door::serve(listener, address, its, received))?;
        Ok(Self { address, shared, orders, _thread: thread })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Delays whatever comes from upstream by this time, on open connections too. It adds latency and takes no
    /// bandwidth: two answers that come together leave together.
    pub fn delay(&self, delay: Duration) {
        self.shared.weather.send_modify(|it| it.delay = delay);
    }

    /// Passes nothing on in either direction. Connections stay open and new ones are accepted, into silence.
    pub fn freeze(&self) {
        self.shared.weather.send_modify(|it| it.frozen = true);
    }

    /// Closes all connections at once with a reset, on both sides. New ones are welcome.
    ///
    /// # Panics
    ///
    /// When one is still open after 5 s, which is a bug.
    pub fn cut(&self) {
        let below = self.shared.next.load(Ordering::SeqCst);
        self.shared.weather.send_modify(|it| it.cut_below = below);
        done("cut", || self.shared.open().first().is_none_or(|id| *id >= below));
    }

    /// Loses all connections at once and without a sign to clients, as when a machine is gone, an address moved or a
    /// firewall forgot them: nothing that clients send over them is acknowledged any more. New ones are welcome.
    ///
    /// # Panics
    ///
    /// When one is not lost after 5 s, which is a bug.
    pub fn lose(&self) {
        let below = self.shared.next.load(Ordering::SeqCst);
        self.shared.weather.send_modify(|it| it.lost_below = below);
        done("lose", || {
            let (open, lost) = (self.shared.open().clone(), self.shared.lost());
            open.iter().all(|id| *id >= below || lost.contains(id))
        });
    }

    /// Refuses new connections. Those that are open stay: [`Proxy::cut`] ends them.
    ///
    /// # Errors
    ///
    /// When the port was taken by somebody else in between.
    pub fn refuse(&self) -> Result<(), Error> {
        self.order(Order::Refuse)
    }

    /// Ends the delay, the freeze and the refusal. What was frozen goes on; what was cut stays cut.
    ///
    /// # Errors
    ///
    /// When the port can't be listened on again.
    pub fn heal(&self) -> Result<(), Error> {
        self.shared.weather.send_modify(|it| {
            it.delay = Duration::ZERO;
            it.frozen = false;
        });
        self.order(Order::Listen)
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.shared.open().len()
    }

    fn order(&self, order: fn(door::Reply) -> Order) -> Result<(), Error> {
        let (reply, answer) = std::sync::mpsc::channel();
        let gone = "the proxy's thread has ended";
        self.orders.send(order(reply)).map_err(|_| Error::Unfit(gone.to_owned()))?;
        answer
            .recv()
            .map_err(|_| Error::Unfit(gone.to_owned()))?
            .map_err(Error::io(format!("the proxy lost its port {}", self.address)))
    }
}

fn done(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < PATIENCE, "the proxy did not {what} in time");
        std::thread::sleep(Duration::from_millis(1));
    }
}
