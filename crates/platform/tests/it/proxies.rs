//! The same function behind proxies that people have: each request is answered as if none stood between.

use std::net::SocketAddr;

use testbed::haproxy::{HaProxy, Options};
use testbed::nginx::Nginx;
use tokio::task::JoinSet;

use super::support::{Connection, Request, SOON, bare};

const CLIENTS: usize = 8;

/// Of each client. As many as showed hundreds of bad gateways where an upgrade was waited for.
const REQUESTS: usize = 250;

/// Requests of all kinds over one connection, and what is answered to them.
async fn ask(proxy: SocketAddr) -> Vec<(&'static str, u16)> {
    let mut connection = Connection::open(proxy).await.expect("it listens");
    let mut answers = Vec::new();
    for number in 0..REQUESTS {
        let text = format!("{{\"text\":\"{}\"}}", "x".repeat(number * 200));
        let chunks = format!("{:x}\r\n{text}\r\n0\r\n\r\n", text.len());
        let chunked = "HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked";
        let (what, request) = match number % 5 {
            0 => ("read", Request::new("GET", "/work/1")),
            1 => ("early", Request::post("/nowhere", text)),
            2 => ("chunked", Request::raw(&format!("POST /echo {chunked}\r\n\r\n{chunks}"))),
            3 => ("early, chunked", Request::raw(&format!("POST /nowhere {chunked}\r\n\r\n{chunks}"))),
            _ => ("write", Request::post("/echo", text)),
        };
        let answer = match connection.ask(&request).await {
            Ok(answer) => answer,
            Err(error) => panic!("{what} of {number}: {error}"),
        };
        if answer.closes() {
            connection = Connection::open(proxy).await.expect("it listens");
        }
        answers.push((what, answer.status));
    }
    answers
}

async fn all_are_answered(proxy: SocketAddr) {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(ask(proxy));
    }
    for (what, status) in clients.join_all().await.into_iter().flatten() {
        let expected = if what.starts_with("early") { 404 } else { 200 };
        assert_eq!(status, expected, "{what}");
    }
    let too_large = Request::post("/echo", "x".repeat(70_000)).ask(proxy).await;
    assert_eq!((too_large.status, too_large.problem().as_str()), (413, "content-too-large"));
    let long = Request::new("GET", &format!("/{}", "x".repeat(7_000))).ask(proxy).await;
    assert_eq!(long.status, 404, "{long:?}");
}

#[tokio::test]
async fn behind_nginx_that_keeps_connections_and_offers_upgrades_every_request_is_answered() {
    let function = bare().ready().await;
    let proxy = Nginx::start(function.address).await.expect("nginx is installed");
    all_are_answered(proxy.address()).await;
}

#[tokio::test]
async fn behind_haproxy_that_keeps_connections_every_request_is_answered() {
    let function = bare().ready().await;
    let options = Options::default().backend("function", [function.address]);
    let proxy = HaProxy::start(options).await.expect("HAProxy is installed");
    proxy.wait_until_routed("function", &[true], SOON).await.expect("it is routable");
    all_are_answered(proxy.address("function")).await;
}
