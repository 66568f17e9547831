//! A job as the table has it.

use time::OffsetDateTime;
use uuid::Uuid;

use super::pay::Pay;

/// How far a job is from its office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remote {
    /// At the place.
    No,
    /// Some days.
    Hybrid,
    /// From anywhere in the country.
    Yes,
}

impl Remote {
    /// As the column has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Hybrid => "hybrid",
            Self::Yes => "yes",
        }
    }
}

/// What kind of work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Full time.
    FullTime,
    /// Part time.
    PartTime,
    /// A contract.
    Contract,
    /// An internship.
    Internship,
    /// For a time.
    Temporary,
}

impl Kind {
    /// As the column has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::FullTime => "full_time",
            Self::PartTime => "part_time",
            Self::Contract => "contract",
            Self::Internship => "internship",
            Self::Temporary => "temporary",
        }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Not published yet.
    Draft,
    /// Seen by everybody, and open.
    Published,
    /// Was published, and is not open any more.
    Closed,
}

impl Status {
    /// As the column has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Closed => "closed",
        }
    }
}

/// A row of `jobs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// Made when the draft was made.
    pub(super) id: Uuid,
    /// Whose it is.
    pub(super) company: Uuid,
    /// The role, mostly with its field.
    pub(super) title: String,
    /// Several paragraphs, plain text.
    pub(super) description: String,
    /// City and country; some remote jobs have none.
    pub(super) place: Option<String>,
    /// How far from there.
    pub(super) remote: Remote,
    /// What kind of work.
    pub(super) kind: Kind,
    /// Not every employer says it.
    pub(super) pay: Option<Pay>,
    /// When it closes by itself, or has.
    pub(super) closes_at: Option<OffsetDateTime>,
    /// Where it stands.
    pub(super) status: Status,
    /// When the draft was made.
    pub(super) created_at: OffsetDateTime,
    /// Absent for a draft.
    pub(super) published_at: Option<OffsetDateTime>,
}
