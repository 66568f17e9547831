//! PostgreSQL: a pool in each worker, leases that never give back a connection in doubt, statements that are spans.

pub mod lease;
pub mod outbox;
pub mod pool;
pub mod statement;

mod settings;
mod tls;

pub(crate) fn tls_client(authorities: Option<&[u8]>) -> Result<rustls::ClientConfig, String> {
    tls::client(tls::Verification::Full, authorities)
}

pub use lease::Transaction;
pub use pool::Pool;
pub use settings::PostgresSettings;
pub use statement::Statement;
pub use tokio_postgres::Row;
pub use tokio_postgres::types::ToSql;

use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::http::problem::{OUTCOME_UNKNOWN, Problem, UNAVAILABLE};

/// What a caller is told to wait when the database did not answer.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What can go wrong with the database. Texts name codes and constraints, never values: those may be personal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Every connection of our own pool was busy.
    #[error("no connection of the pool was free in time")]
    PoolBusy,
    /// No connection could be opened.
    #[error("no connection could be opened: {0}")]
    Connect(String),
    /// The work was cut after its time.
    #[error("the statement was cut after its time")]
    TooLate,
    /// The connection was lost.
    #[error("the connection was lost")]
    Lost,
    /// The connection was lost, or the time was over, while a commit was under way.
    #[error("the commit was cut: whether it was done is not known")]
    CommitUnknown,
    /// The server takes no writes now.
    #[error("the server is read-only")]
    ReadOnly,
    /// The server refused the statement.
    #[error("the server refused {0}")]
    Refused(Refusal),
    /// An answer was not what the code reads.
    #[error("the answer of {0} has another shape than the code reads")]
    Shape(&'static str),
}

/// Why the server refused a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The statement's summary.
    pub statement: &'static str,
    /// SQLSTATE.
    pub code: String,
    /// The constraint that was violated.
    pub constraint: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} with SQLSTATE {}", self.statement, self.code)?;
        self.constraint.as_ref().map_or(Ok(()), |name| write!(f, " by {name}"))
    }
}

impl Error {
    fn of(error: &tokio_postgres::Error, statement: &'static str) -> Self {
        let Some(refused) = error.as_db_error() else {
            return if is_shape(error) { Self::Shape(statement) } else { Self::Lost };
        };
        match refused.code() {
            &SqlState::READ_ONLY_SQL_TRANSACTION => Self::ReadOnly,
            &SqlState::QUERY_CANCELED => Self::TooLate,
            &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN | &SqlState::CANNOT_CONNECT_NOW => Self::Lost,
            code => Self::Refused(Refusal {
                statement,
                code: code.code().to_owned(),
                constraint: refused.constraint().map(str::to_owned),
            }),
        }
    }

    /// The constraint that was violated, where one was.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.constraint.as_deref(),
            _ => None,
        }
    }

    /// Whether the connection can be used again after it.
    fn leaves_connection_good(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Shape(_))
    }
}

fn is_shape(error: &tokio_postgres::Error) -> bool {
    // tokio-postgres tells its kinds apart in texts alone; these are ours to mend, the others are the line's.
    let text = error.to_string();
    ["error serializing", "error deserializing", "invalid column", "unexpected number of"]
        .iter()
        .any(|start| text.contains(start))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match &error {
            Error::Refused(_) | Error::Shape(_) => Self::internal(&error),
            Error::CommitUnknown => Self::from(OUTCOME_UNKNOWN).retry_after(RETRY_AFTER).because(&error),
            Error::PoolBusy | Error::Connect(_) | Error::TooLate | Error::Lost | Error::ReadOnly => {
                Self::from(UNAVAILABLE).retry_after(RETRY_AFTER).because(&error)
            }
        }
    }
}
