//! HTTP/1.1 by hand: tests look at connections, and at requests that no client library would send.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

/// Longer than the longest request: its deadline is 10 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request to be written.
#[derive(Clone)]
pub(crate) struct Request {
    head: String,
    body: String,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { head: format!("{method} {path} HTTP/1.1\r\nHost: test\r\n"), body: String::new() }
    }

    pub(crate) fn post(path: &str, body: impl ToString) -> Self {
        let mut request = Self::new("POST", path).header("Content-Type", "application/json");
        request.body = body.to_string();
        request
    }

    /// Whatever this text is.
    pub(crate) fn raw(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        Self { head: format!("{head}\r\n"), body: body.to_owned() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.head, "{name}: {value}\r\n");
        self
    }

    pub(crate) fn text(&self) -> String {
        if self.body.is_empty() || self.head.contains("Content-Length") || self.head.contains("Transfer-Encoding") {
            return format!("{}\r\n{}", self.head, self.body);
        }
        format!("{}Content-Length: {}\r\n\r\n{}", self.head, self.body.len(), self.body)
    }

    /// Asks over a connection of its own.
    pub(crate) async fn ask(&self, address: SocketAddr) -> Answer {
        let mut connection = Connection::open(address).await.expect("the function listens");
        connection.ask(self).await.expect("the function answers")
    }
}

/// Asks for a path over a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    Request::new("GET", path).ask(address).await
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(its, value)| its.eq_ignore_ascii_case(name).then_some(value))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The name of the problem that it is; panics when it is none, or one without a trace id.
    pub(crate) fn problem(&self) -> String {
        let body = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(body["status"], self.status, "{self:?}");
        assert_eq!(body["trace_id"].as_str().map(str::len), Some(32), "{self:?}");
        let name = body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
        name.unwrap_or_else(|| panic!("no problem: {self:?}")).to_owned()
    }

    pub(crate) fn closes(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// A connection that is kept until it is dropped.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    pub(crate) async fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        self.send(&request.text()).await?;
        self.answer().await
    }

    pub(crate) async fn send(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await
    }

    /// What has come and was not taken for an answer.
    pub(crate) fn unread(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// Its two directions, of which nothing has been read.
    pub(crate) fn split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        self.stream.into_split()
    }

    /// Reads one answer; an end before its last byte is an error.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        loop {
            if let Some(answer) = self.whole_answer() {
                return Ok(answer);
            }
            if self.receive().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Reads the head of an answer that has no body.
    pub(crate) async fn head(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.end_of_head() {
                return Ok(String::from_utf8_lossy(&self.received.drain(..end).collect::<Vec<_>>()).into_owned());
            }
            if self.receive().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Reads what comes; 0 is an orderly end.
    pub(crate) async fn receive(&mut self) -> io::Result<usize> {
        let received = timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await;
        received.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    fn end_of_head(&self) -> Option<usize> {
        self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|at| at + 4)
    }

    fn whole_answer(&mut self) -> Option<Answer> {
        let end = self.end_of_head()?;
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let body = self.received.get(end..end + length)?;
        answer.body = String::from_utf8_lossy(body).into_owned();
        self.received.drain(..end + length);
        Some(answer)
    }
}
