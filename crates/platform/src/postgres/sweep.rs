//! The one way in which old rows go: in small batches, the oldest first, and past those that anybody holds. So several
//! processes sweep one table side by side, and nobody waits for a sweep.

use std::time::Duration;

use super::{Error, Pool, Statement};
use crate::drain::Drain;
use crate::sabotage;
use crate::telemetry::context;
use crate::telemetry::log::chain;

/// How often to look for rows that are old enough.
const LOOK: Duration = Duration::from_mins(1);

/// How many rows go at once: few enough that nobody waits for them.
const BATCH: u64 = 1_000;

/// A table that grows by traffic, and how long its rows are kept. Whoever sweeps it needs the rights to read all of it, to
/// delete, and to update one column at least, without which PostgreSQL locks no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The table.
    pub table: &'static str,
    /// Its column with the time from which on rows are kept; null where they are not to go yet. It has an index.
    pub since: &'static str,
    /// How long.
    pub keep: Duration,
}

impl Sweep {
    /// Deletes old rows until the process drains.
    pub async fn run(self, pool: Pool, drain: Drain) {
        let statement = self.statement();
        loop {
            match context::unrecorded(once(&pool, &statement)).await {
                Ok(0) => {}
                Ok(rows) => {
                    tracing::info!(table = self.table, rows, "old rows swept");
                    // A busy minute leaves more than a batch behind.
                    if rows >= BATCH && !drain.begun() {
                        continue;
                    }
                }
                Err(error) => tracing::warn!(table = self.table, error = chain(&error), "old rows could not be swept"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = drain.wait() => return,
            }
        }
    }

    /// Its text is made once in the life of a process.
    fn statement(&self) -> Statement {
        let Self { table, since, keep } = self;
        let past_held = if sabotage::takes_out("sweep past held rows") { "" } else { "SKIP LOCKED" };
        // By place, since a row that is locked stays where it is. The bound is a literal, for the planner, and of the
        // statement's time: no index can be asked for the clock's, so that each row that is kept would be looked at.
        let sql = format!(
            "WITH gone AS (
                 DELETE FROM {table} WHERE ctid = ANY(ARRAY(
                     SELECT ctid FROM {table} WHERE {since} < statement_timestamp() - interval '{} seconds'
                     ORDER BY {since} LIMIT {BATCH} FOR UPDATE {past_held}
                 )) RETURNING 1
             )
             SELECT count(*) FROM gone",
            keep.as_secs()
        );
        Statement::new(String::leak(format!("sweep {table}")), String::leak(sql))
    }
}

async fn once(pool: &Pool, sweep: &Statement) -> Result<u64, Error> {
    let row = pool.write(sweep, &[]).await?;
    let gone: Option<i64> = row.and_then(|row| row.try_get(0).ok());
    gone.and_then(|gone| u64::try_from(gone).ok()).ok_or(Error::Shape(sweep.summary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_in_batches_and_past_those_that_are_held() {
        let sweep = Sweep { table: "letters", since: "sent_at", keep: Duration::from_hours(24) };
        let Statement { summary, sql } = sweep.statement();
        assert_eq!(summary, "sweep letters");
        for part in ["sent_at < statement_timestamp() - interval '86400 seconds'", "ORDER BY sent_at LIMIT 1000"] {
            assert!(sql.contains(part), "{part} is not in {sql}");
        }
    }
}
