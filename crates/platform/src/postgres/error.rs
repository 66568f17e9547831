use std::borrow::Cow;
use std::time::Duration;

use tokio_postgres::error::{Severity, SqlState};

use super::{Blocker, Refusal};
use crate::guard::breaker::{Refused, Verdict};
use crate::http::problem::{OUTCOME_UNKNOWN, Problem, UNAVAILABLE};

/// What a caller is told to wait when the database did not answer.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// SQLSTATE classes that are the server's own trouble, whatever it was asked: insufficient resources (a full disk, too
/// many connections), errors outside of the server, and its own bugs and broken files.
const IN_TROUBLE: [&str; 3] = ["53", "58", "XX"];

/// What can go wrong with the database. Texts name codes and constraints, never values: those may be personal.
///
/// | | answered | the breaker's verdict | the connection |
/// | --- | --- | --- | --- |
/// | `Open` | 503 with the exact `Retry-After` | none: nothing was asked | none was taken |
/// | `PoolBusy` | 503 | none: the pool is ours | none was had |
/// | `Connect`, `Lost` | 503 | bad | dropped |
/// | `TooLate` | 503 | bad | dropped, whoever cut it: the server or we |
/// | `CommitUnknown` | 503, its own problem | bad | dropped |
/// | `InTrouble` | 503 | bad | kept |
/// | `ReadOnly` | 503 | none | dropped: another one may lead to a server that writes |
/// | `Conflict` | 503 | none: two of ours stood in each other's way | kept |
/// | `Stale` | 503 | none: a new connection prepares anew | dropped |
/// | `Refused` | 500, unless the caller knows better | good: it answered | kept |
/// | `Shape` | 500 | none: it is ours to mend | kept |
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The breaker is open: nothing was asked.
    #[error("the breaker is open")]
    Open {
        /// When it may close, from now.
        retry_after: Duration,
    },
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
    /// The server is in trouble of its own, such as a full disk.
    #[error("the server could not do {0}")]
    InTrouble(Refusal),
    /// The server takes no writes now.
    #[error("the server is read-only")]
    ReadOnly,
    /// Two transactions stood in each other's way, and this one gave way: a deadlock, a serialization failure, or a lock
    /// that was waited for too long.
    #[error("another transaction stood in the way of {0}")]
    Conflict(Refusal),
    /// A statement that was prepared on this connection cannot be run as it was: a migration has changed what it returns, or
    /// a pooler has mixed up connections.
    #[error("what was prepared is stale for {0}")]
    Stale(Refusal),
    /// The server refused the statement.
    #[error("the server refused {0}")]
    Refused(Refusal),
    /// An answer was not what the code reads.
    #[error("the answer of {0} has another shape than the code reads")]
    Shape(&'static str),
}

impl Error {
    pub(super) fn of(error: &tokio_postgres::Error, statement: &'static str) -> Self {
        let Some(told) = error.as_db_error() else {
            return if is_shape(error) { Self::Shape(statement) } else { Self::Lost };
        };
        // After these the server closes the connection, whatever their code is.
        let last = matches!(told.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
        Self::told(told.code(), last, Refusal::of(told, statement))
    }

    fn told(code: &SqlState, last: bool, refusal: Refusal) -> Self {
        match code {
            &SqlState::READ_ONLY_SQL_TRANSACTION => Self::ReadOnly,
            &SqlState::QUERY_CANCELED => Self::TooLate,
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED | &SqlState::LOCK_NOT_AVAILABLE => {
                Self::Conflict(refusal)
            }
            &SqlState::FEATURE_NOT_SUPPORTED
            | &SqlState::INVALID_SQL_STATEMENT_NAME
            | &SqlState::DUPLICATE_PSTATEMENT
            | &SqlState::PROTOCOL_VIOLATION => Self::Stale(refusal),
            _ if last || refusal.code.starts_with("57P0") => Self::Lost,
            _ if IN_TROUBLE.iter().any(|class| refusal.code.starts_with(class)) => Self::InTrouble(refusal),
            _ => Self::Refused(refusal),
        }
    }

    /// What the server said no to, and why.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::InTrouble(refusal) | Self::Conflict(refusal) | Self::Stale(refusal) | Self::Refused(refusal) => {
                Some(refusal)
            }
            _ => None,
        }
    }

    /// Says who held the lock that was waited for in vain.
    pub(super) fn held_by(self, blocker: Option<&Blocker>) -> Self {
        match self {
            Self::Conflict(refusal) => Self::Conflict(refusal.held_by(blocker)),
            other => other,
        }
    }

    /// A word of a bounded set: the SQLSTATE of a refusal, or what happened.
    pub(super) fn class(&self) -> Cow<'static, str> {
        match self {
            Self::InTrouble(refusal) | Self::Conflict(refusal) | Self::Stale(refusal) | Self::Refused(refusal) => {
                refusal.code.clone().into()
            }
            Self::Open { .. } => "breaker_open".into(),
            Self::PoolBusy => "pool_busy".into(),
            Self::Connect(_) => "no_connection".into(),
            Self::TooLate => "timed_out".into(),
            Self::Lost => "connection_lost".into(),
            Self::CommitUnknown => "commit_unknown".into(),
            Self::ReadOnly => "25006".into(),
            Self::Shape(_) => "unreadable".into(),
        }
    }

    /// What it says of the database, if anything.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Connect(_) | Self::TooLate | Self::Lost | Self::CommitUnknown | Self::InTrouble(_) => {
                Some(Verdict::Bad)
            }
            Self::Refused(_) => Some(Verdict::Good),
            Self::Open { .. }
            | Self::PoolBusy
            | Self::ReadOnly
            | Self::Conflict(_)
            | Self::Stale(_)
            | Self::Shape(_) => None,
        }
    }

    /// Whether the server said it, and not its silence.
    pub(super) fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::InTrouble(_)
                | Self::ReadOnly
                | Self::Conflict(_)
                | Self::Stale(_)
                | Self::Refused(_)
                | Self::Shape(_)
        )
    }

    /// Whether the connection can be used again after it.
    pub(super) fn leaves_connection_good(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::InTrouble(_) | Self::Conflict(_) | Self::Shape(_))
    }
}

fn is_shape(error: &tokio_postgres::Error) -> bool {
    // tokio-postgres tells its kinds apart in texts alone; these are ours to mend, the others are the line's.
    let text = error.to_string();
    ["error serializing", "error deserializing", "invalid column", "unexpected number of"]
        .iter()
        .any(|start| text.contains(start))
}

impl From<Refused> for Error {
    fn from(Refused { retry_after }: Refused) -> Self {
        Self::Open { retry_after }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match &error {
            Error::Refused(_) | Error::Shape(_) => Self::internal(&error),
            Error::CommitUnknown => Self::from(OUTCOME_UNKNOWN).retry_after(RETRY_AFTER).because(&error),
            Error::Open { retry_after } => Self::from(UNAVAILABLE).retry_after(*retry_after).outage().because(&error),
            // Nothing stands in the way of the next try: the other transaction is through, the stale connection gone.
            Error::Conflict(_) | Error::Stale(_) => {
                Self::from(UNAVAILABLE).retry_after(Duration::from_secs(1)).because(&error)
            }
            // It answers, but takes no writes.
            Error::ReadOnly => Self::from(UNAVAILABLE).retry_after(RETRY_AFTER).because(&error),
            Error::PoolBusy | Error::Connect(_) | Error::TooLate | Error::Lost | Error::InTrouble(_) => {
                Self::from(UNAVAILABLE).retry_after(RETRY_AFTER).outage().because(&error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, last: bool) -> Error {
        let refusal = Refusal { statement: "insert row", code: code.to_owned(), ..Refusal::default() };
        Error::told(&SqlState::from_code(code), last, refusal)
    }

    #[test]
    fn trouble_of_the_servers_own_is_an_outage_that_keeps_the_connection() {
        for code in ["53100", "53200", "53300", "58000", "58030", "XX000", "XX001"] {
            let error = told(code, false);
            assert!(matches!(error, Error::InTrouble(_)), "{code}: {error:?}");
            assert!(error.leaves_connection_good(), "{code}");
            assert_eq!(error.verdict(), Some(Verdict::Bad), "{code}");
            assert!(Problem::from(error).is_outage(), "{code}");
        }
    }

    #[test]
    fn what_ends_the_connection_is_a_lost_connection_whatever_its_code() {
        for (code, last) in [("57P01", false), ("57P02", true), ("57P03", true), ("57P05", true), ("XX000", true)] {
            let error = told(code, last);
            assert!(matches!(error, Error::Lost), "{code}: {error:?}");
            assert!(!error.leaves_connection_good(), "{code}");
        }
    }

    #[test]
    fn a_conflict_of_two_transactions_is_no_outage_and_not_counted() {
        for code in ["40001", "40P01", "55P03"] {
            let error = told(code, false);
            assert!(matches!(error, Error::Conflict(_)) && error.verdict().is_none(), "{code}: {error:?}");
            assert!(error.leaves_connection_good(), "{code}");
            let problem = Problem::from(error);
            assert_eq!((problem.kind(), problem.is_outage()), (UNAVAILABLE, false), "{code}");
        }
    }

    #[test]
    fn a_stale_statement_takes_its_connection_with_it_and_is_no_outage() {
        for code in ["0A000", "26000", "42P05", "08P01"] {
            let error = told(code, false);
            assert!(matches!(error, Error::Stale(_)) && error.verdict().is_none(), "{code}: {error:?}");
            assert!(!error.leaves_connection_good(), "{code}");
            let problem = Problem::from(error);
            assert_eq!((problem.kind(), problem.is_outage()), (UNAVAILABLE, false), "{code}");
        }
    }

    #[test]
    fn a_refusal_is_an_answer() {
        for code in ["23505", "23514", "42501", "22001"] {
            let error = told(code, false);
            assert_eq!(error.verdict(), Some(Verdict::Good), "{code}");
            assert!(!Problem::from(error).is_outage(), "{code}");
        }
    }

    #[test]
    fn what_is_ours_says_nothing_of_the_database() {
        let open = Error::Open { retry_after: Duration::from_secs(3) };
        for error in [open, Error::PoolBusy, Error::Shape("select row"), told("25006", false)] {
            assert_eq!(error.verdict(), None, "{error:?}");
        }
    }

    #[test]
    fn a_database_that_gives_no_answer_is_an_outage_and_one_that_takes_no_writes_is_none() {
        let open = Error::Open { retry_after: Duration::from_secs(3) };
        for error in [open, Error::PoolBusy, Error::Connect(String::new()), Error::TooLate, Error::Lost] {
            assert!(Problem::from(error.clone()).is_outage(), "{error:?}");
        }
        for error in [Error::ReadOnly, Error::CommitUnknown, Error::Shape("select row")] {
            assert!(!Problem::from(error.clone()).is_outage(), "{error:?}");
        }
    }
}
