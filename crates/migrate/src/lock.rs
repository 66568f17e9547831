//! One run at a time in a database; and how often a run tries what others' locks keep from it.

use std::time::Duration;

use platform::sabotage;
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;

use crate::{Error, MigrateSettings, Say};

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

/// Tries of a statement that waits for a table's lock. All traffic on the table waits behind it, so it gives up soon; and then
/// leaves the table alone for as long, since whoever held it is gone by then, or will be.
pub(crate) struct Tries<'a> {
    settings: &'a MigrateSettings,
    say: Say<'a>,
    done: usize,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(settings: &'a MigrateSettings, say: Say<'a>) -> Self {
        Self { settings, say, done: 1 }
    }

    /// Whether it is to be tried once more, when its time has come.
    pub(crate) async fn another(&mut self, what: &str, is_busy: bool) -> bool {
        let (pause, tries) = (self.settings.lock_timeout, self.settings.lock_tries);
        if !is_busy || self.done >= tries || sabotage::takes_out("migration tries") {
            return false;
        }
        self.done += 1;
        let (seconds, done) = (pause.as_secs_f64(), self.done);
        (self.say)(&format!(
            "{what} waited {seconds} s for a lock and was rolled back; try {done} of {tries} in {seconds} s"
        ));
        sleep(pause).await;
        true
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
