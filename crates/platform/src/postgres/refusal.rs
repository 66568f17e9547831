use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::{DB_COLLECTION_NAME, DB_RESPONSE_STATUS_CODE};
use tokio_postgres::error::{DbError, SqlState};

use super::Blocker;

/// Who held the lock, in spans.
const HELD_BY: &str = "app.db.lock.held_by";

/// Why the server refused a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The statement's summary.
    pub statement: &'static str,
    /// SQLSTATE.
    pub code: String,
    /// The constraint that was violated.
    pub constraint: Option<String>,
    /// For a right that is missing and for a lock that was waited for in vain: of what.
    pub relation: Option<String>,
    /// For a lock: who held it, if that could be found out meanwhile.
    pub blocker: Option<Box<Blocker>>,
}

impl Refusal {
    pub(super) fn of(told: &DbError, statement: &'static str) -> Self {
        Self {
            statement,
            code: told.code().code().to_owned(),
            constraint: told.constraint().map(str::to_owned),
            relation: relation(told.code(), told.message(), told.where_()),
            blocker: None,
        }
    }

    pub(super) fn held_by(self, blocker: Option<&Blocker>) -> Self {
        let relation = self.relation.or_else(|| blocker.and_then(|blocker| blocker.relation.clone()));
        Self { relation, blocker: blocker.cloned().map(Box::new), ..self }
    }

    /// What a span says of it.
    pub(super) fn attributes(&self) -> impl Iterator<Item = KeyValue> + use<> {
        let relation = self.relation.clone().map(|name| KeyValue::new(DB_COLLECTION_NAME, name));
        let blocker = self.blocker.as_ref().map(|blocker| KeyValue::new(HELD_BY, blocker.to_string()));
        [Some(KeyValue::new(DB_RESPONSE_STATUS_CODE, self.code.clone())), relation, blocker].into_iter().flatten()
    }
}

/// The server has no field for it: its texts end with the name of what a right is missing for, and quote that of the table
/// in which a row is locked. In another language than English it is not found.
fn relation(code: &SqlState, message: &str, context: Option<&str>) -> Option<String> {
    let name = match *code {
        SqlState::INSUFFICIENT_PRIVILEGE => message.strip_prefix("permission denied for ")?.rsplit(' ').next()?,
        SqlState::LOCK_NOT_AVAILABLE => context?.split_once("in relation \"")?.1.split_once('"')?.0,
        _ => return None,
    };
    Some(name.to_owned())
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} with SQLSTATE {}", self.statement, self.code)?;
        if let Some(name) = &self.constraint {
            write!(f, " by {name}")?;
        }
        if let Some(name) = &self.relation {
            write!(f, " on {name}")?;
        }
        self.blocker.as_ref().map_or(Ok(()), |blocker| write!(f, ", held by {blocker}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relation_is_read_from_where_the_server_puts_it() {
        let denied = &SqlState::INSUFFICIENT_PRIVILEGE;
        for (message, name) in [
            ("permission denied for table outbox", Some("outbox")),
            ("permission denied for schema public", Some("public")),
            ("must be owner of table outbox", None),
        ] {
            assert_eq!(relation(denied, message, None).as_deref(), name, "{message}");
        }
        let (late, context) = (&SqlState::LOCK_NOT_AVAILABLE, "while locking tuple (0,1) in relation \"jobs\"\nSQL");
        assert_eq!(relation(late, "canceling statement due to lock timeout", Some(context)).as_deref(), Some("jobs"));
        assert_eq!(relation(late, "canceling statement due to lock timeout", None), None);
        assert_eq!(relation(&SqlState::UNIQUE_VIOLATION, "permission denied for table outbox", Some(context)), None);
    }

    #[test]
    fn a_lock_is_told_by_what_it_is_of_and_who_holds_it_since_when() {
        let since = Some("2026-11-27T10:00:00Z".to_owned());
        let blocker = Blocker { application: "psql".to_owned(), since, relation: Some("jobs".to_owned()) };
        let refusal = Refusal { statement: "insert row", code: "55P03".to_owned(), ..Refusal::default() };
        let told = refusal.held_by(Some(&blocker)).to_string();
        assert_eq!(told, "insert row with SQLSTATE 55P03 on jobs, held by psql since 2026-11-27T10:00:00Z");
    }
}
