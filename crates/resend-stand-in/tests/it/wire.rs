//! What only a real connection shows.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{App, HttpServer, rt};
use resend_stand_in::{Behaviour, routes};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::stand_in::{StandIn, mail};

/// The stand-in behind a port of its own. It ends with the test's runtime.
fn listen(stand_in: &StandIn) -> SocketAddr {
    let shared = stand_in.0.clone();
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).configure(routes))
        .workers(1)
        // Otherwise a caller that went away is taken for one that has only stopped writing.
        .h1_allow_half_closed(false)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("a free port");
    let address = server.addrs()[0];
    rt::spawn(server.run());
    address
}

/// A connection on which a mail was posted and nothing read.
async fn posted(address: SocketAddr) -> TcpStream {
    let body = mail("ada@a.test").to_string();
    let head = "POST /emails HTTP/1.1\r\nhost: a\r\nuser-agent: test\r\nauthorization: Bearer re_test";
    let length = body.len();
    let request = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    connection.write_all(request.as_bytes()).await.expect("a request");
    connection
}

/// Waits until this count of the report is above nothing.
async fn until(stand_in: &StandIn, name: &str) {
    let counted = async {
        while stand_in.get("/control/deliveries").await.json()[name] == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), counted).await.expect(name);
}

#[actix_web::test]
async fn a_mail_is_accepted_although_its_sender_hung_up() {
    let latency = Duration::from_millis(100);
    let stand_in = StandIn::new(Behaviour { latency, ..Behaviour::default() });
    let connection = posted(listen(&stand_in)).await;
    until(&stand_in, "requests").await;
    drop(connection);
    until(&stand_in, "count").await;
}

#[actix_web::test]
async fn a_dropped_connection_gives_no_whole_answer() {
    let stand_in = StandIn::new(Behaviour::default());
    stand_in.behave(json!({"fail_next": [{"drop_connection": true}]})).await;
    let mut connection = posted(listen(&stand_in)).await;
    let mut read = Vec::new();
    // Ended or reset, both are a lost connection; what counts is that no body came.
    let end = timeout(Duration::from_secs(10), connection.read_to_end(&mut read)).await;
    assert!(end.is_ok(), "the connection stays open");
    let answer = String::from_utf8_lossy(&read);
    assert!(!answer.contains("statusCode"), "{answer}");
    let report = stand_in.get("/control/deliveries").await.json();
    assert_eq!(report["count"], 0);
}
