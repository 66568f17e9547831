//! What a call without a good answer means. A caller matches on [`Meaning`], never on a text or a status: what only
//! stands in Fly's words is read out of them in `said`, and nowhere else.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use super::read::Unreadable;
use super::{Call, MachineId, State};

/// A call without a good answer: what that means, and which call it was.
#[derive(Clone, Debug)]
pub struct Error {
    /// What it means.
    pub meaning: Meaning,
    at: Box<At>,
}

/// Which call it was.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) call: Call,
    pub(crate) machine: Option<MachineId>,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
}

impl Error {
    pub(crate) fn new(meaning: Meaning, at: At) -> Self {
        Self { meaning, at: Box::new(at) }
    }

    /// The same call's, when more is known than its own answer said.
    pub(crate) fn with(self, meaning: Meaning) -> Self {
        Self { meaning, ..self }
    }

    /// Which call it was.
    #[must_use]
    pub fn call(&self) -> Call {
        self.at.call
    }

    /// The machine that it was done to, where it was done to one.
    #[must_use]
    pub fn machine(&self) -> Option<&MachineId> {
        self.at.machine.as_ref()
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.at.status
    }

    /// What Fly's support asks for, where an answer came.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.at.request_id.as_deref()
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let At { call, machine, status, request_id } = &*self.at;
        write!(f, "{call}")?;
        if let Some(machine) = machine {
            write!(f, " of {machine}")?;
        }
        write!(f, ": {}", self.meaning)?;
        match (status, request_id) {
            (Some(status), Some(id)) => write!(f, " (status {status}, fly-request-id {id})"),
            (Some(status), None) => write!(f, " (status {status}, no fly-request-id)"),
            (None, _) => Ok(()),
        }
    }
}

/// What it means.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Meaning {
    /// The machine is leased, and not to us.
    #[error("{0}")]
    LeaseHeld(Box<Holder>),
    /// A machine has this name; by its id, where Fly names it.
    #[error("the name is taken{}", .0.as_ref().map(|id| format!(" by {id}")).unwrap_or_default())]
    NameTaken(Option<MachineId>),
    /// Something else came between.
    #[error("conflict: {0}")]
    Conflict(Said),
    /// No host in the region has room: another region, or later.
    #[error("the region has no room: {0}")]
    RegionFull(Said),
    /// The machine's host has no room: a new machine may find another.
    #[error("the host has no room: {0}")]
    HostFull(Said),
    /// The registry does not have the image, or not yet.
    #[error("the image is not known: {0}")]
    ImageUnknown(Said),
    /// The machine is in no state for it.
    #[error("wrong state: {0}")]
    WrongState(Said),
    /// No such machine, lease or app; of a machine, also one made milliseconds ago.
    #[error("not found: {0}")]
    NotFound(Said),
    /// Fly does not know the token.
    #[error("the token is refused: {0}")]
    Unauthorized(Said),
    /// The token is for something else.
    #[error("the token does not allow it: {0}")]
    Forbidden(Said),
    /// Too many calls. The next one of this kind waits at least so long by itself.
    #[error("too many calls, {} ms to wait", .wait.as_millis())]
    RateLimited {
        /// What Fly said, or what we take where it said nothing.
        wait: Duration,
    },
    /// What was sent is refused, and will be again.
    #[error("refused: {0}")]
    Invalid(Said),
    /// There is an answer, and it cannot be read. Whatever was asked for was done: nothing may be written before a
    /// person has looked.
    #[error("{0}")]
    Unreadable(Unreadable),
    /// A write, done or not: nobody can tell before having looked.
    #[error("done or not, nobody knows: {0}")]
    Unknown(Doubt),
    /// No answer, and nothing was changed: a read, or a write that was not sent.
    #[error("no answer, nothing was changed: {0}")]
    Unanswered(Doubt),
    /// Not sent: the lease that it would have been done under ends too soon.
    #[error("not sent: the lease ends in {} ms", .left.as_millis())]
    LeaseEnds {
        /// How long it is still held.
        left: Duration,
    },
    /// The machine did not get there within the time that was given.
    #[error("did not get to {0} in time")]
    NotReached(State),
}

/// Why an outcome is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No answer within the bound.
    #[error("timed out")]
    TimedOut,
    /// The connection was lost, or not made.
    #[error("{0}")]
    Disconnected(String),
    /// A 5xx, or a 408: the API lost the host.
    #[error("failed: {0}")]
    Failed(Said),
}

/// Who holds a lease, as far as Fly says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Whose token.
    pub owner: Option<String>,
    /// What for.
    pub description: Option<String>,
    /// Until when, by Fly's clock.
    pub until: Option<OffsetDateTime>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leased by {}", self.owner.as_deref().unwrap_or("somebody"))?;
        if let Some(description) = &self.description {
            write!(f, " for {description:?}")?;
        }
        if let Some(until) = self.until {
            write!(f, " until {until}")?;
        }
        Ok(())
    }
}

/// Fly's own words, for a person: one line, not too long. Nothing is decided by them.
#[derive(Clone, PartialEq, Eq)]
pub struct Said(String);

/// Longer than each of Fly's texts that is known.
const LONGEST: usize = 300;

impl Said {
    pub(crate) fn new(text: &str) -> Self {
        let line = text.split(|sign: char| sign.is_whitespace() || sign.is_control());
        let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        Self(line.chars().take(LONGEST).collect())
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "without a word" } else { &self.0 })
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
