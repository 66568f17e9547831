//! A moment, by the database's clock.

pub(crate) mod http;
mod store;

use serde::Serialize;
use time::OffsetDateTime;

/// What a caller is told.
#[derive(Debug, Serialize)]
pub(crate) struct Moment {
    /// When the database was asked.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}
