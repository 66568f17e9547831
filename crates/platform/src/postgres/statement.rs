//! A statement with a name, which is what spans, errors and metrics call it by.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute::{
    DB_NAMESPACE, DB_QUERY_SUMMARY, DB_QUERY_TEXT, DB_RESPONSE_RETURNED_ROWS, DB_RESPONSE_STATUS_CODE, DB_SYSTEM_NAME,
    ERROR_TYPE, SERVER_ADDRESS, SERVER_PORT,
};

use super::{Error, PostgresSettings, Refusal, lease};
use crate::clock::Stopwatch;
use crate::telemetry::trace::LeafSpan;

/// SQL and what to call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `select job`: the verb and the thing, as `db.query.summary` has it.
    pub summary: &'static str,
    /// The text, with `$1` for values.
    pub sql: &'static str,
}

pub(super) const BEGIN: Statement = Statement::new("begin", "BEGIN");
pub(super) const COMMIT: Statement = Statement::new("commit", "COMMIT");
pub(super) const ROLLBACK: Statement = Statement::new("rollback", "ROLLBACK");

/// Words of statements that may change something.
const CHANGES: [&str; 10] =
    ["INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "CALL", "NOTIFY", "PG_NOTIFY", "NEXTVAL", "SETVAL"];

impl Statement {
    /// Names a statement.
    #[must_use]
    pub const fn new(summary: &'static str, sql: &'static str) -> Self {
        Self { summary, sql }
    }

    /// Whether it surely changes nothing, by the words of its text: one that may change something, or asks a function of
    /// the server's that does, is not run twice. Functions of one's own that write have no place behind a `SELECT`.
    pub(super) fn only_reads(&self) -> bool {
        let mut words = self.sql.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').peekable();
        let is = |word: &str, of: &[&str]| of.iter().any(|one| one.eq_ignore_ascii_case(word));
        while words.next_if(|word| word.is_empty()).is_some() {}
        words.peek().is_some_and(|first| is(first, &["SELECT", "WITH"])) && !words.any(|word| is(word, &CHANGES))
    }

    /// Begins its span, or has it begin in its turn.
    pub(super) fn begin<'turn>(&self, context: &'turn lease::Context, turn: Option<&'turn Turn>) -> Running<'turn> {
        let span = LeafSpan::begin(self.summary, SpanKind::Client);
        Running { statement: *self, context, span: Some(span), turn }
    }

    /// Tells of a run that left no span at first and found something after all; it ends now.
    pub(super) fn tell(&self, database: &PostgresSettings, parent: Context, began: Stopwatch, rows: usize) {
        let span = LeafSpan::below(parent, self.summary, SpanKind::Client).begun(began);
        self.told(database.peer(), span, Ok(rows));
    }

    fn told(&self, peer: Peer, span: LeafSpan, outcome: Result<usize, Failure<'_>>) {
        let mut attributes = vec![
            KeyValue::new(DB_SYSTEM_NAME, "postgresql"),
            KeyValue::new(DB_QUERY_SUMMARY, self.summary),
            KeyValue::new(DB_QUERY_TEXT, text(self.sql)),
            KeyValue::new(SERVER_ADDRESS, peer.address),
        ];
        attributes.extend(peer.port.map(|port| KeyValue::new(SERVER_PORT, i64::from(port))));
        attributes.extend(peer.namespace.map(|name| KeyValue::new(DB_NAMESPACE, name)));
        match outcome {
            Ok(rows) => {
                attributes.push(KeyValue::new(DB_RESPONSE_RETURNED_ROWS, i64::try_from(rows).unwrap_or(i64::MAX)))
            }
            Err(Failure::Of(error)) => {
                attributes.push(KeyValue::new(ERROR_TYPE, error.class()));
                attributes.extend(error.refusal().into_iter().flat_map(Refusal::attributes));
                if matches!(error, Error::ReadOnly) {
                    attributes.push(KeyValue::new(DB_RESPONSE_STATUS_CODE, error.class()));
                }
            }
            Err(Failure::Before) => attributes.push(KeyValue::new(ERROR_TYPE, Failure::Before.class())),
        }
        let error = outcome.err().map(|failure| match failure {
            Failure::Of(error) => error.to_string(),
            Failure::Before => ROLLED_BACK.to_owned(),
        });
        span.end(attributes, error);
    }
}

/// Whom a statement is sent to.
#[derive(Debug)]
pub(super) struct Peer {
    /// The database.
    pub(super) namespace: Option<Arc<str>>,
    /// The server's name, or the path of its socket.
    pub(super) address: Arc<str>,
    pub(super) port: Option<u16>,
}

/// What spans show of texts, by where these are: a text is in the program once.
static TEXTS: LazyLock<RwLock<HashMap<usize, Arc<str>>>> = LazyLock::new(RwLock::default);

/// Without the comments, which are for whoever reads the code.
fn text(sql: &'static str) -> Arc<str> {
    let place = sql.as_ptr() as usize;
    if let Some(known) = TEXTS.read().unwrap_or_else(PoisonError::into_inner).get(&place) {
        return known.clone();
    }
    let text: Arc<str> = without_comments(sql).into();
    TEXTS.write().unwrap_or_else(PoisonError::into_inner).insert(place, text.clone());
    text
}

/// Comments begin with `--` where no quote is open; lines that had nothing else go with them.
fn without_comments(sql: &str) -> String {
    let mut quote = None;
    let mut kept = Vec::new();
    for line in sql.lines() {
        let (mut end, open) = (line.len(), quote.is_some());
        for (at, letter) in line.char_indices() {
            match quote {
                Some(opened) if letter == opened => quote = None,
                Some(_) => {}
                None if matches!(letter, '\'' | '"') => quote = Some(letter),
                None if line[at..].starts_with("--") => {
                    end = at;
                    break;
                }
                None => {}
            }
        }
        let text = if open || quote.is_some() { &line[..end] } else { line[..end].trim_end() };
        if open || !text.is_empty() {
            kept.push(text);
        }
    }
    kept.join("\n")
}

/// What a commit comes to behind a statement that failed.
const ROLLED_BACK: &str = "rolled back: a statement before it failed";

/// Why a statement did nothing.
#[derive(Clone, Copy)]
enum Failure<'a> {
    Of(&'a Error),
    Before,
}

impl Failure<'_> {
    fn class(&self) -> Cow<'static, str> {
        match self {
            Self::Of(error) => error.class(),
            Self::Before => "rolled_back".into(),
        }
    }
}

/// Of statements that are sent together, the server takes one after the other: each span begins where the last one ended.
pub(super) struct Turn(Cell<Stopwatch>);

impl Turn {
    /// The first one's begins now.
    pub(super) fn first() -> Self {
        Self(Cell::new(Stopwatch::start()))
    }
}

/// A statement that runs. One that is cut has a span all the same: it is what the reader of the trace looks for.
pub(super) struct Running<'turn> {
    statement: Statement,
    context: &'turn lease::Context,
    span: Option<LeafSpan>,
    turn: Option<&'turn Turn>,
}

impl Running<'_> {
    /// Ends its span with what came of it.
    pub(super) fn end(mut self, outcome: Result<usize, &Error>) {
        self.told(outcome.map_err(Failure::Of));
    }

    /// Ends its span: the server took it for a rollback.
    pub(super) fn rolled_back(mut self) {
        self.told(Err(Failure::Before));
    }

    /// Leaves no span.
    pub(super) fn forget(mut self) {
        self.span = None;
    }

    fn told(&mut self, outcome: Result<usize, Failure<'_>>) {
        if let Some(span) = self.span.take() {
            let span = match self.turn {
                Some(Turn(watch)) => span.begun(watch.get()),
                None => span,
            };
            let error = outcome.as_ref().err().map_or("".into(), Failure::class);
            self.context.metrics.ran(self.statement.summary, error, span.elapsed());
            self.statement.told(self.context.database.peer(), span, outcome);
            if let Some(Turn(watch)) = self.turn {
                watch.set(watch.get().lap());
            }
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.told(Err(Failure::Of(&Error::TooLate)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_left_out_and_what_only_looks_like_one_is_kept() {
        let sql = "-- Why.\nSELECT 1, -- one\n  '--no comment', \"--nor\" -- 'this is\n\nFROM a -- b\nWHERE c = '\n-- in a text'";
        let text = "SELECT 1,\n  '--no comment', \"--nor\"\nFROM a\nWHERE c = '\n-- in a text'";
        assert_eq!(without_comments(sql), text);
        assert_eq!(without_comments("SELECT 1"), "SELECT 1");
    }

    #[test]
    fn what_may_change_something_is_told_by_its_words() {
        for reads in ["SELECT 1", "\n  select updated_at FROM jobs", "WITH a AS (SELECT 1) SELECT * FROM a"] {
            assert!(Statement::new("a", reads).only_reads(), "{reads}");
        }
        for writes in [
            "INSERT INTO jobs VALUES (1)",
            "WITH gone AS (DELETE FROM jobs RETURNING 1) SELECT count(*) FROM gone",
            "SELECT id FROM jobs FOR UPDATE",
            "SELECT pg_notify('jobs', '')",
            "BEGIN",
            "DO $$ BEGIN END $$",
            "",
        ] {
            assert!(!Statement::new("a", writes).only_reads(), "{writes}");
        }
    }
}
