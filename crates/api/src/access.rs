//! Who may do what: membership is a predicate in the SQL, and what a caller may not see does not exist for them.

use platform::http::problem::{NOT_FOUND, Problem};

/// What was not found, or is not the caller's to see: both are answered alike.
pub(crate) fn visible<T>(found: Option<T>) -> Result<T, Problem> {
    found.ok_or_else(|| NOT_FOUND.into())
}

/// Of a caller whose token outlived the person.
pub(crate) fn gone() -> Problem {
    Problem::invalid_token("The person of this access token does not exist any more.")
}
