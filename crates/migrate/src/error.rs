use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::history::Fault;

/// Why a run ended early. The reader is a person in front of a deploy that stopped: each says what stands and what to
/// do, and none shows what a row holds.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection could be opened.
    #[error("the database of DATABASE_URL cannot be reached, nothing was changed")]
    Connect(#[source] platform::postgres::Error),
    /// Another run held the lock for longer than `LOCK_WAIT_S`.
    #[error(
        "another migrate still holds the lock after {} s, nothing was changed: let it end, then run this one again",
        .0.as_secs_f64()
    )]
    Locked(Duration),
    /// The database's history is not the one that this binary knows.
    #[error("the history of the database is not the one that this migrate knows, nothing was changed:{}", list(.0))]
    History(Vec<Fault>),
    /// A migration was refused and rolled back.
    #[error("{name} failed and was rolled back; the migrations before it stand")]
    Migration {
        /// Such as `V0001__create_board`.
        name: String,
        /// What the server said.
        #[source]
        refusal: ServerError,
    },
    /// A group role is more than a group role.
    #[error(
        "the role {0} may log in, has attributes, or is a member of another role, so the rights of functions cannot be \
         told from grants.sql: take that away from it (ALTER ROLE, REVOKE), then run migrate again"
    )]
    Role(String),
    /// Anything else that the server refused.
    #[error("could not {what}")]
    Refused {
        /// What was to be done.
        what: &'static str,
        /// What the server said.
        #[source]
        refusal: ServerError,
    },
}

impl Error {
    /// For `map_err`: what was to be done when the server refused.
    pub(crate) fn refused(what: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |error| Self::Refused { what, refusal: ServerError::of(&error) }
    }
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("\n  {fault}")).collect()
}

/// What the server said, without the detail, which quotes rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ServerError {
    text: String,
    /// Whether it is that somebody held a lock, which time may mend.
    is_busy: bool,
}

impl ServerError {
    pub(crate) fn of(error: &tokio_postgres::Error) -> Self {
        let is_busy = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
        let text = match error.as_db_error() {
            Some(said) => {
                let hint = hint(said.code()).map(|hint| format!(": {hint}")).unwrap_or_default();
                format!("{} (SQLSTATE {}){hint}", said.message(), said.code().code())
            }
            None => format!("{error}: run migrate again, it goes on where it stopped"),
        };
        Self { text, is_busy }
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// What refinery said, whose own errors stand around those of the server.
    pub(crate) fn of_refinery(error: &refinery::Error) -> Self {
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            if let Some(inner) = inner.downcast_ref::<tokio_postgres::Error>() {
                return Self::of(inner);
            }
            cause = inner.source();
        }
        Self { text: error.to_string(), is_busy: false }
    }
}

/// What to do about the codes that one meets.
fn hint(code: &SqlState) -> Option<&'static str> {
    match *code {
        SqlState::LOCK_NOT_AVAILABLE => Some(
            "somebody held a lock for longer than LOCK_TIMEOUT_S; look for long transactions (xact_start in \
             pg_stat_activity), then run it again",
        ),
        SqlState::QUERY_CANCELED => Some("it took longer than STATEMENT_TIMEOUT_S, or was cancelled by hand"),
        SqlState::INSUFFICIENT_PRIVILEGE => {
            Some("the login of DATABASE_URL must own the database and may have to make roles (CREATEROLE)")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_for_a_lock_is_told_with_the_setting_that_bounds_it() {
        assert!(hint(&SqlState::LOCK_NOT_AVAILABLE).is_some_and(|hint| hint.contains("LOCK_TIMEOUT_S")));
        assert!(hint(&SqlState::QUERY_CANCELED).is_some_and(|hint| hint.contains("STATEMENT_TIMEOUT_S")));
        assert_eq!(hint(&SqlState::SYNTAX_ERROR), None);
    }

    #[test]
    fn a_busy_lock_is_told_with_how_long_it_was_waited_for() {
        let text = Error::Locked(Duration::from_millis(1500)).to_string();
        assert!(text.starts_with("another migrate still holds the lock after 1.5 s"), "{text}");
    }
}
