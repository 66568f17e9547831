//! What stands there, for a person.

use serde::Serialize;

use super::{Doing, Which};

/// What stands there, and what a run would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// Every machine.
    pub machines: Vec<Standing>,
    /// What a run would do, if all goes well, from now to its end, the end last.
    pub ahead: Vec<Doing>,
}

/// A machine, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Which.
    pub machine: Which,
    /// Where.
    pub region: String,
    /// Fly's word for how it lives.
    pub state: String,
    /// Its colour: the id of one of ours, or an image's digest.
    pub colour: String,
    /// Whether it is of ours.
    pub ours: bool,
    /// Its part: `kept`, `green`, `left over`.
    pub part: &'static str,
    /// The commit that it was built from.
    pub commit: Option<String>,
    /// The image's tag.
    pub tag: Option<String>,
    /// Whether it is kept from new connections.
    pub cordoned: bool,
    /// Whether it was cordoned by a deploy, and may be let back by one.
    pub rested: bool,
    /// Whether its host is ill: the rest may be stale.
    pub ill: bool,
    /// `passed`, `failed: WHY`, or none yet.
    pub verdict: Option<String>,
    /// The commit that failed beside it.
    pub refused: Option<String>,
    /// Its checks: those that pass, of all that are configured.
    pub checks: (usize, usize),
    /// Who holds its lease.
    pub leased: Option<String>,
}
