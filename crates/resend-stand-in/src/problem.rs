//! Refusals, as Resend words them.
//!
//! A client sees `{"statusCode","message","name"}`; `name` is what it should decide by. The names and their
//! statuses are Resend's; a message of Resend's own is kept where it is known.

use std::borrow::Cow;

use serde_json::{Value, json};

/// A request that is not granted, and why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    /// The HTTP status, which Resend repeats in the body.
    pub(crate) status: u16,
    /// Resend's name of the kind of problem.
    pub(crate) name: Cow<'static, str>,
    /// What a person should read.
    pub(crate) message: Cow<'static, str>,
    /// Seconds after which to try again, when Resend would say so.
    pub(crate) retry_after: Option<u64>,
}

impl Problem {
    /// A problem of any kind.
    pub(crate) fn new(status: u16, name: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, name: Cow::Borrowed(name), message: message.into(), retry_after: None }
    }

    /// A field that is there but wrong (422).
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(422, "validation_error", message)
    }

    /// A field that must be there and is not (422).
    pub(crate) fn missing(field: &str) -> Self {
        Self::new(422, "missing_required_field", format!("Missing {field} field."))
    }

    /// A request that could not even be read (400).
    pub(crate) fn unreadable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "validation_error", message)
    }

    /// Something of Resend's that is not modelled here (422).
    pub(crate) fn not_here(what: &str) -> Self {
        Self::new(422, "invalid_parameter", format!("{what} is not supported by this stand-in."))
    }

    /// Nothing at this address (404).
    pub(crate) fn not_found(message: &'static str) -> Self {
        Self::new(404, "not_found", message)
    }

    /// The failure whose cause Resend keeps to itself (500).
    pub(crate) fn application_error() -> Self {
        Self::new(500, "application_error", "An unexpected error occurred.")
    }

    /// A problem that a script of faults asks for by name, in Resend's words where it is one of those that have some.
    pub(crate) fn named(status: u16, name: String) -> Self {
        let message = match name.as_str() {
            "rate_limit_exceeded" => "Too many requests. Please limit the number of requests per second.",
            "daily_quota_exceeded" => "You have reached your daily email sending quota.",
            "monthly_quota_exceeded" => "You have reached your monthly email sending quota.",
            "suspended_api_key" | "restricted_api_key" => "This API key may not send.",
            "service_unavailable" => "The service is unavailable.",
            "application_error" => "An unexpected error occurred.",
            _ => "Refused, as the script of faults has it.",
        };
        Self { status, name: name.into(), message: message.into(), retry_after: None }
    }

    /// The body a client gets.
    pub(crate) fn body(&self) -> Value {
        json!({ "statusCode": self.status, "message": self.message, "name": self.name })
    }

    /// The same problem, its message ending in where in a batch it lies.
    pub(crate) fn of_mail(self, index: usize, total: usize) -> Self {
        let message = format!("{} (mail {} of {total})", self.message, index + 1);
        Self { message: message.into(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_three_fields_of_resend() {
        let body = Problem::missing("`to`").body();
        let wanted = json!({"statusCode": 422, "message": "Missing `to` field.", "name": "missing_required_field"});
        assert_eq!(body, wanted);
    }
}
