//! Rows that come before all others: whether anything is done at all, and verdicts against.

use crate::ship::view::View;
use crate::ship::{Colour, End, Fault, Life, Mark, Step, Wait, Why};

pub(super) fn locked(view: &View<'_>) -> Option<Step> {
    view.evidence.locked.then_some(Step::End(End::Locked))
}

pub(super) fn set_apart(view: &View<'_>) -> Option<Step> {
    view.release?;
    let apart = view.well().find(|seen| seen.member.is_set_apart())?;
    Some(Step::End(End::SetApart(apart.at)))
}

pub(super) fn fail(view: &View<'_>) -> Option<Step> {
    let abandoned = |colour| ![view.kept, view.green].contains(&Some(colour)) && view.is_undecided(colour);
    let why = |colour: Colour| {
        let said = view.of(Some(colour)).find_map(|seen| seen.member.failed);
        said.or_else(|| abandoned(colour).then_some(Why::Abandoned))
    };
    let unmarked = view.well().filter(|seen| seen.member.failed.is_none() && seen.member.life != Life::Dead);
    let mut marks = unmarked.filter_map(|seen| Some(Step::Mark(seen.at, Mark::Failed(why(seen.member.colour)?))));
    marks.next()
}

pub(super) fn dependency(view: &View<'_>) -> Option<Step> {
    let waits = view.evidence.fault == Fault::Both && !view.evidence.overdue && !view.evidence.interrupted;
    (view.green.is_some() && waits).then_some(Step::Wait(Wait::Dependency))
}

pub(super) fn take_back(view: &View<'_>) -> Option<Step> {
    let why = match view.evidence {
        evidence if evidence.interrupted => Why::Interrupted,
        evidence if evidence.fault == Fault::Greens => Why::Faulty,
        evidence if evidence.overdue || view.is_hopeless() => Why::Late,
        _ => return None,
    };
    let first = view.green().find(|seen| seen.member.life != Life::Dead).or_else(|| view.green().next())?;
    Some(Step::Mark(first.at, Mark::Failed(why)))
}
