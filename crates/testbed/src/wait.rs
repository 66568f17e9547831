//! Waiting for a condition with a deadline, instead of sleeping for a time that is hopefully long enough.

use std::time::{Duration, Instant};

use crate::Error;

/// How often a condition is looked at: short against what a person notices, long against what a look costs.
pub(crate) const INTERVAL: Duration = Duration::from_millis(10);

/// Looks at `condition` until it is true.
///
/// # Errors
///
/// [`Error::Late`], with `what` in its text, when the deadline passes first. A condition that hangs is abandoned at
/// the deadline.
pub async fn until(deadline: Duration, what: &str, mut condition: impl AsyncFnMut() -> bool) -> Result<(), Error> {
    until_some(deadline, what, async || condition().await.then_some(())).await
}

/// Looks until there is something to return.
///
/// # Errors
///
/// [`Error::Late`], with `what` in its text, when the deadline passes first.
pub async fn until_some<T>(
    deadline: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> Result<T, Error> {
    let late = || Error::Late { what: what.to_owned(), deadline, seen: String::new() };
    let begun = Instant::now();
    loop {
        // At least one interval, so that a deadline that has just passed still gives the condition a look.
        let left = deadline.saturating_sub(begun.elapsed()).max(INTERVAL);
        match tokio::time::timeout(left, look()).await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) if begun.elapsed() < deadline => tokio::time::sleep(INTERVAL).await,
            Ok(None) | Err(_) => return Err(late()),
        }
    }
}
