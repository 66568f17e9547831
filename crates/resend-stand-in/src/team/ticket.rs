//! A request that is worked on.

use std::time::Duration;

use serde_json::Value;

use crate::answer::Answer;
use crate::behaviour::Fault;
use crate::idempotency::{Endpoint, Print, Slot};
use crate::mail::Mail;
use crate::problem::Problem;
use crate::rate::Stand;

/// A good send request between its arrival and its acceptance. It must be settled even if the caller has
/// gone: Resend does not stop because nobody listens any more.
pub(crate) struct Ticket {
    /// Where the request came.
    pub(super) endpoint: Endpoint,
    /// How long to wait before it is settled.
    pub(crate) latency: Duration,
    /// Where the caller stood when it came.
    pub(super) rate: Option<Stand>,
    /// Its key, which is under way until it is settled.
    pub(super) slot: Option<Slot>,
    /// Its body's print.
    pub(super) print: Print,
    /// What it asks to send.
    pub(super) mails: Vec<Mail>,
    /// How it will fail, if it will.
    pub(super) fault: Option<Fault>,
}

/// The answer of a request that fails by this fault.
pub(super) fn failed(fault: &Fault) -> Answer {
    if fault.malformed {
        return Answer::ok(Value::String("We are back in a moment.".to_owned()));
    }
    let problem = Problem { retry_after: fault.retry_after_s, ..Problem::named(fault.status, fault.name.clone()) };
    Answer { cut: fault.drop_connection, ..problem.into() }
}
