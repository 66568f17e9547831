//! One request and its answer, over a connection that is kept.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Asks over a kept connection, or over a new one. The status, and the connection if it can be used again.
pub(super) async fn exchange(
    address: SocketAddr,
    kept: Option<TcpStream>,
    request: &[u8],
) -> io::Result<(u16, Option<TcpStream>)> {
    let mut stream = match kept {
        Some(stream) => stream,
        None => TcpStream::connect(address).await?,
    };
    stream.write_all(request).await?;
    let mut received = Vec::with_capacity(4_096);
    loop {
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(answer) = Answer::read(&received) {
            return Ok((answer.status, (!answer.closes).then_some(stream)));
        }
    }
}

/// As much of an answer as a load looks at.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    closes: bool,
}

impl Answer {
    /// Once it is whole.
    fn read(received: &[u8]) -> Option<Self> {
        let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&received[..end]).ok()?.to_ascii_lowercase();
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let length: usize = header("content-length:").and_then(|text| text.parse().ok()).unwrap_or(0);
        let status = head.split(' ').nth(1)?.parse().ok()?;
        (received.len() >= end + 4 + length).then(|| Self { status, closes: header("connection:") == Some("close") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_its_last_byte_is_there() {
        let text = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        assert_eq!(Answer::read(&text[..text.len() - 1]), None);
        assert_eq!(Answer::read(text), Some(Answer { status: 503, closes: true }));
    }
}
