//! Just enough HTTP/1.1 to ask whether something is ready.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One question's bound: longer than a probe of ours may take (2 s), so that its own verdict is seen.
const PATIENCE: Duration = Duration::from_secs(3);

/// The status that a GET of `http://host:port/path` is answered with.
pub(super) async fn status(url: &str) -> io::Result<u16> {
    tokio::time::timeout(PATIENCE, ask(url))
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer within 3 s"))?
}

async fn ask(url: &str) -> io::Result<u16> {
    let rest = url.strip_prefix("http://").ok_or_else(|| invalid(&format!("{url:?} does not begin with http://")))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    // To the end, so that the server is not left with an answer that nobody reads.
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let code = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
    code.filter(|_| answer.starts_with("HTTP/1.")).ok_or_else(|| invalid("an answer that is not HTTP"))
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
