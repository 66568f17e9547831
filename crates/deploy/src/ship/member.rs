//! One machine, as far as a deploy looks at it.

use super::{Colour, Commit, Place, Plan};
use crate::machines::{Machine, State};

/// How a machine lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Life {
    /// On its way up.
    Coming,
    /// Started.
    Awake,
    /// On its way down, or out.
    Going,
    /// Stopped or suspended, because somebody asked for it or the process ended well: a request may wake it.
    Asleep,
    /// Stopped because the process failed, and not started again.
    Fallen,
    /// Never to run again.
    Dead,
}

impl Life {
    pub(crate) fn of(machine: &Machine) -> Self {
        match machine.state {
            State::Created | State::Starting | State::Restarting | State::Updating | State::Replacing => Self::Coming,
            State::Started => Self::Awake,
            State::Stopping | State::Suspending | State::Destroying => Self::Going,
            State::Stopped | State::Suspended if fell(machine) => Self::Fallen,
            State::Stopped | State::Suspended => Self::Asleep,
            State::Failed | State::LaunchFailed | State::Replaced | State::Destroyed | State::Migrated => Self::Dead,
            // A word that nobody knew of: nothing is done to such a machine but to wait for another word.
            State::Other(_) => Self::Going,
        }
    }
}

fn fell(machine: &Machine) -> bool {
    let last = machine.events.iter().find_map(|event| event.exit);
    last.is_some_and(|exit| !exit.requested_stop && (exit.exit_code != 0 || exit.oom_killed))
}

/// Why a colour failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It showed a fault that the other colour did not.
    Faulty,
    /// A step did not come to its end in time.
    Late,
    /// Somebody took it back.
    Interrupted,
    /// A run died before its verdict, and the next one was asked for something else.
    Abandoned,
}

impl Why {
    /// The word that is kept.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Faulty => "faulty",
            Self::Late => "late",
            Self::Interrupted => "interrupted",
            Self::Abandoned => "abandoned",
        }
    }

    /// What that word says. One that is not known here still says that it failed.
    #[must_use]
    pub fn of(word: &str) -> Self {
        let all = [Self::Late, Self::Interrupted, Self::Abandoned];
        all.into_iter().find(|why| why.as_str() == word).unwrap_or(Self::Faulty)
    }
}

/// A machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Whose it is.
    pub colour: Colour,
    /// When its configuration was made, in milliseconds since 1970, by Fly's clock: part of its `instance_id`.
    pub born: u64,
    /// Where it stands in its colour, if it has a name of ours.
    pub place: Option<Place>,
    /// The first machine of the fleet that runs in the same region.
    pub region: usize,
    /// How it lives.
    pub life: Life,
    /// Whether its host is ill: then the rest may be stale.
    pub ill: bool,
    /// Whether it is kept from new connections.
    pub cordoned: bool,
    /// How many its colour was to have.
    pub plan: Option<Plan>,
    /// What it was built from.
    pub commit: Option<Commit>,
    /// [`PASSED`](super::keys::PASSED)
    pub passed: bool,
    /// [`FAILED`](super::keys::FAILED)
    pub failed: Option<Why>,
    /// [`RESTED`](super::keys::RESTED)
    pub rested: bool,
    /// [`REFUSED`](super::keys::REFUSED)
    pub refused: Option<Commit>,
}

impl Member {
    pub(super) fn is_ours(&self) -> bool {
        matches!(self.colour, Colour::Ours(_))
    }

    /// In somebody else's cordon: not one that we said was ours, not one that it was born in, and not of what failed.
    pub(super) fn is_set_apart(&self) -> bool {
        let unborn = self.is_ours() && !self.passed;
        self.cordoned && !self.rested && !unborn && self.failed.is_none()
    }

    /// Takes connections, or is woken by the first.
    pub(super) fn serves(&self) -> bool {
        !self.cordoned && matches!(self.life, Life::Awake | Life::Asleep)
    }

    /// Could take connections, once it is let.
    pub(super) fn is_able(&self) -> bool {
        matches!(self.life, Life::Awake | Life::Asleep) && !self.is_set_apart()
    }

    /// Runs, or is about to.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.life, Life::Awake | Life::Coming)
    }
}
