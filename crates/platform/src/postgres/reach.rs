//! The way to the server: of all the addresses that its names have, one that answers. An address may be dead without
//! saying so, and a name may lead elsewhere than it did; neither costs more than a short wait.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Connect;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use futures_util::stream::FuturesUnordered;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresSettings;
use super::address::Place;
use crate::sabotage;

/// How long one address is waited for before the next one is tried as well. Four of them fit into the time that opening
/// a connection may take; one that works answers in a few milliseconds.
const NEXT: Duration = Duration::from_millis(500);

/// An open connection, and what drives it.
pub(super) type Opened = (Client, Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>);

/// Where it may be, and which of these let somebody in last.
pub(super) struct Reach {
    places: Vec<Place>,
    good: Mutex<Option<Place>>,
}

impl Reach {
    /// One of these.
    pub(super) fn new(places: Vec<Place>) -> Self {
        Self { places, good: Mutex::default() }
    }

    /// The one that let somebody in last, or the first one until then: its name, and its port unless it is a socket here.
    pub(super) fn server(&self) -> (Arc<str>, Option<u16>) {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        let place = good.as_ref().or(self.places.first());
        let is_socket = place.is_some_and(Place::is_socket);
        (place.map_or_else(|| "".into(), |place| place.host.clone()), place.map(|it| it.port).filter(|_| !is_socket))
    }

    /// Opens a connection to the first address that lets one in; the one that did so last is asked first.
    ///
    /// # Errors
    /// What the last address said. The caller bounds the time.
    pub(super) async fn open(&self, config: &Config, tls: &MakeRustlsConnect) -> Result<Opened, Error> {
        self.open_at(join_all(self.places.iter().map(addresses)).await.concat(), config, tls).await
    }

    async fn open_at(&self, mut places: Vec<Place>, config: &Config, tls: &MakeRustlsConnect) -> Result<Opened, Error> {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner).clone();
        places.sort_by_key(|place| Some(place) != good.as_ref());
        let attempts = places.into_iter().map(|place| async move {
            let mut config = config.clone();
            // The name stays what a certificate is held to.
            config.host(&*place.host).port(place.port);
            if let Some(address) = place.address {
                config.hostaddr(address);
            } else if place.is_socket() {
                // As libpq has it: nobody is between us and a socket of this machine.
                config.ssl_mode(SslMode::Disable);
            }
            config.connect(tls.clone()).await.map(|opened| (opened, place))
        });
        let (opened, place) = first(attempts, NEXT).await?;
        *self.good.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
        Ok(opened)
    }
}

/// Each address of a name. A name that has none is kept: whoever tries it says what is wrong with it.
async fn addresses(place: &Place) -> Vec<Place> {
    if place.address.is_some() || place.is_socket() {
        return vec![place.clone()];
    }
    // Whoever tells names may be slow to say that it does not know one, which must not cost the others their turn.
    let found = timeout(NEXT, tokio::net::lookup_host((&*place.host, place.port))).await.ok().and_then(Result::ok);
    let found = found.map(|found| found.map(|it| Place { address: Some(it.ip()), ..place.clone() }).collect());
    found.filter(|found: &Vec<_>| !found.is_empty()).unwrap_or_else(|| vec![place.clone()])
}

/// A pool's connections are opened like all others.
impl Connect for PostgresSettings {
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        let config = config.clone();
        async move {
            let (client, connection) = self.reach.open(&config, &self.tls).await?;
            // Whoever uses the client is told how it ended.
            Ok((client, tokio::spawn(async { drop(connection.await) })))
        }
        .boxed()
    }
}

/// The first of these that succeeds. The next one begins when one has failed or has taken this long; those before it go
/// on. There is at least one.
async fn first<T, E>(attempts: impl IntoIterator<Item: Future<Output = Result<T, E>>>, next: Duration) -> Result<T, E> {
    let mut attempts = attempts.into_iter().peekable();
    let mut running = FuturesUnordered::new();
    running.extend(attempts.next());
    loop {
        let more = attempts.peek().is_some() && !sabotage::takes_out("every address");
        tokio::select! {
            Some(ended) = running.next() => match ended {
                Err(_) if more || !running.is_empty() => running.extend(attempts.next()),
                ended => return ended,
            },
            () = tokio::time::sleep(next), if more => running.extend(attempts.next()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::*;
    use crate::tls;

    const SOON: Duration = Duration::from_millis(20);

    /// Ends after so long with this.
    async fn after(wait: Duration, ended: Result<u8, u8>) -> Result<u8, u8> {
        tokio::time::sleep(wait).await;
        ended
    }

    /// Guards: every address.
    #[tokio::test(start_paused = true)]
    async fn behind_an_address_that_is_dead_the_next_one_is_tried() {
        let began = Instant::now();
        let dead = || after(Duration::from_secs(600), Ok(1));
        let opened = tokio::time::timeout(NEXT * 3, first([dead(), dead(), after(SOON, Ok(3))], NEXT)).await;
        assert_eq!((opened, began.elapsed()), (Ok(Ok(3)), NEXT * 2 + SOON));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_refuses_makes_nobody_wait_and_a_slow_one_may_still_win() {
        let began = Instant::now();
        assert_eq!(first([after(SOON, Err(1)), after(SOON, Ok(2))], NEXT).await, Ok(2));
        assert_eq!(began.elapsed(), SOON * 2);
        assert_eq!(first([after(NEXT + SOON, Ok(1)), after(NEXT, Ok(2))], NEXT).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_fail_the_last_one_to_fail_is_told() {
        assert_eq!(first([after(NEXT * 3, Err(1)), after(SOON, Err(2))], NEXT).await, Err(1));
    }

    /// A server's answer to whoever comes: let in, and ready.
    async fn let_in(listener: tokio::net::TcpListener) {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut startup = [0; 1_024];
        assert!(stream.read(&mut startup).await.expect("its startup") > 0);
        stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await.expect("it reads");
    }

    #[tokio::test]
    async fn of_several_places_whose_first_says_nothing_the_second_is_found_and_then_asked_first() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let _silent = tokio::net::TcpListener::bind(("127.0.0.2", port)).await.expect("the same port");
        let mut config = Config::new();
        config.user("u").ssl_mode(SslMode::Disable);
        let tls = MakeRustlsConnect::new(tls::client(tls::Verification::None, None).expect("a client"));
        let [silent, good] = ["127.0.0.2", "127.0.0.1"].map(|host| Place { host: host.into(), address: None, port });
        let reach = Reach::new(vec![silent, good.clone()]);
        let (opened, ()) = tokio::join!(reach.open(&config, &tls), let_in(listener));
        assert!(opened.is_ok(), "{:?}", opened.err());
        let known = Place { address: Some([127, 0, 0, 1].into()), ..good };
        assert_eq!(*reach.good.lock().expect("nobody else"), Some(known));
    }
}
