use std::cell::Cell;

use super::lease::{Lease, Params};
use super::statement::{COMMIT, ROLLBACK};
use super::{Error, Row, Statement};
use crate::guard::breaker::Verdict;
use crate::sabotage;

/// A transaction at work. It ends by the pool that made it.
pub struct Transaction {
    lease: Lease,
    /// Whether it ran a statement already.
    asked: Cell<bool>,
    committing: bool,
}

impl Transaction {
    pub(super) fn new(lease: Lease) -> Self {
        Self { lease, asked: Cell::new(false), committing: false }
    }

    /// Runs a statement. The first one is run once more when it turns out to be prepared for tables that have changed:
    /// nothing was done yet, and all that follow are prepared anew, too.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn query(&self, statement: &Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let first = !self.asked.replace(true);
        match self.lease.run(statement, params, None).await {
            Err(Error::Stale(_)) if first => {
                self.lease.begin_anew().await?;
                self.lease.run(statement, params, None).await
            }
            answer => answer,
        }
    }

    /// Runs a statement that answers with one row or none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn query_opt(&self, statement: &Statement, params: Params<'_>) -> Result<Option<Row>, Error> {
        Ok(self.query(statement, params).await?.into_iter().next())
    }

    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        // After it the server commits nothing, whoever swallowed it.
        let error = self.lease.first_error.borrow().clone();
        if let Some(error) = error.filter(|_| !sabotage::takes_out("swallowed refusal")) {
            self.roll_back().await;
            return Err(error);
        }
        self.committing = true;
        match self.lease.simple(&COMMIT, None).await {
            Ok(_) => {
                self.lease.settle(None);
                Ok(())
            }
            Err(error) if error.leaves_connection_good() => {
                self.lease.settle(Some(&error));
                Err(error)
            }
            Err(_) => Err(Error::CommitUnknown),
        }
    }

    /// A rollback that fails leaves the connection in doubt, and so does an error that no rollback mends, such as that of
    /// a server that takes no writes. A connection in doubt is dropped: that rolls back, too.
    pub(super) async fn roll_back(&self) {
        let rolled_back = self.lease.simple(&ROLLBACK, None).await.is_ok();
        let good = self.lease.first_error.borrow().as_ref().is_none_or(Error::leaves_connection_good);
        self.lease.in_doubt.set(!(rolled_back && good));
    }

    /// What it says of the database, unless it was cut.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        self.lease.first_error.borrow().as_ref().map_or(Some(Verdict::Good), Error::verdict)
    }

    pub(super) fn cut(&self) -> Error {
        if self.committing { Error::CommitUnknown } else { Error::TooLate }
    }
}
