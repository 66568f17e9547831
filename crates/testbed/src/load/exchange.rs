//! One request and its answer, over a connection that is kept.

use std::io;
use std::net::SocketAddr;

use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http::Answer;

/// Asks over a kept connection, or over a new one. The answer, and the connection if it can be used again.
pub(super) async fn exchange(
    address: SocketAddr,
    kept: Option<TcpStream>,
    request: &[u8],
) -> io::Result<(Answer, Option<TcpStream>)> {
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
        if let Some(answer) = whole(&received) {
            let closes = answer.header(CONNECTION.as_str()).eq_ignore_ascii_case("close");
            return Ok((answer, (!closes).then_some(stream)));
        }
    }
}

/// The answer, once it is whole.
fn whole(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(&received[..end]).ok()?.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(header).collect::<HeaderMap>();
    let mut answer = Answer { status, headers, text: String::new() };
    let length: usize = answer.header("content-length").parse().unwrap_or(0);
    answer.text = String::from_utf8_lossy(received.get(end + 4..end + 4 + length)?).into_owned();
    Some(answer)
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    Some((name.parse().ok()?, value.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_its_last_byte_is_there() {
        let text = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        assert!(whole(&text[..text.len() - 1]).is_none());
        let answer = whole(text).expect("it is there");
        assert_eq!((answer.status, answer.header("connection"), answer.text.as_str()), (503, "close", "{}"));
    }
}
