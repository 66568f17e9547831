//! What testbed itself says to the server.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Redis;
use crate::Error;

impl Redis {
    /// Sends one command, over a connection of its own and without TLS; the answer as it comes over the wire.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the server cannot be reached.
    pub async fn command(&self, words: &[&str]) -> Result<String, Error> {
        let asked = async {
            let mut stream = TcpStream::connect(self.address()).await?;
            stream.write_all(format!("{}{}", array(words), array(&["QUIT"])).as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok(answer)
        };
        asked.await.map_err(Error::io(format!("could not send {} to Redis", words.join(" "))))
    }

    /// How many commands the server has run, by its own count: those of this function, and what keeps connections up,
    /// are left out.
    ///
    /// # Errors
    ///
    /// As [`Redis::command`].
    pub async fn commands_run(&self) -> Result<u64, Error> {
        Ok(counted(&self.command(&["INFO", "commandstats"]).await?))
    }
}

/// As the protocol writes it (RESP).
fn array(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{}", words.len(), words.concat())
}

fn counted(stats: &str) -> u64 {
    const OURS: [&str; 6] = ["info", "quit", "ping", "hello", "client|setinfo", "client|setname"];
    let calls = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        rest.split(',').next()?.parse::<u64>().ok().filter(|_| !OURS.contains(&name))
    };
    stats.lines().filter_map(calls).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sent_with_their_lengths() {
        assert_eq!(array(&["GET", "a b"]), "*2\r\n$3\r\nGET\r\n$3\r\na b\r\n");
    }

    #[test]
    fn what_only_keeps_connections_up_is_not_counted() {
        let stats = "# Commandstats\r\ncmdstat_zrange:calls=3,usec=1\r\ncmdstat_ping:calls=9,usec=1\r\n\
                     cmdstat_info:calls=1,usec=1\r\ncmdstat_zadd:calls=4,usec=1\r\n";
        assert_eq!(counted(stats), 7);
    }
}
