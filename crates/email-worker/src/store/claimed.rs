//! A batch as its claim returned it.

use std::fmt;
use std::time::Duration;

use platform::postgres::{Error, Row};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

use super::{CLAIM, Hold};
use crate::protocol::{BatchId, Fence};

/// A mail in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MailId(pub(super) Uuid);

impl fmt::Display for MailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A mail of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    /// Its row.
    pub id: MailId,
    /// Ids of what it is about.
    pub payload: Value,
    /// The trace of its cause.
    pub traceparent: Option<String>,
    /// What came along with it.
    pub tracestate: Option<String>,
    /// How long it had waited when it was claimed.
    pub waited: Duration,
}

/// A batch that this worker holds. It cannot be printed: the frozen bytes hold addresses.
#[derive(Clone)]
pub struct Claimed {
    /// Which.
    pub batch: BatchId,
    /// The proof.
    pub fence: Fence,
    /// What its mails are.
    pub kind: String,
    /// Its frozen bytes, from its first try on.
    pub request: Option<Vec<u8>>,
    /// Since when Resend may have it.
    pub unknown_since: Option<OffsetDateTime>,
    /// Claims so far, this one included.
    pub attempts: u32,
    /// In the order of the request.
    pub mails: Vec<Queued>,
    /// When the answer was read: the lease ends no later than its length from here.
    pub read_at: Instant,
}

impl Claimed {
    /// What settling it needs.
    #[must_use]
    pub const fn hold(&self) -> Hold {
        (self.batch, self.fence)
    }

    pub(super) fn read(row: &Row) -> Result<Self, Error> {
        Self::columns(row).map_err(|_| Error::Shape(CLAIM.summary))
    }

    fn columns(row: &Row) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let (ids, payloads): (Vec<Uuid>, Vec<Value>) = (row.try_get("mail_ids")?, row.try_get("payloads")?);
        let (traces, states): (Vec<_>, Vec<_>) = (row.try_get("traceparents")?, row.try_get("tracestates")?);
        let waited: Vec<f64> = row.try_get("waited")?;
        let mails = ids.into_iter().zip(payloads).zip(traces.into_iter().zip(states)).zip(waited);
        let mails = mails.map(|(((id, payload), (traceparent, tracestate)), waited)| Queued {
            id: MailId(id),
            payload,
            traceparent,
            tracestate,
            // A clock that was set back is no reason to hold up a mail.
            waited: Duration::try_from_secs_f64(waited).unwrap_or_default(),
        });
        let attempts: i32 = row.try_get("attempts")?;
        Ok(Self {
            batch: BatchId::new(row.try_get("id")?),
            fence: Fence::new(row.try_get("fence")?),
            kind: row.try_get("kind")?,
            request: row.try_get("request")?,
            unknown_since: row.try_get("unknown_since")?,
            attempts: u32::try_from(attempts)?,
            mails: mails.collect(),
            read_at: Instant::now(),
        })
    }
}
