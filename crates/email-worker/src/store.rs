//! The outbox in PostgreSQL: each statement of the protocol with typed arguments and rows. What each does and when it
//! answers with nothing stands at the head of its `.sql` file.

mod claimed;

use std::time::Duration;

use opentelemetry::Context;
use platform::clock::Stopwatch;
use platform::postgres::{Error, Pool, Row, Statement, Sweep};
use time::OffsetDateTime;
use uuid::Uuid;

pub use claimed::{Claimed, MailId, Queued};

use crate::protocol::{BatchId, ErrorName, Fence, GIVE_UP_AFTER, ProviderId};

/// Claims a batch.
pub const CLAIM: Statement = Statement::new("claim mails", include_str!("sql/claim.sql"));
const MARK: Statement = Statement::new("mark batch", include_str!("sql/mark.sql"));
const SENT: Statement = Statement::new("settle sent batch", include_str!("sql/sent.sql"));
const CLOSE: Statement = Statement::new("close batch", include_str!("sql/close.sql"));
const DISSOLVE: Statement = Statement::new("dissolve batch", include_str!("sql/dissolve.sql"));
const LATER: Statement = Statement::new("let go of batch", include_str!("sql/later.sql"));
/// Takes late batches apart.
pub const FREE_LATE: Statement = Statement::new("free late batches", include_str!("sql/free_late.sql"));
/// Expires late mails.
pub const EXPIRE: Statement = Statement::new("expire mails", include_str!("sql/expire.sql"));
/// Ends batches whose outcome stayed unknown.
pub const GIVE_UP: Statement = Statement::new("give up batches", include_str!("sql/give_up.sql"));

/// How long a settled mail is kept, for questions about it.
pub const SWEEP: Sweep = Sweep { table: "outbox", since: "settled_at", keep: Duration::from_hours(30 * 24) };

/// The outbox.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
}

/// How a batch ends that is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It never will be.
    Dead,
    /// It may have been.
    Uncertain,
}

/// A claim on a batch: its id and the fence that proves the claim.
pub type Hold = (BatchId, Fence);

/// How many mails of a kind something happened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfKind {
    /// As the outbox has it; not necessarily one that this worker knows.
    pub kind: String,
    /// How many.
    pub mails: u64,
}

impl Store {
    /// The outbox that these connections lead to.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// `claim.sql`: takes what is most urgent of these kinds, in a new batch of so many mails at most.
    ///
    /// # Errors
    /// See [`Error`]. A claim whose answer was lost passes with its lease.
    pub async fn claim(&self, kinds: &[&str], most: usize, lease: Duration) -> Result<Option<Claimed>, Error> {
        let (most, lease, give_up) = (bounded(most), lease.as_secs_f64(), GIVE_UP_AFTER.as_secs_f64());
        let rows = self.pool.query_queue(&CLAIM, &[&kinds, &most, &lease, &give_up]).await?;
        rows.first().map(Claimed::read).transpose()
    }

    /// Tells of a claim that began then, and found a batch.
    pub fn tell_claim(&self, trace: &Context, began: Stopwatch) {
        self.pool.tell(&CLAIM, trace, began, 1);
    }

    /// `mark.sql`: freezes the bytes and allows one post, while so much of the lease is left. Gives the database's
    /// time, or nothing when the batch must not be posted.
    ///
    /// # Errors
    /// See [`Error`]; whether the batch was marked may then be unknown, and it must not be posted.
    pub async fn mark(
        &self,
        (batch, fence): Hold,
        request: Option<&[u8]>,
        left: Duration,
    ) -> Result<Option<OffsetDateTime>, Error> {
        let (left, give_up) = (left.as_secs_f64(), GIVE_UP_AFTER.as_secs_f64());
        let row = self.pool.query_opt(&MARK, &[&batch.uuid(), &fence.get(), &request, &left, &give_up]).await?;
        row.map(|row| row.try_get("marked_at").map_err(|_| Error::Shape(MARK.summary))).transpose()
    }

    /// `sent.sql`: settles an accepted batch. False when the batch was no longer ours, as with all that follow.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn sent(&self, (batch, fence): Hold, sent: &[(MailId, &ProviderId)]) -> Result<bool, Error> {
        let (mails, ids): (Vec<Uuid>, Vec<&str>) = sent.iter().map(|(mail, id)| (mail.0, id.as_str())).unzip();
        self.ours(&SENT, &[&batch.uuid(), &fence.get(), &mails, &ids]).await
    }

    /// `close.sql`: settles a batch that will not be sent.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn close(&self, (batch, fence): Hold, end: End, error: &ErrorName) -> Result<bool, Error> {
        let state = match end {
            End::Dead => "dead",
            End::Uncertain => "uncertain",
        };
        self.ours(&CLOSE, &[&batch.uuid(), &fence.get(), &state, &error.as_str()]).await
    }

    /// `dissolve.sql`: takes a batch apart.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn dissolve(&self, (batch, fence): Hold) -> Result<bool, Error> {
        self.ours(&DISSOLVE, &[&batch.uuid(), &fence.get()]).await
    }

    /// `later.sql`: lets go of a batch for so long; `clear` when Resend surely accepted nothing.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn later(&self, (batch, fence): Hold, wait: Duration, clear: bool) -> Result<bool, Error> {
        self.ours(&LATER, &[&batch.uuid(), &fence.get(), &wait.as_secs_f64(), &clear]).await
    }

    /// `free_late.sql`: takes apart so many late batches at most, and says how many.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn free_late(&self, most: usize) -> Result<u64, Error> {
        let rows = self.pool.query_queue(&FREE_LATE, &[&bounded(most)]).await?;
        number(&rows, "batches", &FREE_LATE)
    }

    /// `expire.sql`: expires so many late mails at most.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn expire(&self, most: usize) -> Result<Vec<OfKind>, Error> {
        by_kind(&self.pool.query_queue(&EXPIRE, &[&bounded(most)]).await?, &EXPIRE)
    }

    /// `give_up.sql`: ends so many batches at most whose outcome has been unknown for so long.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn give_up(&self, after: Duration, most: usize) -> Result<Vec<OfKind>, Error> {
        by_kind(&self.pool.query_queue(&GIVE_UP, &[&after.as_secs_f64(), &bounded(most)]).await?, &GIVE_UP)
    }

    async fn ours(
        &self,
        statement: &Statement,
        params: &[&(dyn platform::postgres::ToSql + Sync)],
    ) -> Result<bool, Error> {
        Ok(!self.pool.query(statement, params).await?.is_empty())
    }
}

fn bounded(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

fn number(rows: &[Row], column: &str, statement: &Statement) -> Result<u64, Error> {
    let number: Option<i64> = rows.first().and_then(|row| row.try_get(column).ok());
    number.and_then(|number| u64::try_from(number).ok()).ok_or(Error::Shape(statement.summary))
}

fn by_kind(rows: &[Row], statement: &Statement) -> Result<Vec<OfKind>, Error> {
    let read = |row: &Row| {
        let kind = row.try_get("kind").map_err(|_| Error::Shape(statement.summary))?;
        number(std::slice::from_ref(row), "mails", statement).map(|mails| OfKind { kind, mails })
    };
    rows.iter().map(read).collect()
}
