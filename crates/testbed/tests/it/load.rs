//! Load against a server that answers as it is asked to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use testbed::http::Answer;
use testbed::load::{Arrivals, Ask, Connection, Lost, Plan, Report, Script, Steady};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::DEADLINE;

/// Answers `/keep` and keeps the connection, answers `/close` and closes it, cuts `/cut`, and never answers `/never`.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicU64>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let connections = Arc::<AtomicU64>::default();
        let its = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                its.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, connections }
    }

    fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream) {
    let mut received = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut received).await {
        if !received.ends_with(b"\r\n\r\n") {
            continue;
        }
        let head = String::from_utf8(std::mem::take(&mut received)).expect("a head is text");
        let path = head.split(' ').nth(1).expect("a path");
        let answer = match path {
            "/keep" => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "/close" => "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
            "/cut" => "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nhi",
            _ => "",
        };
        stream.write_all(answer.as_bytes()).await.expect("the client reads");
        if matches!(path, "/close" | "/cut") {
            return;
        }
    }
}

/// Asks for the same path again and again.
struct Again(&'static str);

impl Script for Again {
    fn ask(&self, _: u64) -> Ask {
        Ask::get(self.0)
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        match answer {
            Ok(answer) if answer.status == 200 && answer.text == "hi" => {
                Ok(if number.is_multiple_of(2) { "even" } else { "odd" })
            }
            Ok(answer) => Err(format!("{}: {}", answer.status, answer.text)),
            Err(Lost::Cut(_)) => Err("cut".to_owned()),
            Err(lost) => Err(lost.to_string()),
        }
    }
}

async fn asked(address: SocketAddr, path: &'static str, arrivals: Arrivals, answers: usize) -> Report {
    let plan = Plan { address, clients: 2, arrivals, patience: Duration::from_millis(200) };
    let load = Steady::start(plan, Again(path)).expect("it begins");
    load.wait_until(DEADLINE, "answers", |report| report.0.len() >= answers).await.expect("they come");
    load.finish(DEADLINE).await.expect("it ends")
}

#[tokio::test]
async fn every_answer_is_judged_and_the_connections_are_kept() {
    let server = Server::start().await;
    let report = asked(server.address, "/keep", Arrivals::Rate(1_000.0), 40).await;
    assert_eq!(report.wrongs(Instant::now()), Vec::<String>::new());
    assert_eq!(report.count("even") + report.count("odd"), report.0.len());
    assert!(report.count("even").abs_diff(report.count("odd")) <= 1, "{report}");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn nobody_asks_more_often_than_told() {
    let server = Server::start().await;
    let begun = Instant::now();
    let report = asked(server.address, "/keep", Arrivals::Rate(50.0), 20).await;
    let most = begun.elapsed().as_secs_f64() * 50.0 + 2.0;
    assert!((report.0.len() as f64) <= most, "{} answers, {most} at most", report.0.len());
}

#[tokio::test]
async fn gaps_lie_between_an_answer_and_the_next_question() {
    let server = Server::start().await;
    let begun = Instant::now();
    let report = asked(server.address, "/keep", Arrivals::Gaps(Duration::from_millis(40)), 20).await;
    // Two clients, and gaps of 20 ms in the middle.
    assert!(begun.elapsed() >= Duration::from_millis(100), "{report} after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_without_loss() {
    let server = Server::start().await;
    let report = asked(server.address, "/close", Arrivals::Rate(500.0), 20).await;
    assert_eq!(report.wrongs(Instant::now()), Vec::<String>::new());
    assert_eq!(server.connections(), report.0.len() as u64);
}

#[tokio::test]
async fn an_answer_that_is_cut_is_lost_and_not_asked_for_again() {
    let server = Server::start().await;
    let report = asked(server.address, "/cut", Arrivals::Rate(500.0), 20).await;
    assert_eq!(report.kinds().get("WRONG"), Some(&report.0.len()));
    assert!(report.0.iter().all(|seen| seen.judged == Err("cut".to_owned())), "{report:?}");
    assert_eq!(server.connections(), report.0.len() as u64);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_lost_after_all_patience() {
    let server = Server::start().await;
    let report = asked(server.address, "/never", Arrivals::Rate(500.0), 2).await;
    assert!(report.0.iter().all(|seen| seen.judged == Err("no answer in time".to_owned())), "{report:?}");
    assert!(report.0.iter().all(|seen| seen.took >= Duration::from_millis(200)), "{report:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_loses_every_request() {
    let nobody = SocketAddr::from(([127, 0, 0, 1], testbed::port::free_port()));
    let report = asked(nobody, "/keep", Arrivals::Rate(500.0), 4).await;
    assert!(report.0.iter().all(|seen| seen.judged.as_ref().is_err_and(|it| it.starts_with("no connection"))));
}

#[tokio::test]
async fn a_script_that_panics_fails_the_load() {
    struct Wrong;
    impl Script for Wrong {
        fn ask(&self, _: u64) -> Ask {
            Ask::get("/keep")
        }
        fn judge(&self, _: u64, _: Result<&Answer, &Lost>) -> Result<&'static str, String> {
            panic!("a test that is wrong itself")
        }
    }
    let server = Server::start().await;
    let plan = Plan { address: server.address, clients: 1, arrivals: Arrivals::Rate(100.0), patience: DEADLINE };
    let load = Steady::start(plan, Wrong).expect("it begins");
    let asked = testbed::wait::until(DEADLINE, "a question", async || server.connections() == 1);
    asked.await.expect("it asks");
    load.finish(DEADLINE).await.expect_err("nothing that it judged counts");
}

#[tokio::test]
async fn a_slow_body_arrives_in_pieces_and_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let mut connection = Connection::to(listener.local_addr().expect("it has an address"));
    let ask = Ask::post("/", "0123456789").slowly(Duration::from_millis(100));
    let asking = tokio::spawn(async move { connection.ask(&ask).await });
    let (mut stream, _) = listener.accept().await.expect("it connects");
    let (mut received, mut reads) = (Vec::new(), 0);
    while !received.ends_with(b"0123456789") {
        assert!(stream.read_buf(&mut received).await.expect("it sends") > 0, "it ends early");
        reads += 1;
    }
    let text = String::from_utf8_lossy(&received);
    assert!(text.contains("content-length: 10\r\n"), "{text}");
    assert!(reads >= 5, "in {reads} pieces");
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.expect("it reads");
    assert_eq!(asking.await.expect("no panic").expect("an answer").status, 200);
}
