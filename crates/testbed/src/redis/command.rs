//! What testbed itself says to the server.

use super::Redis;
use crate::Error;

impl Redis {
    /// Sends one command: see [`command`](super::command()).
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    pub async fn command(&self, words: &[&str]) -> Result<String, Error> {
        super::command(&self.url(), words).await
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
    fn what_only_keeps_connections_up_is_not_counted() {
        let stats = "# Commandstats\r\ncmdstat_zrange:calls=3,usec=1\r\ncmdstat_ping:calls=9,usec=1\r\n\
                     cmdstat_info:calls=1,usec=1\r\ncmdstat_zadd:calls=4,usec=1\r\n";
        assert_eq!(counted(stats), 7);
    }
}
