use std::time::Duration;

use super::lock;
use crate::drain::Drain;
use crate::postgres::{Pool, Statement};
use crate::telemetry::context;
use crate::telemetry::log::chain;

/// How often to look for answers that are old enough.
const LOOK: Duration = Duration::from_secs(60);

/// How many rows go at once: a batch that nobody waits for.
const BATCH: i64 = 1_000;

/// Several functions sweep the table. The lock makes one of them do it at a time, so that two never wait for each
/// other's rows; `SKIP LOCKED` would do the same, but wants the right to update.
const SWEEP: Statement = Statement::new(
    "delete old idempotency keys",
    "WITH turn AS MATERIALIZED (
         SELECT pg_try_advisory_xact_lock($1) AS mine
     ), old AS (
         SELECT person_id, route, key_hash FROM idempotency_keys
         WHERE (SELECT mine FROM turn) AND created_at < clock_timestamp() - interval '24 hours'
         ORDER BY created_at LIMIT $2
     ), gone AS (
         DELETE FROM idempotency_keys k USING old
         WHERE k.person_id = old.person_id AND k.route = old.route AND k.key_hash = old.key_hash
         RETURNING k.key_hash
     )
     SELECT count(*) FROM gone",
);

/// Deletes answers that are older than a day, in small batches, until the process drains.
pub(crate) async fn sweep(pool: Pool, drain: Drain) {
    loop {
        match context::unrecorded(pool.query_opt(&SWEEP, &[&lock(&[b"idempotency sweep"]), &BATCH])).await {
            Ok(Some(row)) if row.get::<_, i64>(0) == BATCH && !drain.begun() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = chain(&error), "old idempotency keys could not be deleted"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = drain.wait() => return,
        }
    }
}
