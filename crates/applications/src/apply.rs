//! Applying: the application, its history and its mails commit together or not at all.

pub(crate) mod http;
mod problem;
mod store;

use contracts::ids::ApplicationId;
use platform::http::edge::Prose;

/// What a person writes.
pub(crate) type Letter = Prose<1, 10_000>;

/// Why there is no application.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// There is one already.
    #[error("the person has applied already")]
    Duplicate(ApplicationId),
    /// No such job is published and open.
    #[error("the job does not take applications")]
    NoSuchJob,
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
