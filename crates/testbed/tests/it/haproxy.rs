//! HAProxy in front of servers that say whether they are routable.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use testbed::haproxy::{HaProxy, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::{DEADLINE, SILENCE};

/// A server that answers each request with its name, and the routing check with what it is told.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    routable: Arc<AtomicBool>,
    connections: Arc<AtomicU64>,
}

impl Server {
    pub(super) async fn start(name: &'static str, routable: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let (routable, connections) = (Arc::new(AtomicBool::new(routable)), Arc::<AtomicU64>::default());
        let server = Self { name, address, routable: routable.clone(), connections: connections.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, name, routable.clone(), connections.clone()));
            }
        });
        server
    }

    fn say_routable(&self, routable: bool) {
        self.routable.store(routable, Ordering::SeqCst);
    }
}

/// Answers one request after the other on a connection that is kept.
async fn serve(mut stream: TcpStream, name: &str, routable: Arc<AtomicBool>, connections: Arc<AtomicU64>) {
    let (mut received, mut counted) = (Vec::new(), false);
    while let Ok(1..) = stream.read_buf(&mut received).await {
        while let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head: Vec<u8> = received.drain(..end + 4).collect();
            let check = head.starts_with(b"GET /routable");
            if !check && !std::mem::replace(&mut counted, true) {
                connections.fetch_add(1, Ordering::SeqCst);
            }
            let status = if !check || routable.load(Ordering::SeqCst) { "200 OK" } else { "503 No" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{name}", name.len());
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

async fn proxied(servers: &[Server]) -> HaProxy {
    let options = Options::default().check_every(Duration::from_millis(100));
    let options = options.backend("api", servers.iter().map(|server| server.address));
    HaProxy::start(options).await.expect("haproxy starts")
}

/// The name of who answered, over a connection of the client's own.
async fn ask(proxy: &HaProxy) -> String {
    let mut stream = TcpStream::connect(proxy.address("api")).await.expect("it accepts");
    let request = b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    answer.rsplit("\r\n").next().unwrap_or_default().to_owned()
}

async fn routes_to(proxy: &HaProxy, wanted: &[bool]) {
    proxy.wait_until_routed("api", wanted, DEADLINE).await.expect("it routes as wanted");
}

#[tokio::test]
async fn requests_go_to_every_server_that_is_routable() {
    let servers = [Server::start("a", true).await, Server::start("b", true).await];
    let proxy = proxied(&servers).await;
    routes_to(&proxy, &[true, true]).await;
    let mut answers = [ask(&proxy).await, ask(&proxy).await];
    answers.sort();
    assert_eq!(answers, ["a", "b"]);
    servers[0].say_routable(false);
    routes_to(&proxy, &[false, true]).await;
    for _ in 0..4 {
        assert_eq!(ask(&proxy).await, servers[1].name);
    }
}

#[tokio::test]
async fn a_request_waits_while_no_server_is_routable() {
    let servers = [Server::start("a", false).await, Server::start("b", false).await];
    let proxy = proxied(&servers).await;
    routes_to(&proxy, &[false, false]).await;
    let mut asked = Box::pin(ask(&proxy));
    assert!(timeout(SILENCE, &mut asked).await.is_err(), "it was answered");
    servers[1].say_routable(true);
    assert_eq!(timeout(DEADLINE, asked).await.expect("it is answered"), "b");
}

#[tokio::test]
async fn a_request_waits_for_a_server_that_is_not_there_yet() {
    let address = SocketAddr::from(([127, 0, 0, 1], testbed::port::free_port()));
    let options = Options::default().check_every(Duration::from_millis(100)).backend("api", [address]);
    let proxy = HaProxy::start(options).await.expect("haproxy starts");
    routes_to(&proxy, &[false]).await;
    let mut asked = Box::pin(ask(&proxy));
    assert!(timeout(SILENCE, &mut asked).await.is_err(), "it was answered");
    let listener = TcpListener::bind(address).await.expect("the port is free");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, "late", Arc::new(AtomicBool::new(true)), Arc::default()));
        }
    });
    assert_eq!(timeout(DEADLINE, asked).await.expect("it is answered"), "late");
}

#[tokio::test]
async fn connections_to_servers_are_kept_and_shared() {
    let servers = [Server::start("a", true).await];
    let proxy = proxied(&servers).await;
    routes_to(&proxy, &[true]).await;
    for _ in 0..5 {
        assert_eq!(ask(&proxy).await, "a");
    }
    assert_eq!(servers[0].connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_cordoned_server_gets_no_request_until_it_is_uncordoned() {
    let servers = [Server::start("a", true).await, Server::start("b", true).await];
    let proxy = proxied(&servers).await;
    routes_to(&proxy, &[true, true]).await;
    proxy.cordon("api", 0).expect("it is told");
    routes_to(&proxy, &[false, true]).await;
    for _ in 0..4 {
        assert_eq!(ask(&proxy).await, "b");
    }
    proxy.uncordon("api", 0).expect("it is told");
    routes_to(&proxy, &[true, true]).await;
    assert!(proxy.cordon("api", 7).is_err(), "there is no eighth server");
}
