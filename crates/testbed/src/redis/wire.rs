use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Error;

/// Sends one command to a server without TLS; its answer as it comes over the wire (RESP2), and the one to `QUIT`.
///
/// # Errors
///
/// When the server is not there, or hangs up before it has answered.
pub async fn command(url: &str, words: &[&str]) -> Result<String, Error> {
    exchange(url, words).await.map_err(Error::io(format!("could not ask Redis at {url} for {words:?}")))
}

async fn exchange(url: &str, words: &[&str]) -> io::Result<String> {
    let address = url.strip_prefix("redis://").ok_or(io::ErrorKind::InvalidInput)?;
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all((array(words) + &array(&["QUIT"])).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// A command as Redis reads it: an array of texts with their lengths in bytes.
fn array(words: &[&str]) -> String {
    let head = format!("*{}\r\n", words.len());
    words.iter().fold(head, |text, word| format!("{text}${}\r\n{word}\r\n", word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_tells_how_many_words_it_has_and_how_long_they_are() {
        assert_eq!(array(&["GET", "ä"]), "*2\r\n$3\r\nGET\r\n$2\r\nä\r\n");
    }
}
