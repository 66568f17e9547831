//! Every wait has a bound. The limits stand here, outermost first; a request's own deadline narrows each of them.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::sabotage;

/// What a request may take from its head, once that was read, to its answer.
pub const REQUEST: Duration = Duration::from_secs(10);
/// What a client may take to send a request's head, from its first byte to its last.
pub const HEAD: Duration = REQUEST;
/// What a client may take to send a request's body.
pub const BODY: Duration = Duration::from_secs(5);
/// What a client may take to read an answer, from when the system's own buffers are full of it: a common answer fits
/// into those whole.
pub const ANSWER: Duration = REQUEST;
/// What a request may wait for a connection of the pool.
pub const POOL_WAIT: Duration = Duration::from_secs(1);
/// What a transaction may take from its first byte to its last.
pub const TRANSACTION: Duration = Duration::from_secs(3);
/// What the server lets a statement take; less than [`TRANSACTION`], so that the server says it first.
pub const STATEMENT: Duration = Duration::from_millis(2_500);
/// What a statement may wait for a lock of another transaction; less than [`STATEMENT`], so that a wait for ourselves is
/// told from a slow server.
pub const LOCK: Duration = Duration::from_secs(2);
/// How long the server lets a transaction wait for its next statement: more than [`TRANSACTION`], after which only a
/// process that is frozen has not ended it, and its locks must not outlive that.
pub const IDLE_IN_TRANSACTION: Duration = Duration::from_millis(3_500);
/// What opening a connection may take.
pub const CONNECT: Duration = Duration::from_secs(2);
/// How long a network may leave what was sent unacknowledged before its connection counts as lost. Linux counts from TCP's
/// first repetition, 0.2 to 0.5 s later, so that it is about a second in all, and three repetitions. A server that is
/// frozen acknowledges all the same.
pub const UNACKNOWLEDGED: Duration = Duration::from_millis(800);
/// What a request may wait for Redis.
pub const REDIS: Duration = Duration::from_millis(50);
/// What a prober's question may take.
pub const PROBE: Duration = Duration::from_secs(2);
/// What a call to another service may take.
pub const OUTGOING: Duration = Duration::from_secs(5);

tokio::task_local! {
    static DEADLINE: Instant;
}

/// A wait that was longer than its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not done within its time")]
pub struct TooLate;

/// Runs a request's work under a deadline that everything below it sees.
///
/// # Errors
/// When the deadline passes; the work is dropped then.
pub async fn request<F: Future>(limit: Duration, work: F) -> Result<F::Output, TooLate> {
    let limit = if sabotage::takes_out("request deadline") { limit * 100 } else { limit };
    let deadline = Instant::now() + limit;
    DEADLINE.scope(deadline, async { timeout_at(deadline, work).await.map_err(|_| TooLate) }).await
}

/// Runs work for `limit` at most, or as long as the request at hand still has.
///
/// # Errors
/// When the bound passes; the work is dropped then.
pub async fn within<F: Future>(limit: Duration, work: F) -> Result<F::Output, TooLate> {
    let bound = Instant::now() + limit;
    let bound = DEADLINE.try_with(|deadline| bound.min(*deadline)).unwrap_or(bound);
    timeout_at(bound, work).await.map_err(|_| TooLate)
}

/// Whether the request at hand has used up its time. Outside of a request there is no such time.
#[must_use]
pub fn is_over() -> bool {
    DEADLINE.try_with(|deadline| *deadline <= Instant::now()).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    #[test]
    fn inner_bounds_are_tighter_than_outer_ones() {
        assert!(LOCK < STATEMENT && STATEMENT < TRANSACTION && TRANSACTION < IDLE_IN_TRANSACTION);
        assert!(POOL_WAIT + TRANSACTION + CONNECT < REQUEST);
        // A read over a connection that is lost, and once more over a new one.
        assert!(UNACKNOWLEDGED < POOL_WAIT && UNACKNOWLEDGED < PROBE && UNACKNOWLEDGED + CONNECT < OUTGOING);
        assert!(POOL_WAIT + UNACKNOWLEDGED + POOL_WAIT + CONNECT + TRANSACTION < REQUEST);
        assert!(OUTGOING < REQUEST && BODY < REQUEST);
    }

    #[tokio::test(start_paused = true)]
    async fn work_past_its_bound_is_dropped() {
        assert_eq!(within(POOL_WAIT, sleep(POOL_WAIT * 2)).await, Err(TooLate));
    }

    /// Guards: request deadline.
    #[tokio::test(start_paused = true)]
    async fn a_request_narrows_what_is_below_it() {
        let began = Instant::now();
        let late = request(Duration::from_secs(1), within(TRANSACTION, sleep(TRANSACTION))).await;
        assert!(matches!(late, Err(TooLate) | Ok(Err(TooLate))));
        assert_eq!(began.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn work_within_its_bound_gives_its_value() {
        assert_eq!(request(REQUEST, within(POOL_WAIT, async { 7 })).await, Ok(Ok(7)));
    }
}
