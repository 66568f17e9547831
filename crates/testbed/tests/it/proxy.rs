//! The proxy, in front of a server that echoes.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use testbed::proxy::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::{DEADLINE, SILENCE};

async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

async fn proxied() -> (Proxy, TcpStream) {
    let proxy = Proxy::start(echo().await).expect("the proxy starts");
    let client = TcpStream::connect(proxy.address()).await.expect("it accepts");
    (proxy, client)
}

async fn call(client: &mut TcpStream) -> std::io::Result<()> {
    client.write_all(b"ping").await?;
    let mut answer = [0; 4];
    client.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"ping");
    Ok(())
}

#[tokio::test]
async fn the_proxy_passes_on_and_counts() {
    let (proxy, mut client) = proxied().await;
    call(&mut client).await.expect("it is passed on");
    assert_eq!(proxy.connections(), 1);
    drop(client);
    testbed::wait::until(DEADLINE, "no connection", async || proxy.connections() == 0)
        .await
        .expect("it ends with its client");
}

#[tokio::test]
async fn a_lost_connection_is_silent_and_what_is_sent_over_it_is_never_acknowledged() {
    let (proxy, mut client) = proxied().await;
    call(&mut client).await.expect("it is passed on");
    proxy.lose();
    let limit = Duration::from_millis(500);
    socket2::SockRef::from(&client).set_tcp_user_timeout(Some(limit)).expect("a socket");
    let begun = Instant::now();
    let error = call(&mut client).await.expect_err("it leads nowhere");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(begun.elapsed() >= limit, "{:?}", begun.elapsed());
    assert_eq!(proxy.connections(), 1, "the other end knows nothing");
    let mut new = TcpStream::connect(proxy.address()).await.expect("it accepts");
    call(&mut new).await.expect("new ones are welcome");
    proxy.cut();
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn the_proxy_passes_on_a_large_answer_whole() {
    let (_proxy, client) = proxied().await;
    let sent = vec![7; 5_000_000];
    let (mut from, mut to) = client.into_split();
    let expected = sent.clone();
    tokio::spawn(async move {
        to.write_all(&sent).await.expect("it is read");
        to.shutdown().await.expect("the end is passed on");
    });
    let mut received = Vec::new();
    from.read_to_end(&mut received).await.expect("the echo ends");
    assert!(received == expected, "{} bytes came back", received.len());
}

#[tokio::test]
async fn the_proxy_delays_answers_on_an_open_connection() {
    let (proxy, mut client) = proxied().await;
    call(&mut client).await.expect("it is passed on");
    proxy.delay(Duration::from_millis(200));
    let begun = Instant::now();
    call(&mut client).await.expect("it is passed on late");
    assert!(begun.elapsed() >= Duration::from_millis(200));
    proxy.heal().expect("the port is still there");
    let begun = Instant::now();
    call(&mut client).await.expect("it is passed on");
    assert!(begun.elapsed() < Duration::from_millis(200));
}

#[tokio::test]
async fn a_frozen_proxy_passes_nothing_on_until_it_heals() {
    let (proxy, mut client) = proxied().await;
    call(&mut client).await.expect("it is passed on");
    proxy.freeze();
    client.write_all(b"ping").await.expect("the connection stays");
    let mut answer = [0; 4];
    let silent = timeout(SILENCE, client.read_exact(&mut answer)).await;
    assert!(silent.is_err(), "something came through");
    let mut late = TcpStream::connect(proxy.address()).await.expect("it accepts");
    proxy.heal().expect("the port is still there");
    client.read_exact(&mut answer).await.expect("it goes on");
    call(&mut late).await.expect("so does a connection made meanwhile");
}

#[tokio::test]
async fn the_proxy_cuts_connections_with_a_reset_and_welcomes_new_ones() {
    let (proxy, mut client) = proxied().await;
    call(&mut client).await.expect("it is passed on");
    proxy.cut();
    assert_eq!(proxy.connections(), 0);
    let error = call(&mut client).await.expect_err("it is cut");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let mut again = TcpStream::connect(proxy.address()).await.expect("it accepts");
    call(&mut again).await.expect("it is passed on");
}

#[tokio::test]
async fn the_proxy_refuses_new_connections_until_it_heals() {
    let (proxy, mut client) = proxied().await;
    call(&mut client).await.expect("it is passed on");
    for _ in 0..2 {
        proxy.refuse().expect("the port stays ours");
        let refused = TcpStream::connect(proxy.address()).await;
        assert_eq!(refused.expect_err("it refuses").kind(), ErrorKind::ConnectionRefused);
        call(&mut client).await.expect("what was open stays");
        proxy.heal().expect("the port stayed ours");
        let mut again = TcpStream::connect(proxy.address()).await.expect("it accepts");
        call(&mut again).await.expect("it is passed on");
    }
}

#[tokio::test]
async fn a_proxy_whose_upstream_is_gone_resets_its_client() {
    let nobody = SocketAddr::from(([127, 0, 0, 1], testbed::port::free_port()));
    let proxy = Proxy::start(nobody).expect("the proxy starts");
    // It may be reset before its `connect` has returned.
    let called = async { call(&mut TcpStream::connect(proxy.address()).await?).await };
    let error = called.await.expect_err("nobody answers");
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
}

#[test]
fn a_blocked_caller_does_not_stall_the_proxy() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let upstream = listener.local_addr().expect("it has an address");
    let proxy = Proxy::start(upstream).expect("the proxy starts");
    let mut client = std::net::TcpStream::connect(proxy.address()).expect("it accepts");
    client.write_all(b"ping").expect("it is read");
    let (mut server, _) = listener.accept().expect("it is passed on");
    let mut bytes = [0; 4];
    server.read_exact(&mut bytes).expect("without any runtime of the caller");
    assert_eq!(&bytes, b"ping");
}
