//! What is done next.

use super::{Colour, ColourId, Place, Plan, Why};

/// The one next step. A `usize` is a machine's place in the fleet that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make a machine, cordoned.
    Create(Create),
    /// Start it.
    Start(usize),
    /// Read their checks, twice.
    Check(Vec<usize>),
    /// Ask each for an answer through the proxy, by its id. All at once: a sight is good for 10 s.
    Look(Vec<usize>),
    /// Write it down on it.
    Mark(usize, Mark),
    /// Keep new connections from it.
    Cordon(usize),
    /// Let new connections to it.
    Uncordon(usize),
    /// Have it end: SIGTERM.
    Stop(usize),
    /// Remove it; one that runs is killed.
    Destroy(usize),
    /// Do nothing until then.
    Wait(Wait),
    /// Do nothing any more.
    End(End),
}

/// A machine to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its colour; none is a new one, under an id that is minted once a run: a create that is asked for again is the same
    /// one. It is no older than any machine that is there, since ids are compared with the times of others' machines.
    pub colour: Option<ColourId>,
    /// Its place there: with the colour, its name.
    pub place: Place,
    /// The machine in whose region it is made; none is the primary one.
    pub beside: Option<usize>,
    /// Whether it is started, or only laid out.
    pub launch: bool,
    /// How many there will be.
    pub plan: Plan,
}

/// What is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// [`PASSED`](super::keys::PASSED)
    Passed,
    /// [`FAILED`](super::keys::FAILED)
    Failed(Why),
    /// [`RESTED`](super::keys::RESTED)
    Rested,
    /// [`REFUSED`](super::keys::REFUSED), with the commit of that machine.
    Refused(usize),
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A machine to come up.
    Up(usize),
    /// A machine to go down.
    Down(usize),
    /// All proxies to know of what was uncordoned: 10 s.
    Opened,
    /// All proxies to know of what was cordoned: 10 s.
    Shut,
    /// The soak.
    Soak,
    /// What both colours depend on.
    Dependency,
}

/// Why nothing is done any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// What was asked for stands alone.
    Done,
    /// What stood before stands alone.
    TakenBack,
    /// What stood before stands alone, since what both depend on did not come back.
    BothIll,
    /// Another run is at work.
    Locked,
    /// Somebody else has cordoned this machine.
    SetApart(usize),
    /// What should be kept does not come to serve, so nothing else is taken away.
    KeptIll(Colour),
    /// What stands alone never passed, or failed; there is nothing to go back to.
    NothingGood(Colour),
    /// There is nothing, and nothing was asked for.
    Nothing,
}
