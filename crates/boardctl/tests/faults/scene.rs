//! Who is on the board: a company with jobs, and people whom nobody has met yet.

use std::time::Duration;

use testbed::board::Part;
use tokio_postgres::Client;

use super::fleet::Fleet;

/// A person applies for each of them once, within its quota.
const JOBS: i32 = 5;

/// Longer than any fault.
const SIGNED_IN: Duration = Duration::from_secs(3_600);

const MAKE_COMPANY: &str = include_str!("../../src/rehearse/jobs.sql");

const MAKE_PEOPLE: &str = include_str!("../../src/rehearse/people.sql");

/// What a load is about.
#[derive(Clone)]
pub(super) struct Scene {
    /// Published, by their ids.
    pub(super) jobs: Vec<String>,
    pub(super) people: Vec<Person>,
}

/// Somebody who is signed in and has a name.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) token: String,
}

impl Scene {
    /// A new company and so many people.
    pub(super) async fn of(fleet: &Fleet, people: i32) -> Self {
        Self::with_jobs(fleet, people, JOBS).await
    }

    /// A new company with so many jobs, and so many people.
    pub(super) async fn with_jobs(fleet: &Fleet, people: i32, jobs: i32) -> Self {
        let client = database(fleet).await;
        let jobs = ids(&client, MAKE_COMPANY, jobs).await;
        let tokens = &fleet.board.secrets.tokens;
        let person = |id: String| Person { token: tokens.mint(&id, SIGNED_IN), id };
        let people = ids(&client, MAKE_PEOPLE, people).await.into_iter().map(person).collect();
        Self { jobs, people }
    }

    /// The ids of all the people.
    pub(super) fn ids(&self) -> Vec<String> {
        self.people.iter().map(|person| person.id.clone()).collect()
    }

    /// Who applies for what in the application of this number.
    pub(super) fn pair(&self, number: u64) -> (&Person, &str) {
        let jobs = self.jobs.len() as u64;
        let person = usize::try_from(number / jobs).expect("few applications");
        let job = usize::try_from(number % jobs).expect("few jobs");
        assert!(person < self.people.len(), "a load that needs more than {} people", self.people.len());
        (&self.people[person], &self.jobs[job])
    }
}

async fn ids(client: &Client, statement: &str, count: i32) -> Vec<String> {
    let rows = client.query(statement, &[&count]).await.expect("rows can be made");
    rows.iter().map(|row| row.get(0)).collect()
}

/// The database, as a superuser sees it who passes by every proxy.
pub(super) async fn database(fleet: &Fleet) -> Client {
    fleet.board.client().await.expect("the superuser may in")
}

/// Where Resend stands in.
pub(super) fn resend(fleet: &Fleet) -> testbed::http::Client {
    let http = platform::http::client::stack().expect("a client");
    testbed::http::Client::new(http, fleet.board.url(Part::ResendStandIn))
}
