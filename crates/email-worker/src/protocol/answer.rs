//! Reads what came back from `POST /emails` or `POST /emails/batch`.

use std::{fmt, time::Duration};

use serde::Deserialize;

use super::refusal::{ErrorName, Refusal};

/// No `Retry-After` is believed beyond a day: the longest wait that Resend has, for the next day's mails, is shorter.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

/// Resend's id of a mail that it accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProviderId(String);

impl ProviderId {
    fn parse(id: String) -> Option<Self> {
        // A UUID today; anything short and printable is kept as it is.
        let fits = (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(Self(id))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What one post came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Accepted, with an id for each mail in the order of the request.
    Accepted {
        /// As many as the request had mails.
        ids: Vec<ProviderId>,
    },
    /// Definitely not accepted.
    Refused {
        /// What follows from it.
        refusal: Refusal,
        /// What it is called.
        name: ErrorName,
        /// When to come back, if Resend said so.
        retry_after: Option<Duration>,
    },
    /// Accepted or not: nobody can tell.
    Unknown {
        /// Why not.
        doubt: Doubt,
        /// When to come back, if Resend said so.
        retry_after: Option<Duration>,
    },
}

/// Why an outcome is unknown; each of them is a failure of Resend or of the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// No answer within the bound.
    TimedOut,
    /// The connection broke, or was never made.
    Disconnected,
    /// A 5xx, or a proxy's 408.
    Failed(u16),
    /// An answer that is none of Resend's.
    Malformed(u16),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("timed_out"),
            Self::Disconnected => f.write_str("disconnected"),
            Self::Failed(status) => write!(f, "http_{status}"),
            Self::Malformed(status) => write!(f, "malformed_{status}"),
        }
    }
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    Batch { data: Vec<Id> },
    One(Id),
}

#[derive(Deserialize, Default)]
struct Complaint {
    name: Option<String>,
    #[serde(default)]
    message: String,
}

impl Reply {
    /// Reads an answer to a request with so many `mails`; `retry_after` is the header of that name.
    #[must_use]
    pub fn read(status: u16, retry_after: Option<&str>, body: &[u8], mails: usize) -> Self {
        let retry_after = retry_after.and_then(seconds);
        match status {
            200..=299 => accepted(status, body, mails),
            408 | 500..=599 => Self::Unknown { doubt: Doubt::Failed(status), retry_after },
            400..=499 => refused(status, retry_after, body),
            _ => Self::Unknown { doubt: Doubt::Malformed(status), retry_after },
        }
    }

    /// No answer came.
    #[must_use]
    pub const fn none(doubt: Doubt) -> Self {
        Self::Unknown { doubt, retry_after: None }
    }
}

fn accepted(status: u16, body: &[u8], mails: usize) -> Reply {
    let ids: Option<Vec<ProviderId>> = match serde_json::from_slice(body) {
        Ok(Ids::Batch { data }) => data.into_iter().map(|mail| ProviderId::parse(mail.id)).collect(),
        Ok(Ids::One(mail)) => ProviderId::parse(mail.id).map(|id| vec![id]),
        Err(_) => None,
    };
    match ids {
        Some(ids) if ids.len() == mails => Reply::Accepted { ids },
        // Too few ids would leave a mail without a fate, and which one would be a guess.
        _ => Reply::none(Doubt::Malformed(status)),
    }
}

fn refused(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Reply {
    let complaint: Complaint = serde_json::from_slice(body).unwrap_or_default();
    let name = complaint.name.as_deref();
    Reply::Refused {
        refusal: Refusal::of(status, name, &complaint.message),
        name: ErrorName::of(name, status),
        retry_after,
    }
}

/// Resend gives seconds; a date (RFC 9110 allows one) is left, since the backoff is a bound of its own.
fn seconds(header: &str) -> Option<Duration> {
    let seconds: u64 = header.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests;
