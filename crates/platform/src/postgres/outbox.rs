//! The outbox: messages that leave by another process, written in the transaction that causes them.
//!
//! A writer inserts into `outbox` by the statement that makes its cause, with these columns; all others have
//! defaults that belong to the process that empties the outbox:
//!
//! | column | what it holds |
//! | --- | --- |
//! | `id` | UUIDv7 |
//! | `kind` | what message it is; a reader leaves alone kinds that it does not know |
//! | `reason` | unique, so that one cause has one message: `application:{id}:received` |
//! | `payload` | ids alone: never an address, a text or a token |
//! | `priority` | 0 goes before 1 |
//! | `send_before` | after this it is of no use to anybody |
//! | `traceparent` | [`traceparent`](crate::telemetry::context::traceparent) of the cause |

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;

use super::{Pool, Statement};
use crate::drain::Drain;
use crate::telemetry::context;
use crate::telemetry::log::chain;
use crate::telemetry::metric::Metrics;

/// How often the gauges look.
const LOOK: Duration = Duration::from_secs(15);

const DEPTH: Statement = Statement::new(
    "select outbox depth",
    "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8
     FROM outbox WHERE state = 'queued'",
);

/// Exports how many messages wait and how old the oldest is, until the process drains. One function that always runs
/// does this, so that workers can be scaled by it, down to none.
pub async fn export_depth(pool: Pool, metrics: Metrics, drain: Drain) {
    let (depth, age) = (Gauge::<i64>::default(), Gauge::<f64, AtomicU64>::default());
    metrics.register("outbox_depth", "Messages that wait in the outbox", depth.clone());
    metrics.register_seconds("outbox_oldest_age", "Age of the oldest message that waits", age.clone());
    loop {
        match context::unrecorded(pool.query_opt(&DEPTH, &[])).await {
            Ok(Some(row)) => {
                depth.set(row.get(0));
                age.set(row.get(1));
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(error = chain(&error), "the outbox could not be measured"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = drain.wait() => return,
        }
    }
}
