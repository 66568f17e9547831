//! A connection on loan. Unless it is known to be idle, it never goes back: a query that was abandoned goes on in the
//! server, and the next user would wait behind it or find itself in somebody else's transaction.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use deadpool_postgres::Object as Connection;
use tokio_postgres::types::ToSql;

use super::blockers::{Blockers, Found};
use super::kept::Kept;
use super::pool::PoolMetrics;
use super::statement::{BEGIN, COMMIT, ROLLBACK, Turn};
use super::{Error, PostgresSettings, Row, Statement};
use crate::guard::deadline;
use crate::probe::Seen;
use crate::sabotage;

/// Values of a statement's `$1`, `$2` ….
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// What a lease needs beside its connection.
pub(super) struct Context {
    pub(super) database: PostgresSettings,
    pub(super) kept: Arc<Kept>,
    pub(super) metrics: PoolMetrics,
    pub(super) seen: Seen,
    pub(super) blockers: Arc<Blockers>,
}

pub(super) struct Lease {
    connection: Option<Connection>,
    context: Arc<Context>,
    pub(super) in_doubt: Cell<bool>,
    /// Whether a statement may have reached the server.
    sent: Cell<bool>,
    /// The first thing that went wrong on the server or on the way there.
    pub(super) first_error: RefCell<Option<Error>>,
}

impl Lease {
    pub(super) fn new(connection: Connection, context: Arc<Context>) -> Self {
        context.metrics.in_use.inc();
        let (in_doubt, sent) = (Cell::new(false), Cell::new(false));
        Self { connection: Some(connection), context, in_doubt, sent, first_error: RefCell::default() }
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<(), Error> {
        self.doubt();
        self.simple(&BEGIN, None).await.map(drop)
    }

    /// Begins it once more, with every statement prepared anew.
    pub(super) async fn begin_anew(&self) -> Result<(), Error> {
        self.simple(&ROLLBACK, None).await?;
        self.connection()?.statement_cache.clear();
        self.first_error.take();
        self.begin().await
    }

    /// Whether whoever got this error can be sure that nothing was done: the server refuses a stale statement before it
    /// does anything, and knows nothing of one that was not sent.
    pub(super) fn had_no_effect(&self, error: &Error, reads: bool) -> bool {
        match error {
            Error::Stale(_) => true,
            Error::Lost => reads || !self.sent.get(),
            _ => false,
        }
    }

    /// What a write is told that was cut.
    pub(super) fn unknown_if_sent(&self, cut: Error) -> Error {
        if self.sent.get() { Error::CommitUnknown } else { cut }
    }

    /// Runs one statement by itself.
    pub(super) async fn query(&self, statement: &Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        self.doubt();
        let answer = self.run(statement, params, None).await;
        self.settle(answer.as_ref().err());
        answer
    }

    pub(super) async fn run(
        &self,
        statement: &Statement,
        params: Params<'_>,
        turn: Option<&Turn>,
    ) -> Result<Vec<Row>, Error> {
        let span = statement.begin(&self.context, turn);
        let answer = self.watched(statement, self.exchange(statement, params)).await;
        span.end(answer.as_ref().map(Vec::len));
        self.noted(answer)
    }

    async fn exchange(&self, statement: &Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let connection = self.connection()?;
        let failed = |error| self.failed(&error, statement.summary);
        let prepared = connection.prepare_cached(statement.sql).await.map_err(failed)?;
        if connection.is_closed() {
            return Err(Error::Lost);
        }
        self.sent.set(true);
        connection.query(&prepared, params).await.map_err(failed)
    }

    /// Has a statement ready on the server. It has a span if it fails, since it will have no other.
    pub(super) async fn prepare(&self, statement: &Statement) -> Result<(), Error> {
        let span = statement.begin(&self.context, None);
        let preparing = async {
            let prepared = self.connection()?.prepare_cached(statement.sql).await;
            prepared.map(drop).map_err(|error| self.failed(&error, statement.summary))
        };
        let prepared = self.watched(statement, preparing).await;
        match &prepared {
            Ok(()) => span.forget(),
            Err(error) => span.end(Err(error)),
        }
        prepared
    }

    pub(super) async fn simple(&self, statement: &Statement, turn: Option<&Turn>) -> Result<Vec<Row>, Error> {
        let span = statement.begin(&self.context, turn);
        let answer = match self.connection() {
            Ok(connection) => connection
                .batch_execute(statement.sql)
                .await
                .map(|()| Vec::new())
                .map_err(|error| self.failed(&error, statement.summary)),
            Err(error) => Err(error),
        };
        // The server takes a COMMIT behind a failure for a ROLLBACK, and calls it done.
        let failed_before = *statement == COMMIT && self.first_error.borrow().is_some();
        match &answer {
            Ok(_) if failed_before => span.rolled_back(),
            answer => span.end(answer.as_ref().map(Vec::len)),
        }
        self.noted(answer)
    }

    /// Runs a statement's work; where it waits for a lock in vain, the error says who holds it, if that is known by then.
    async fn watched<T>(
        &self,
        statement: &Statement,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let found = Found::default();
        tokio::select! {
            biased;
            done = work => done.map_err(|error| error.held_by(found.get())),
            never = self.context.blockers.watch(statement, &found) => match never {},
        }
    }

    fn noted(&self, answer: Result<Vec<Row>, Error>) -> Result<Vec<Row>, Error> {
        if answer.as_ref().err().is_none_or(Error::is_answer) {
            self.context.seen.good();
        }
        // What has another shape the server never heard of, or has answered.
        if let Some(error) = answer.as_ref().err().filter(|error| !matches!(error, Error::Shape(_))) {
            self.first_error.borrow_mut().get_or_insert_with(|| error.clone());
        }
        answer
    }

    /// An error of the connection is mostly one of all that were opened with it.
    fn failed(&self, error: &tokio_postgres::Error, summary: &'static str) -> Error {
        let error = Error::of(error, summary);
        if matches!(error, Error::Lost | Error::Stale(_)) {
            self.context.kept.suspect();
        }
        error
    }

    fn connection(&self) -> Result<&Connection, Error> {
        self.connection.as_ref().ok_or(Error::Lost)
    }

    /// From now on, until it is settled.
    pub(super) fn doubt(&self) {
        self.in_doubt.set(true);
    }

    pub(super) fn settle(&self, error: Option<&Error>) {
        self.in_doubt.set(error.is_some_and(|error| !error.leaves_connection_good()));
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.context.metrics.in_use.dec();
        let Some(connection) = self.connection.take().filter(|_| self.in_doubt.get() && !sabotage::takes_out("doubt"))
        else {
            return;
        };
        let (cancel, tls) = (connection.cancel_token(), self.context.database.tls.clone());
        drop(Connection::take(connection));
        // Without a runtime the process is ending, and the server sees the connection close.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if sabotage::takes_out("query cancel") {
                    return;
                }
                let _ = tokio::time::timeout(deadline::CONNECT, cancel.cancel_query(tls)).await;
            });
        }
    }
}
