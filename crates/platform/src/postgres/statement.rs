//! A statement with a name, which is what spans, errors and metrics call it by.

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::{
    DB_QUERY_SUMMARY, DB_QUERY_TEXT, DB_RESPONSE_RETURNED_ROWS, DB_SYSTEM_NAME, ERROR_TYPE,
};

use super::Error;
use crate::telemetry::trace::Stretch;

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

impl Statement {
    /// Names a statement.
    #[must_use]
    pub const fn new(summary: &'static str, sql: &'static str) -> Self {
        Self { summary, sql }
    }

    /// Begins its span.
    pub(super) fn begin(&self) -> Running {
        Running { statement: *self, span: Some(Stretch::begin(self.summary, SpanKind::Client)) }
    }

    fn told(&self, span: Stretch, outcome: Result<usize, &Error>) {
        let mut attributes = vec![
            KeyValue::new(DB_SYSTEM_NAME, "postgresql"),
            KeyValue::new(DB_QUERY_SUMMARY, self.summary),
            KeyValue::new(DB_QUERY_TEXT, self.sql),
        ];
        match outcome {
            Ok(rows) => {
                attributes.push(KeyValue::new(DB_RESPONSE_RETURNED_ROWS, i64::try_from(rows).unwrap_or(i64::MAX)))
            }
            Err(error) => attributes.push(KeyValue::new(ERROR_TYPE, error.to_string())),
        }
        span.end(attributes, outcome.err().map(ToString::to_string));
    }
}

/// A statement that runs. One that is cut has a span all the same: it is what the reader of the trace looks for.
pub(super) struct Running {
    statement: Statement,
    span: Option<Stretch>,
}

impl Running {
    /// Ends its span with what came of it.
    pub(super) fn end(mut self, outcome: Result<usize, &Error>) {
        if let Some(span) = self.span.take() {
            self.statement.told(span, outcome);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            self.statement.told(span, Err(&Error::TooLate));
        }
    }
}
