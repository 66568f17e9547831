//! Who holds the lock that a statement waits for. After the wait nobody can tell any more, so it is asked meanwhile: not
//! long before the server gives up the wait, over a connection of its own, by a task that no request waits for.

use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{PostgresSettings, Statement};
use crate::guard::deadline;

/// When a statement is asked about: it hardly ever runs for so long without waiting for a lock.
const LATE: Duration = deadline::LOCK.saturating_sub(Duration::from_millis(600));

/// Of those of this pool that wait with this statement, the one that has waited longest. What another role's session does
/// is hidden from ours, its name is not.
const BLOCKER: &str = "
    SELECT blocker.application_name,
           to_char(blocker.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
           (SELECT class.relname::text FROM pg_locks wanted JOIN pg_class class ON class.oid = wanted.relation
            WHERE wanted.pid = waiting.pid AND NOT wanted.granted LIMIT 1)
    FROM pg_stat_activity waiting
    CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS by(pid)
    JOIN pg_stat_activity blocker ON blocker.pid = by.pid
    WHERE waiting.datname = current_database() AND waiting.application_name = $1
      AND waiting.wait_event_type = 'Lock' AND left(waiting.query, 200) = left($2, 200)
    ORDER BY waiting.query_start, blocker.xact_start
    LIMIT 1";

/// Who holds a lock, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Its `application_name`.
    pub application: String,
    /// When its transaction began, UTC; none where its role's sessions are hidden from ours.
    pub since: Option<String>,
    /// The table, where the whole of it is waited for.
    pub relation: Option<String>,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = if self.application.is_empty() { "(nameless)" } else { &self.application };
        f.write_str(named)?;
        self.since.as_ref().map_or(Ok(()), |since| write!(f, " since {since}"))
    }
}

/// What is found, for whoever has waited.
pub(super) type Found = Arc<OnceLock<Blocker>>;

/// Asks for one pool, about one statement at a time.
pub(super) struct Blockers {
    database: PostgresSettings,
    pool: String,
    asking: AtomicBool,
}

impl Blockers {
    pub(super) fn new(database: PostgresSettings, pool: String) -> Arc<Self> {
        Arc::new(Self { database, pool, asking: AtomicBool::new(false) })
    }

    /// For as long as it is polled: asks once the statement has waited for long.
    pub(super) async fn watch(self: &Arc<Self>, statement: &Statement, found: &Found) -> Infallible {
        tokio::time::sleep(LATE).await;
        if !self.asking.swap(true, Ordering::Relaxed) {
            let (blockers, sql, found) = (self.clone(), statement.sql, found.clone());
            tokio::spawn(async move {
                let asked = tokio::time::timeout(deadline::CONNECT, blockers.ask(sql)).await;
                if let Some(blocker) = asked.ok().flatten() {
                    // The first one stands.
                    let _ = found.set(blocker);
                }
                blockers.asking.store(false, Ordering::Relaxed);
            });
        }
        pending().await
    }

    async fn ask(&self, sql: &str) -> Option<Blocker> {
        // A failure leaves the line as it would be without.
        let client = self.database.connect(&format!("{}/locks", self.pool)).await.ok()?;
        let row = client.query_opt(BLOCKER, &[&self.pool, &sql]).await.ok()??;
        Some(Blocker { application: row.get(0), since: row.get(1), relation: row.get(2) })
    }
}
