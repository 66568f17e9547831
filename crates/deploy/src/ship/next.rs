//! The table, and how it is read.

mod alone;
mod green;
mod rest;
mod verdict;

use super::{Evidence, Fleet, Release, Step, view::View};

/// A row of the [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// Our lease is lost and another run alive: touch nothing.
    Locked,
    /// A machine is in somebody else's cordon: that is for a person, or for a mend, which is asked for by one.
    SetApart,
    /// A colour failed, or is neither kept nor green and has no verdict: every machine of it says so.
    Fail,
    /// Both colours show a fault: wait for what they depend on.
    Dependency,
    /// The green shows a fault, is late, or is not wanted any more: it failed.
    TakeBack,
    /// With something left over, or nothing on its way, what is kept is started, uncordoned, and seen.
    Stand,
    /// What is kept because one of its machines passed has passed on all.
    PassAll,
    /// What is left over gets no new connections.
    Retire,
    /// What is kept says which commit failed beside it.
    Refuse,
    /// What is left over ends what it has begun: first all proxies know, then it is told, then it is gone.
    Drain,
    /// Told to end.
    Stop,
    /// Awaited.
    Ending,
    /// Removed.
    Destroy,
    /// The green has as many machines as planned and as many as what is kept.
    Complete,
    /// As many of them run.
    Wake,
    /// Every check of what is still cordoned passes.
    Check,
    /// All of them take connections.
    Uncordon,
    /// And were seen to.
    See,
    /// What is kept gets no new connections, and rests: still there, to be let back at once.
    Rest,
    /// For long enough to judge.
    Soak,
    /// The green passed.
    Pass,
    /// Machines that are lost with their hosts, and those that never ran.
    Sweep,
    /// Kept alone, and nothing more to do.
    Finish,
    /// Kept alone, and something else is asked for.
    Begin,
}

/// The first row that holds says what is next.
pub const TABLE: &[Row] = &[
    Row::Locked,
    Row::SetApart,
    Row::Fail,
    Row::Dependency,
    Row::TakeBack,
    Row::Stand,
    Row::PassAll,
    Row::Retire,
    Row::Refuse,
    Row::Drain,
    Row::Stop,
    Row::Ending,
    Row::Destroy,
    Row::Complete,
    Row::Wake,
    Row::Check,
    Row::Uncordon,
    Row::See,
    Row::Rest,
    Row::Soak,
    Row::Pass,
    Row::Sweep,
    Row::Finish,
    Row::Begin,
];

/// The next step towards `release` standing alone; without one, towards one colour, whichever that is: a mend.
#[must_use]
pub fn next(fleet: &Fleet, release: Option<&Release>, evidence: &Evidence) -> Step {
    next_by(TABLE, fleet, release, evidence).unwrap_or(Step::End(super::End::Nothing))
}

/// The same by another table: for tests that take rows out. None, where no row holds.
#[must_use]
pub fn next_by(table: &[Row], fleet: &Fleet, release: Option<&Release>, evidence: &Evidence) -> Option<Step> {
    let view = View::new(fleet, release, evidence);
    table.iter().find_map(|row| row.step(&view))
}

impl Row {
    fn step(self, view: &View<'_>) -> Option<Step> {
        match self {
            Self::Locked => verdict::locked(view),
            Self::SetApart => verdict::set_apart(view),
            Self::Fail => verdict::fail(view),
            Self::Dependency => verdict::dependency(view),
            Self::TakeBack => verdict::take_back(view),
            Self::Stand => rest::stand(view),
            Self::PassAll => rest::pass_all(view),
            Self::Retire => rest::retire(view),
            Self::Refuse => rest::refuse(view),
            Self::Drain => rest::drain(view),
            Self::Stop => rest::stop(view),
            Self::Ending => rest::ending(view),
            Self::Destroy => rest::destroy(view),
            Self::Complete => green::complete(view),
            Self::Wake => green::wake(view),
            Self::Check => green::check(view),
            Self::Uncordon => green::uncordon(view),
            Self::See => green::see(view),
            Self::Rest => green::rest(view),
            Self::Soak => green::soak(view),
            Self::Pass => green::pass(view),
            Self::Sweep => alone::sweep(view),
            Self::Finish => alone::finish(view),
            Self::Begin => alone::begin(view),
        }
    }
}
