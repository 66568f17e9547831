//! The way to the server: of all the addresses that its name has, one that answers. An address may be dead without
//! saying so, and a name may lead elsewhere than it did; neither costs more than a short wait.

use std::io;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Connect;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::FuturesUnordered;
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresSettings;
use crate::sabotage;

/// How long one address is waited for before the next one is tried as well. Four of them fit into the time that opening
/// a connection may take; one that works answers in a few milliseconds.
const NEXT: Duration = Duration::from_millis(500);

/// Where PostgreSQL listens, if nothing else is said.
const POSTGRES: u16 = 5432;

/// An open connection, and what drives it.
pub(super) type Opened = (Client, Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>);

/// The address that let somebody in last.
#[derive(Default)]
pub(super) struct Reach(Mutex<Option<IpAddr>>);

impl Reach {
    /// Opens a connection to the first address that lets one in; the one that did so last is asked first.
    ///
    /// # Errors
    /// What the last address said. The caller bounds the time.
    pub(super) async fn open(&self, config: &Config, tls: &MakeRustlsConnect) -> Result<Opened, Error> {
        let port = config.get_ports().first().copied().unwrap_or(POSTGRES);
        let addresses = match config.get_hosts() {
            [Host::Tcp(name)] if config.get_hostaddrs().is_empty() => lookup(name, port).await.unwrap_or_default(),
            _ => Vec::new(),
        };
        // Without any it says itself what is wrong with the name.
        if addresses.is_empty() {
            config.connect(tls.clone()).await
        } else {
            self.open_at(addresses, config, tls).await
        }
    }

    async fn open_at(
        &self,
        mut addresses: Vec<IpAddr>,
        config: &Config,
        tls: &MakeRustlsConnect,
    ) -> Result<Opened, Error> {
        let good = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.sort_by_key(|address| Some(*address) != good);
        let attempts = addresses.into_iter().map(|address| async move {
            // The name stays what a certificate is held to.
            let opened = config.clone().hostaddr(address).connect(tls.clone()).await;
            opened.map(|opened| (opened, address))
        });
        let (opened, address) = first(attempts, NEXT).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
        Ok(opened)
    }
}

async fn lookup(name: &str, port: u16) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, port)).await?.map(|address| address.ip()).collect())
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

    use super::super::tls;
    use super::*;

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
    async fn of_a_name_whose_first_address_says_nothing_the_second_is_found_and_then_asked_first() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let _silent = tokio::net::TcpListener::bind(("127.0.0.2", port)).await.expect("the same port");
        let mut config = Config::new();
        config.host("board.example").port(port).user("u").ssl_mode(tokio_postgres::config::SslMode::Disable);
        let tls = MakeRustlsConnect::new(tls::client(tls::Verification::None, None).expect("a client"));
        let (reach, addresses) = (Reach::default(), vec![[127, 0, 0, 2].into(), [127, 0, 0, 1].into()]);
        let (opened, ()) = tokio::join!(reach.open_at(addresses, &config, &tls), let_in(listener));
        assert!(opened.is_ok(), "{:?}", opened.err());
        assert_eq!(*reach.0.lock().expect("nobody else"), Some([127, 0, 0, 1].into()));
    }
}
