//! A connection on loan. Unless it is known to be idle, it never goes back: a query that was abandoned goes on in the
//! server, and the next user would wait behind it or find itself in somebody else's transaction.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use deadpool_postgres::Object as Connection;
use futures_util::future::{FutureExt as _, LocalBoxFuture, MaybeDone, join_all, maybe_done};
use tokio_postgres::types::ToSql;

use super::kept::Kept;
use super::statement::{BEGIN, COMMIT, ROLLBACK};
use super::{Error, PostgresSettings, Row, Statement};
use crate::guard::deadline;
use crate::probe::Seen;
use crate::sabotage;
use crate::telemetry::metric::Metrics;

/// Values of a statement's `$1`, `$2` ….
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// What a lease needs beside its connection.
pub(super) struct Context {
    pub(super) database: PostgresSettings,
    pub(super) kept: Arc<Kept>,
    pub(super) metrics: Metrics,
    pub(super) seen: Seen,
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
        context.metrics.pool_in_use.inc();
        let (in_doubt, sent) = (Cell::new(false), Cell::new(false));
        Self { connection: Some(connection), context, in_doubt, sent, first_error: RefCell::default() }
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<(), Error> {
        self.in_doubt.set(true);
        self.simple(&BEGIN).await.map(drop)
    }

    /// Begins it once more, with every statement prepared anew.
    pub(super) async fn begin_anew(&self) -> Result<(), Error> {
        self.simple(&ROLLBACK).await?;
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
        self.in_doubt.set(true);
        let answer = self.run(statement, params).await;
        self.settle(answer.as_ref().err());
        answer
    }

    pub(super) async fn in_one_flush(&self, work: &[(&Statement, Params<'_>)]) -> Result<Vec<Vec<Row>>, Error> {
        self.in_doubt.set(true);
        for (statement, _) in work {
            // What is not prepared yet is prepared first: a flush cannot wait for it.
            let prepared = self.connection()?.prepare_cached(statement.sql).await;
            prepared.map_err(|error| self.failed(&error, statement.summary))?;
        }
        let mut sent = vec![sending(self.simple(&BEGIN))];
        sent.extend(work.iter().map(|(statement, params)| sending(self.run(statement, params))));
        // Polled in order, so they are sent in order; the driver writes them when all have been polled.
        std::future::poll_fn(|waker| {
            for one in &mut sent {
                let _ = one.poll_unpin(waker);
            }
            Poll::Ready(())
        })
        .await;
        // What could not even be written, such as a value of another type, the server never sees: it would commit
        // the rest.
        let unsent = sent.iter_mut().any(|one| Pin::new(one).output_mut().is_some_and(|answer| answer.is_err()));
        sent.push(sending(self.simple(if unsent && !sabotage::takes_out("unsent rollback") {
            &ROLLBACK
        } else {
            &COMMIT
        })));
        join_all(&mut sent).await;
        let mut answers = sent.iter_mut().skip(1).filter_map(|one| Pin::new(one).take_output());
        let (told, end) = (answers.by_ref().take(work.len()).collect(), answers.next());
        let answers = outcome(told, end.unwrap_or(Err(Error::Lost)));
        self.settle(answers.as_ref().err());
        answers
    }

    pub(super) async fn run(&self, statement: &Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let span = statement.begin();
        let answer = self.exchange(statement, params).await;
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

    pub(super) async fn simple(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let span = statement.begin();
        let answer = match self.connection() {
            Ok(connection) => connection
                .batch_execute(statement.sql)
                .await
                .map(|()| Vec::new())
                .map_err(|error| self.failed(&error, statement.summary)),
            Err(error) => Err(error),
        };
        span.end(answer.as_ref().map(Vec::len));
        self.noted(answer)
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

    pub(super) fn settle(&self, error: Option<&Error>) {
        self.in_doubt.set(error.is_some_and(|error| !error.leaves_connection_good()));
    }
}

type Sending<'a> = MaybeDone<LocalBoxFuture<'a, Result<Vec<Row>, Error>>>;

fn sending<'a>(exchange: impl Future<Output = Result<Vec<Row>, Error>> + 'a) -> Sending<'a> {
    maybe_done(exchange.boxed_local())
}

/// What came of a flush, by what its statements and its end were told.
fn outcome(told: Result<Vec<Vec<Row>>, Error>, end: Result<Vec<Row>, Error>) -> Result<Vec<Vec<Row>>, Error> {
    match (told, end) {
        (Ok(answers), Ok(_)) => Ok(answers),
        // The server takes a COMMIT after a failure for a ROLLBACK, so nothing was done.
        (Err(error), _) if !matches!(error, Error::Lost) => Err(error),
        (_, Err(error)) if error.leaves_connection_good() => Err(error),
        _ => Err(Error::CommitUnknown),
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.context.metrics.pool_in_use.dec();
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
