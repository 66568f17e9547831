//! Who may do what: membership is a predicate in the SQL, and what a caller may not see does not exist for them.

use platform::http::problem::{NOT_FOUND, Problem};

/// What was not found, or is not the caller's to see: both are answered alike.
pub(crate) fn not_found() -> Problem {
    NOT_FOUND.into()
}
