//! What is refused, in Fly's own words where they are known.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::lease::Lease;

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Refusal {
    pub(crate) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, body: json!({ "error": text.into() }) }
    }

    /// With Fly's word for its kind.
    pub(crate) fn coded(status: u16, text: impl Into<String>, code: &str) -> Self {
        Self { status, body: json!({ "error": text.into(), "status": code }) }
    }

    /// What another has leased.
    pub(crate) fn leased(machine: &str, lease: &Lease) -> Self {
        // Whole seconds: where an end is told, it is told so.
        let until = lease.until.replace_nanosecond(0).unwrap_or(lease.until);
        let until = until.format(&Rfc3339).unwrap_or_default();
        let message = format!("machine ID {machine} lease currently held by {}, expires at {until}", lease.owner);
        Self { status: 409, body: json!({ "status": "error", "message": message, "code": "invalid" }) }
    }

    pub(crate) fn no_app() -> Self {
        Self::new(404, "app not found")
    }

    pub(crate) fn no_machine() -> Self {
        Self::new(404, "machine not found")
    }

    pub(crate) fn no_lease() -> Self {
        Self::new(404, "lease not found")
    }

    /// The API has lost the host: to a caller the outcome is unknown.
    pub(crate) fn host_lost() -> Self {
        Self::new(408, "deadline_exceeded: the machine's host does not answer")
    }

    /// Fly may know it; here it would be guessed.
    pub(crate) fn not_kept(what: &str) -> Self {
        Self::new(501, format!("{what} is not kept by this stand-in"))
    }

    /// A query or body that cannot be read.
    pub(crate) fn malformed(what: impl Into<String>) -> Self {
        Self::new(400, format!("invalid_argument: {}", what.into()))
    }

    /// A configuration that cannot be run.
    pub(crate) fn unfit(what: impl Into<String>) -> Self {
        Self::new(422, format!("invalid_argument: {}", what.into()))
    }

    /// The wrong state for it.
    pub(crate) fn wrong_state(what: impl Into<String>) -> Self {
        Self::new(412, format!("failed_precondition: {}", what.into()))
    }

    /// Calls that are too many.
    pub(crate) fn too_many() -> Self {
        Self::new(429, "rate limit exceeded")
    }
}

/// As answers have it: with milliseconds, in UTC.
pub(crate) fn stamp(at: OffsetDateTime) -> String {
    let format =
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    at.format(format).unwrap_or_default()
}
