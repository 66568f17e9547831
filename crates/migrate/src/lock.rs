//! One run at a time in a database.

use std::time::Duration;

use platform::sabotage;
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;

use crate::{Error, Say};

/// The key of our advisory lock: "migrate" in ASCII, so that it is told from others in `pg_locks`.
const KEY: i64 = 0x006d_6967_7261_7465;

/// How often the lock is tried. Waiting within the server instead would hold a snapshot meanwhile, for which a
/// `CREATE INDEX CONCURRENTLY` of the run ahead would wait in turn.
const INTERVAL: Duration = Duration::from_millis(100);

/// How often somebody who watches is told that we still wait.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Takes the lock for the session, or gives up after `patience`.
pub(crate) async fn take(client: &Client, patience: Duration, say: Say<'_>) -> Result<(), Error> {
    let began = Instant::now();
    let mut told: Option<Instant> = None;
    loop {
        let row = client.query_one("SELECT pg_try_advisory_lock($1)", &[&KEY]).await;
        let taken: bool = row.and_then(|row| row.try_get(0)).map_err(Error::refused("take the lock"))?;
        if taken || sabotage::takes_out("migration lock") {
            return Ok(());
        }
        let waited = began.elapsed();
        if waited >= patience {
            return Err(Error::Locked(patience));
        }
        if told.is_none_or(|at| at.elapsed() >= TOLD_EVERY) {
            say(&waiting(waited, patience));
            told = Some(Instant::now());
        }
        sleep(INTERVAL.min(patience - waited)).await;
    }
}

fn waiting(waited: Duration, patience: Duration) -> String {
    format!("another migrate is at work; waiting for it, {} s of {} s", waited.as_secs(), patience.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_reads_migrate() {
        assert_eq!(&KEY.to_be_bytes(), b"\0migrate");
    }

    #[test]
    fn a_wait_is_told_with_its_bound() {
        let text = waiting(Duration::from_millis(10_100), Duration::from_secs(60));
        assert_eq!(text, "another migrate is at work; waiting for it, 10 s of 60 s");
    }
}
