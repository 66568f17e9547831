//! Applying: the application, its history, its mails and, under an `Idempotency-Key`, its answer commit together or
//! not at all, at most ten in an hour for each person.

pub(crate) mod http;
mod problem;
mod store;

use std::time::Duration;

use contracts::answers::JobStatus;
use contracts::ids::{ApplicationId, JobId, PersonId};
use platform::guard::quota::{Acceptance, Quota, Standing};
use platform::http::edge::Prose;
use platform::http::idempotency::{KeptAnswer, KeyRefused, Keyed};

/// What a person writes.
pub(crate) type Letter = Prose<1, 10_000>;

/// Ten in a sliding hour for each person: the go-live checklist has it so.
const QUOTA: Quota = Quota { name: "apply", limit: 10, window: Duration::from_secs(3_600) };

/// An application that is to be made.
struct NewApplication {
    id: ApplicationId,
    job: JobId,
    person: PersonId,
    letter: Letter,
    keyed: Option<Keyed>,
}

/// What came of applying.
enum Applied {
    /// It was made.
    Now {
        answer: KeptAnswer,
        /// For the next look at the quota.
        acceptance: Acceptance,
        standing: Standing,
    },
    /// It had been made before, by the same request.
    Before { answer: KeptAnswer, standing: Standing },
}

/// Why there is no application, and what is left of the quota, where that is known.
struct Refused {
    error: ApplyError,
    standing: Option<Standing>,
}

impl<E: Into<ApplyError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { error: error.into(), standing: None }
    }
}

/// Why there is no application.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// The person has made as many as are allowed.
    #[error("the person has reached the limit")]
    QuotaFull {
        /// When there is a place again.
        after: Duration,
    },
    /// The key belongs to another request, or to one at work.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// There is one already.
    #[error("the person has applied already")]
    Duplicate(ApplicationId),
    /// No such job was ever published.
    #[error("the job does not exist")]
    NoSuchJob,
    /// The job is over, by its company or by its date.
    #[error("the job is over")]
    JobOver(JobStatus),
    /// The person does not exist any more.
    #[error("the person does not exist")]
    NoPerson,
    /// The person has no name yet.
    #[error("the person has no name")]
    NoName,
    /// The store failed.
    #[error("the application store failed")]
    Store(#[from] platform::postgres::Error),
}
