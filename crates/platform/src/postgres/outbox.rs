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
//! | `traceparent`, `tracestate` | the trace of the cause, as [`Enqueue`] has it |

mod enqueue;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

pub use enqueue::{DESTINATION, Enqueue, SYSTEM};

use super::Statement;
use crate::function::Tools;
use crate::probe::Degraded;
use crate::telemetry::context;
use crate::telemetry::log::chain;
use crate::telemetry::metric::{EncodeLabelSet, Family, Gauge, Instruments, Registry};

/// What a mail may wait; older ones are told in `/readyz`.
const TOO_OLD_S: f64 = 60.0;

/// How often the gauges look.
const LOOK: Duration = Duration::from_secs(15);

/// How far messages are counted: whoever acts on the number acts long before, and to count a million takes a core.
const COUNTED: i64 = 10_000;

/// How many wait, at most `$1`, for how many seconds the oldest, and how many of each sort ended unsent, at most `$1`.
pub const DEPTH: Statement = Statement::new(
    "select outbox depth",
    "WITH waiting AS (
         SELECT created_at FROM outbox WHERE state = 'queued' ORDER BY created_at LIMIT $1
     )
     SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8,
            (SELECT count(*) FROM (SELECT FROM outbox WHERE state = 'dead' LIMIT $1) AS dead),
            (SELECT count(*) FROM (SELECT FROM outbox WHERE state = 'uncertain' LIMIT $1) AS uncertain)
     FROM waiting",
);

#[derive(Clone, Debug)]
struct OutboxMetrics {
    depth: Gauge,
    oldest_age: Gauge<f64, AtomicU64>,
    unsent: Family<UnsentLabels, Gauge>,
}

/// How a message ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct UnsentLabels {
    /// `dead`: it will never be sent; `uncertain`: nobody can know whether it was.
    state: &'static str,
}

impl Instruments for OutboxMetrics {
    fn register(registry: &mut Registry) -> Self {
        let oldest = "Age of the oldest message that waits";
        let unsent =
            "Messages of the last 30 days that are dead, or nobody knows whether they were sent, counted to 10,000";
        Self {
            depth: registry.add("outbox_depth", "Messages that wait in the outbox, counted to 10,000"),
            oldest_age: registry.add_seconds("outbox_oldest_age", oldest, Gauge::default()),
            unsent: registry.add("outbox_unsent", unsent),
        }
    }
}

/// Exports how many messages wait, how old the oldest is and how many ended unsent, until the process drains. One function
/// that always runs does this beside those that send, so that these can be scaled by it, down to none.
pub async fn export_depth<S>(tools: Tools<S>) {
    let Ok(pool) = tools.pool() else { return };
    let Tools { metrics, degraded, drain, .. } = tools;
    let metrics: OutboxMetrics = metrics.of();
    loop {
        match context::unrecorded(pool.query_queue(&DEPTH, &[&COUNTED])).await {
            Ok(rows) => {
                if let Some(row) = rows.first() {
                    metrics.depth.set(row.get(0));
                    let oldest = row.get(1);
                    metrics.oldest_age.set(oldest);
                    for (state, at) in [("dead", 2), ("uncertain", 3)] {
                        metrics.unsent.get_or_create(&UnsentLabels { state }).set(row.get(at));
                    }
                    tell(&degraded, oldest);
                }
            }
            Err(error) => tracing::warn!(error = chain(&error), "the outbox could not be measured"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = drain.wait() => return,
        }
    }
}

/// Tells `/readyz` of messages that wait for too long.
fn tell(degraded: &Degraded, oldest_s: f64) {
    if oldest_s > TOO_OLD_S {
        degraded.note("outbox", format!("oldest {oldest_s:.0} s"));
    } else {
        degraded.over("outbox");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn what_waits_for_longer_than_a_minute_is_told_while_it_does() {
        let degraded = Degraded::new(Clock::system());
        tell(&degraded, 60.0);
        assert_eq!(degraded.told(), Vec::<String>::new());
        tell(&degraded, 224.4);
        assert!(degraded.told()[0].starts_with("outbox: oldest 224 s since "), "{:?}", degraded.told());
        tell(&degraded, 0.0);
        assert_eq!(degraded.told(), Vec::<String>::new());
    }
}
