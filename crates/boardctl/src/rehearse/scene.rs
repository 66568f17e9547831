//! Who is on the board in a rehearsal: a company with jobs, and people who are signed in.

use std::time::Duration;

use testbed::board::Board;
use tokio_postgres::Client;

use super::RehearseError;

/// Each person applies for each of them once, within its quota.
pub(super) const JOBS: usize = 5;

/// Longer than any rehearsal.
const SIGNED_IN: Duration = Duration::from_secs(24 * 3_600);

const MAKE_JOBS: &str = include_str!("jobs.sql");

const MAKE_PEOPLE: &str = include_str!("people.sql");

/// What a load is about.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// Published, by their ids.
    pub(super) jobs: Vec<String>,
    /// Access tokens, with the ids of those whose they are.
    pub(super) people: Vec<(String, String)>,
}

impl Scene {
    /// A new company, and so many people.
    pub(super) async fn make(board: &Board, people: i32) -> Result<Self, RehearseError> {
        let client = board.client().await?;
        let jobs = ids(&client, MAKE_JOBS, i32::try_from(JOBS).unwrap_or(i32::MAX)).await?;
        let tokens = &board.secrets.tokens;
        let people = ids(&client, MAKE_PEOPLE, people).await?;
        let people = people.into_iter().map(|id| (id.clone(), tokens.mint(&id, SIGNED_IN))).collect();
        Ok(Self { jobs, people })
    }

    /// A job, in turn.
    pub(super) fn job(&self, number: u64) -> &str {
        &self.jobs[at(number, self.jobs.len())]
    }

    /// Somebody, in turn: the id and the token.
    pub(super) fn person(&self, number: u64) -> &(String, String) {
        &self.people[at(number, self.people.len())]
    }
}

fn at(number: u64, of: usize) -> usize {
    usize::try_from(number % of.max(1) as u64).unwrap_or_default()
}

async fn ids(client: &Client, statement: &str, count: i32) -> Result<Vec<String>, RehearseError> {
    let rows = client.query(statement, &[&count]).await.map_err(RehearseError::Sql)?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
