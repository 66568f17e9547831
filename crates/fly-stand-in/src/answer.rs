//! What comes back.

use serde_json::Value;
use time::OffsetDateTime;

use crate::fly::Waiting;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The header `fly-request-id`.
    pub request_id: String,
    /// The header `retry-after`.
    pub retry_after_s: Option<u64>,
    /// Its body: JSON, or nothing.
    pub body: String,
}

impl Answer {
    pub(crate) fn new(request_id: &str, status: u16, body: &Value) -> Self {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Self { status, request_id: request_id.to_owned(), retry_after_s: None, body }
    }
}

/// What comes of a call.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An answer, at once.
    Answered(Answer),
    /// One that has to be asked for: see [`Fly::settle`](crate::Fly::settle).
    Later(Later),
    /// Nothing, for as long as the caller waits.
    Hangs,
    /// The end of the connection.
    Cut,
}

/// A call that is not answered yet.
#[derive(Clone, Debug)]
pub struct Later {
    request_id: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Waits(Waiting),
    Held(u64),
}

impl Later {
    pub(crate) fn waits(request_id: String, waiting: Waiting) -> Self {
        Self { request_id, what: What::Waits(waiting) }
    }

    pub(crate) fn held(request_id: String, ticket: u64) -> Self {
        Self { request_id, what: What::Held(ticket) }
    }

    /// When it is answered at the latest; none, where that hangs on others.
    pub fn until(&self) -> Option<OffsetDateTime> {
        self.waiting().ok().map(|waiting| waiting.until)
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// What it waits for, or else its ticket.
    pub(crate) fn waiting(&self) -> Result<&Waiting, u64> {
        match &self.what {
            What::Waits(waiting) => Ok(waiting),
            What::Held(ticket) => Err(*ticket),
        }
    }
}
