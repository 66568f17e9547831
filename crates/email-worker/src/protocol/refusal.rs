//! What Resend means when it says no.

use std::fmt;

/// The name of an error, fit for a table, a metric and a log: lower-case letters, digits and `_`, at most 64.
///
/// A message never gets in: Resend quotes addresses in its messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ErrorName(String);

impl ErrorName {
    /// A name of our own, for a mail that could not be written at all.
    ///
    /// Anything that is not a name becomes `unnamed`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::parse(name).unwrap_or_else(|| Self("unnamed".to_owned()))
    }

    /// Resend's name, or the status where it gave none (`http_413`).
    pub(crate) fn of(name: Option<&str>, status: u16) -> Self {
        name.and_then(Self::parse).unwrap_or_else(|| Self(format!("http_{status}")))
    }

    fn parse(name: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        ((1..=64).contains(&name.len()) && name.bytes().all(fits)).then(|| Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Every name that a metric and the class of a line may have: Resend's, as its documents list them, and ours.
const REASONS: [&str; 40] = [
    "validation_error",
    "missing_required_field",
    "missing_api_key",
    "invalid_api_key",
    "restricted_api_key",
    "suspended_api_key",
    "invalid_permission",
    "invalid_access",
    "invalid_from_address",
    "invalid_region",
    "invalid_scope",
    "invalid_attachment",
    "invalid_parameter",
    "security_error",
    "not_found",
    "method_not_allowed",
    "invalid_idempotency_key",
    "invalid_idempotent_request",
    "concurrent_idempotent_requests",
    "resource_locked",
    "rate_limit_exceeded",
    "daily_quota_exceeded",
    "monthly_quota_exceeded",
    "application_error",
    "internal_server_error",
    "service_unavailable",
    "http_401",
    "http_403",
    "http_404",
    "http_413",
    "timed_out",
    "disconnected",
    "resend_away",
    "mark_refused",
    "mark_failed",
    "unfilled",
    "unwritten",
    "subject_gone",
    "payload_unreadable",
    "unnamed",
];

/// What went wrong, as one of so many words: a name that Resend makes up tomorrow is `other`.
#[must_use]
pub fn reason(name: &str) -> &'static str {
    REASONS.into_iter().find(|known| *known == name).unwrap_or(match name.get(..6) {
        Some("http_4") => "http_4xx",
        Some("http_5") => "http_5xx",
        Some("malfor") => "malformed",
        _ => "other",
    })
}

/// A refusal by its consequence. Every one of them is definite: this very post was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Something in a mail: the same bytes will never be taken.
    Content,
    /// Another post with this key is under way, or holds a lock (409): ours was not accepted, that one may be.
    Concurrent,
    /// The key came with other bytes before, and those were accepted. A bug of ours: raise the alarm.
    KeyReused,
    /// Too many requests in a second.
    Busy,
    /// The day's mails are used up until the next UTC day.
    DailyQuota,
    /// The month's mails are used up.
    MonthlyQuota,
    /// Our own set-up: the API key, the sender's domain, the address of the API.
    Setup,
}

impl Refusal {
    /// Reads a 4xx. The message is looked at and forgotten.
    ///
    /// Resend reports an API key that is wrong or expired, and a sender address that it doesn't like, as the same
    /// `validation_error` as a bad recipient; taken for content, one wrong setting would dead-letter every mail.
    pub(crate) fn of(status: u16, name: Option<&str>, message: &str) -> Self {
        match (status, name) {
            (409, Some("invalid_idempotent_request")) => Self::KeyReused,
            (409, _) => Self::Concurrent,
            (429, Some("daily_quota_exceeded")) => Self::DailyQuota,
            (429, Some("monthly_quota_exceeded")) => Self::MonthlyQuota,
            (429, _) => Self::Busy,
            // A mail over the limit of 40 MB may be cut off by a proxy that knows no names.
            (413, _) => Self::Content,
            // Without a name it is not Resend that speaks.
            (400 | 422, Some(name)) if is_content(name) && !is_about_us(message) => Self::Content,
            _ => Self::Setup,
        }
    }
}

/// A new name at 400 or 422 is taken for content: a mail is then tried alone and dies by itself, where a wait would
/// hold back its whole batch until all of it is late.
fn is_content(name: &str) -> bool {
    !matches!(
        name,
        "invalid_idempotency_key"
            | "invalid_api_key"
            | "missing_api_key"
            | "restricted_api_key"
            | "invalid_from_address"
            | "invalid_access"
            | "invalid_region"
            | "invalid_scope"
    )
}

fn is_about_us(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("api key") || message.contains("`from` field")
}

#[cfg(test)]
mod tests {
    use super::{ErrorName, REASONS, Refusal, reason};

    #[test]
    fn a_bad_recipient_is_content() {
        let message = "Invalid `to` field. Please use our testing email address.";
        assert_eq!(Refusal::of(422, Some("validation_error"), message), Refusal::Content);
        assert_eq!(Refusal::of(400, Some("validation_error"), message), Refusal::Content);
    }

    #[test]
    fn every_name_of_a_422_about_the_mail_is_content_also_one_not_known_yet() {
        for name in ["invalid_attachment", "invalid_parameter", "missing_required_field", "invalid_emoji"] {
            assert_eq!(Refusal::of(422, Some(name), ""), Refusal::Content, "{name}");
        }
    }

    #[test]
    fn a_wrong_api_key_kills_no_mail_although_it_is_called_a_validation_error() {
        assert_eq!(Refusal::of(400, Some("validation_error"), "API key is invalid"), Refusal::Setup);
        assert_eq!(Refusal::of(401, Some("validation_error"), "API key is invalid"), Refusal::Setup);
        assert_eq!(Refusal::of(403, Some("invalid_api_key"), ""), Refusal::Setup);
    }

    #[test]
    fn a_sender_that_is_not_ours_kills_no_mail() {
        let message = "Invalid `from` field. The email address needs to follow the `email@example.com` format.";
        assert_eq!(Refusal::of(422, Some("validation_error"), message), Refusal::Setup);
        assert_eq!(Refusal::of(403, Some("validation_error"), "The domain is not verified."), Refusal::Setup);
    }

    #[test]
    fn a_proxy_that_speaks_for_resend_kills_no_mail() {
        assert_eq!(Refusal::of(400, None, ""), Refusal::Setup);
        assert_eq!(Refusal::of(404, None, ""), Refusal::Setup);
    }

    #[test]
    fn the_conflicts_are_told_apart() {
        assert_eq!(Refusal::of(409, Some("invalid_idempotent_request"), ""), Refusal::KeyReused);
        assert_eq!(Refusal::of(409, Some("concurrent_idempotent_requests"), ""), Refusal::Concurrent);
        assert_eq!(Refusal::of(409, Some("resource_locked"), ""), Refusal::Concurrent);
    }

    #[test]
    fn the_three_kinds_of_too_many_are_told_apart() {
        assert_eq!(Refusal::of(429, Some("rate_limit_exceeded"), ""), Refusal::Busy);
        assert_eq!(Refusal::of(429, Some("daily_quota_exceeded"), ""), Refusal::DailyQuota);
        assert_eq!(Refusal::of(429, Some("monthly_quota_exceeded"), ""), Refusal::MonthlyQuota);
        assert_eq!(Refusal::of(429, None, "<html>"), Refusal::Busy);
    }

    #[test]
    fn an_address_is_no_name() {
        assert_eq!(ErrorName::of(Some("Bad ada@example.com"), 422).as_str(), "http_422");
        assert_eq!(ErrorName::new("recipient_gone").as_str(), "recipient_gone");
        assert_eq!(ErrorName::new("ada@example.com").as_str(), "unnamed");
    }

    #[test]
    fn a_reason_is_one_of_so_many_words() {
        assert!(REASONS.into_iter().all(|name| reason(name) == name));
        let read = ["http_422", "http_503", "malformed_200", "a_name_of_tomorrow", "ada@example.com", ""].map(reason);
        assert_eq!(read, ["http_4xx", "http_5xx", "malformed", "other", "other", "other"]);
    }
}
