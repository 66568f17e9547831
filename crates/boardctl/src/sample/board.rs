//! The whole board, before it is stored.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::draft::Draft;
use super::job::{Job, Status};
use super::random::Random;
use super::trade::{self, Employer, Trade};

/// Any number does. Another one gives another board of the same shape.
const SEED: u64 = 0x0b0a_4d20_5eed;

/// How many jobs there are: a few dozen pages of a list.
const JOBS: u32 = 1_000;

/// How far back the oldest job goes.
const SPAN: Duration = Duration::days(60);

/// A draft and a closed job that the employer's company has in any case, so that its page shows every status.
const OWN_DRAFT: u32 = 0;
const OWN_CLOSED: u32 = JOBS / 2;

/// A row of `people`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// Made when the person was.
    pub(super) id: Uuid,
    /// In lower case, so that it is its own key.
    pub(super) email: &'static str,
    /// How the person is called.
    pub(super) name: &'static str,
    /// Before anything the person has.
    pub(super) created_at: OffsetDateTime,
}

/// A row of `companies`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Company {
    /// Made when the company was.
    pub(super) id: Uuid,
    /// Its name.
    pub(super) name: &'static str,
    /// Under `.example`, so that no link leads to anybody (RFC 2606).
    pub(super) website: String,
    /// City and country of its seat.
    pub(super) place: String,
    /// Before its first job.
    pub(super) created_at: OffsetDateTime,
}

/// All rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Board {
    /// Member of the first company.
    pub(super) employer: Person,
    /// Has applied to nothing yet.
    pub(super) candidate: Person,
    /// Never empty.
    pub(super) companies: Vec<Company>,
    /// Newest first.
    pub(super) jobs: Vec<Job>,
}

impl Board {
    /// The board as it is at `now`.
    pub(super) fn sample(now: OffsetDateTime) -> Self {
        let now = whole_milliseconds(now);
        let mut random = Random::new(SEED);
        let employers: Vec<(&'static Trade, &'static Employer)> =
            trade::ALL.iter().flat_map(|trade| trade.employers.iter().map(move |employer| (trade, employer))).collect();
        let employer = person(&mut random, "employer@example.com", "Robin Hartley", now - Duration::days(720));
        let candidate = person(&mut random, "candidate@example.com", "Sam Okafor", now - Duration::days(30));
        let companies: Vec<Company> =
            employers.iter().map(|(_, employer)| company(&mut random, employer, now)).collect();
        let hiring: Vec<_> = employers.iter().zip(&companies).collect();
        let jobs = (0..JOBS)
            .map(|number| {
                let own = matches!(number, OWN_DRAFT | OWN_CLOSED);
                let ((trade, employer), company) = if own { hiring[0] } else { random.pick(&hiring) };
                let draft = Draft::draw(&mut random, trade, employer);
                job(&mut random, number, &draft, company, now)
            })
            .collect();
        Self { employer, candidate, companies, jobs }
    }

    /// The employer's company.
    pub(super) fn own(&self) -> &Company {
        &self.companies[0]
    }
}

/// Ids hold milliseconds, and Postgres keeps microseconds: times that are whole milliseconds are equal everywhere.
fn whole_milliseconds(at: OffsetDateTime) -> OffsetDateTime {
    at - Duration::nanoseconds(i64::from(at.nanosecond() % 1_000_000))
}

/// A person of that address.
fn person(random: &mut Random, email: &'static str, name: &'static str, created_at: OffsetDateTime) -> Person {
    Person { id: random.id(created_at), email, name, created_at }
}

/// A company that came 90 to 700 days ago: after its member, before its first job.
fn company(random: &mut Random, employer: &Employer, now: OffsetDateTime) -> Company {
    let created_at = now - within(random, Duration::days(90), Duration::days(700));
    Company {
        id: random.id(created_at),
        name: employer.name,
        website: format!("https://{}.example", employer.site),
        place: employer.country.place(employer.cities[0]),
        created_at,
    }
}

/// The job of that number: each has a part of the span to itself, so that no two are published at the same time.
fn job(random: &mut Random, number: u32, draft: &Draft, company: &Company, now: OffsetDateTime) -> Job {
    let slot = SPAN / JOBS;
    let at = now - slot * number - within(random, Duration::milliseconds(1), slot);
    let status = status(random, number);
    let created_at = match status {
        Status::Draft => at,
        Status::Published | Status::Closed => at - within(random, Duration::minutes(20), Duration::days(4)),
    };
    Job {
        id: random.id(created_at),
        company: company.id,
        title: draft.title(random),
        description: draft.description(random),
        place: draft.place(random),
        remote: draft.remote,
        kind: draft.kind,
        pay: draft.pay(random),
        closes_at: closing(random, status, at, now),
        status,
        created_at,
        published_at: (status != Status::Draft).then_some(at),
    }
}

/// Most are published; by chance about 35 of a thousand are drafts and as many are closed.
fn status(random: &mut Random, number: u32) -> Status {
    match number {
        OWN_DRAFT => Status::Draft,
        OWN_CLOSED => Status::Closed,
        _ => random.weighted(&[(Status::Published, 930), (Status::Draft, 35), (Status::Closed, 35)]),
    }
}

/// When it closes by itself: for an open job within 180 days of its publication, for a closed one in the past. Jobs
/// without it are closed by hand.
fn closing(
    random: &mut Random,
    status: Status,
    published_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    if random.percent(60) {
        return None;
    }
    match status {
        Status::Draft | Status::Published => Some(now + within(random, Duration::days(2), Duration::days(119))),
        Status::Closed => Some(published_at + within(random, Duration::ZERO, now - published_at)),
    }
}

/// A duration from `least` to just under `most`, in whole milliseconds.
fn within(random: &mut Random, least: Duration, most: Duration) -> Duration {
    let room = u64::try_from((most - least).whole_milliseconds()).unwrap_or_default();
    least + Duration::milliseconds(i64::try_from(random.below(room)).unwrap_or_default())
}
