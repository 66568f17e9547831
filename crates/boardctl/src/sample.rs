//! Sample data: a board that looks lived in, for a first look at the product and for load.
//!
//! The same `now` gives the same board, byte for byte: companies, texts, times and ids all come from one seed. The
//! generator is our own, as a `rand` of another version may draw other numbers from the same seed.
//!
//! What a job says comes from its trade (`trade/`), where it is and what it pays from its country (`place`, `pay`).

mod board;
mod description;
mod draft;
mod job;
mod pay;
mod place;
mod random;
mod store;
mod trade;

#[cfg(test)]
mod tests;

use time::OffsetDateTime;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use board::Board;

/// What [`fill`] has put into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The person `employer@example.com`, member of [`Filled::company`].
    pub employer: Uuid,
    /// The person `candidate@example.com`.
    pub candidate: Uuid,
    /// The employer's company: it has drafts, published and closed jobs.
    pub company: Uuid,
    /// How many jobs there are, of every status.
    pub jobs: usize,
    /// How many companies there are.
    pub companies: usize,
}

/// Fills an empty, migrated database in one transaction. `now` is the moment that the newest job is just older than.
///
/// # Errors
///
/// Whatever Postgres answers; nothing is kept then. A database that has been filled with the same `now`, or that knows
/// one of the two people, refuses with a unique violation.
pub async fn fill(client: &mut Client, now: OffsetDateTime) -> Result<Filled, Error> {
    let board = Board::sample(now);
    store::save(client, &board).await?;
    Ok(Filled {
        employer: board.employer.id,
        candidate: board.candidate.id,
        company: board.own().id,
        jobs: board.jobs.len(),
        companies: board.companies.len(),
    })
}
