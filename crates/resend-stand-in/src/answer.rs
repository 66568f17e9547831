//! What goes back to the sender, before it is bytes.

use serde_json::Value;

use crate::problem::Problem;
use crate::rate::Stand;

/// One answer of the API.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The JSON body.
    pub(crate) body: Value,
    /// Where the caller stands with the rate limit, if there is one.
    pub(crate) rate: Option<Stand>,
    /// Seconds after which to try again.
    pub(crate) retry_after: Option<u64>,
    /// Whether the connection is cut instead of answering.
    pub(crate) cut: bool,
}

impl Answer {
    /// A good answer.
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body, rate: None, retry_after: None, cut: false }
    }

    /// The same answer, which also tells the rate.
    pub(crate) fn at(self, rate: Option<Stand>) -> Self {
        Self { rate, ..self }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self { status: problem.status, body: problem.body(), rate: None, retry_after: problem.retry_after, cut: false }
    }
}
