//! A transaction in one flush: everything is sent at once, and each statement's answer is taken in its turn.

use std::pin::Pin;
use std::task::Poll;

use futures_util::future::{FutureExt as _, LocalBoxFuture, MaybeDone, join_all, maybe_done};

use super::lease::{Lease, Params};
use super::statement::{BEGIN, COMMIT, ROLLBACK, Turn};
use super::{Error, Row, Statement};
use crate::sabotage;

impl Lease {
    pub(super) async fn in_one_flush(&self, work: &[(&Statement, Params<'_>)]) -> Result<Vec<Vec<Row>>, Error> {
        self.doubt();
        for (statement, _) in work {
            // What is not prepared yet is prepared first: a flush cannot wait for it.
            self.prepare(statement).await?;
        }
        let turn = Turn::first();
        let mut sent = vec![sending(self.simple(&BEGIN, Some(&turn)))];
        sent.extend(work.iter().map(|(statement, params)| sending(self.run(statement, params, Some(&turn)))));
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
        let rolls_back = unsent && !sabotage::takes_out("unsent rollback");
        sent.push(sending(self.simple(if rolls_back { &ROLLBACK } else { &COMMIT }, Some(&turn))));
        join_all(&mut sent).await;
        let mut answers = sent.iter_mut().skip(1).filter_map(|one| Pin::new(one).take_output());
        let (told, end) = (answers.by_ref().take(work.len()).collect(), answers.next());
        let answers = outcome(told, end.unwrap_or(Err(Error::Lost)));
        self.settle(answers.as_ref().err());
        answers
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
