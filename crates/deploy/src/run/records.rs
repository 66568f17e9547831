//! Release records: what flyctl shows as an app's releases, what `fly secrets deploy` deploys again, and what has the
//! autoscaler pause. A courtesy to those, and no lock.

mod http;

use std::future::Future;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use http::HttpRecords;

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Its number.
    pub version: u64,
    /// `pending`, `running`, `complete`, `failed`, `interrupted`.
    pub status: String,
    /// The image that it names.
    #[serde(default)]
    pub image_ref: Option<String>,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<String>,
}

impl Record {
    /// Whether its deploy has not ended, as far as it says.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "pending" | "running")
    }
}

/// A record to be made.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// The image.
    pub image: String,
    /// The `fly.toml` as JSON.
    pub definition: Value,
}

/// How the deploy of a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordEnd {
    /// What it names stands alone.
    Complete,
    /// It was taken back.
    Failed,
    /// It ended before either.
    Interrupted,
}

impl RecordEnd {
    /// The word that is sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A record that could not be written or read, in words that hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RecordError(pub String);

/// Where release records are kept.
pub trait Records {
    /// Makes a record, and has it `running`.
    ///
    /// # Errors
    /// [`RecordError`]
    fn open(&self, new: &NewRecord) -> impl Future<Output = Result<Record, RecordError>>;

    /// Says how it ended.
    ///
    /// # Errors
    /// [`RecordError`]
    fn close(&self, id: &str, end: RecordEnd, error: &str) -> impl Future<Output = Result<(), RecordError>>;

    /// The newest records, newest first.
    ///
    /// # Errors
    /// [`RecordError`]
    fn newest(&self, limit: usize) -> impl Future<Output = Result<Vec<Record>, RecordError>>;
}
