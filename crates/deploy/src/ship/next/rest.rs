//! Rows for what is neither kept nor green: it goes, behind the back of what is kept and was seen to serve.

use crate::ship::view::{Seen, View};
use crate::ship::{Colour, End, Life, Mark, Member, Step, Wait, Why};

fn at<'a>(mut all: impl Iterator<Item = Seen<'a>>, is: impl Fn(Seen<'a>) -> bool) -> Option<usize> {
    all.find(|seen| is(*seen)).map(|seen| seen.at)
}

fn lives(life: Life) -> impl Fn(Seen<'_>) -> bool {
    move |seen| seen.member.life == life
}

pub(super) fn stand(view: &View<'_>) -> Option<Step> {
    if view.green.is_some() && view.rest().next().is_none() {
        return None;
    }
    let step = raise(view).or_else(|| look(view))?;
    Some(if view.evidence.overdue { Step::End(End::KeptIll(view.kept?)) } else { step })
}

/// What is good is brought up. What never passed gets back what was taken from it, and no more.
fn raise(view: &View<'_>) -> Option<Step> {
    let good = view.kept_is_good;
    let ours = |member: &Member| if good { !member.is_set_apart() } else { member.rested };
    let ours_to_undo = |seen: &Seen<'_>| seen.member.cordoned && ours(seen.member);
    let proven = |seen: &Seen<'_>| seen.member.rested || seen.sight.checked || seen.member.life != Life::Awake;
    let (open, unproven): (Vec<Seen<'_>>, Vec<Seen<'_>>) = view.kept().filter(ours_to_undo).partition(proven);
    let rest_serves = view.rest().any(|seen| seen.member.serves());
    let asleep = rest_serves && !view.kept().any(|seen| seen.member.is_up());
    let first = |life| at(view.kept(), lives(life));
    let uncordon = open.first().map(|seen| Step::Uncordon(seen.at));
    let start =
        || first(Life::Fallen).filter(|_| good).or_else(|| first(Life::Asleep).filter(|_| asleep)).map(Step::Start);
    let up = || first(Life::Coming).map(|at| Step::Wait(Wait::Up(at)));
    let down = || first(Life::Going).map(|at| Step::Wait(Wait::Down(at)));
    let check = || Some(unproven.iter().map(|seen| seen.at).collect()).filter(|all: &Vec<_>| !all.is_empty());
    uncordon.or_else(start).or_else(up).or_else(down).or_else(|| check().map(Step::Check))
}

fn look(view: &View<'_>) -> Option<Step> {
    let unseen = |seen: &Seen<'_>| seen.member.life == Life::Awake && !seen.member.cordoned && !seen.sight.seen;
    let unseen: Vec<usize> = view.kept().filter(unseen).map(|seen| seen.at).collect();
    (!unseen.is_empty()).then_some(Step::Look(unseen))
}

pub(super) fn pass_all(view: &View<'_>) -> Option<Step> {
    let ours = view.kept_is_good && matches!(view.kept, Some(Colour::Ours(_)));
    let proven = |seen: Seen<'_>| seen.member.life != Life::Dead && (!seen.member.cordoned || seen.member.rested);
    let unmarked = at(view.kept(), |seen| !seen.member.passed && proven(seen));
    unmarked.filter(|_| ours).map(|at| Step::Mark(at, Mark::Passed))
}

pub(super) fn retire(view: &View<'_>) -> Option<Step> {
    let routed = view.rest().find(|seen| !seen.member.cordoned && seen.member.life != Life::Dead)?;
    let ours = routed.member.rested || routed.member.failed.is_some();
    Some(if ours { Step::Cordon(routed.at) } else { Step::Mark(routed.at, Mark::Rested) })
}

pub(super) fn refuse(view: &View<'_>) -> Option<Step> {
    let judged = |seen: &Seen<'_>| seen.member.failed.is_some_and(|why| why != Why::Abandoned);
    let failed = view.rest().filter(|seen| judged(seen) && seen.member.commit.is_some());
    let newest = failed.max_by_key(|seen| view.born(seen.member.colour))?;
    let says = view.kept().any(|seen| seen.member.refused == newest.member.commit);
    let kept = at(view.kept(), |seen| seen.member.life != Life::Dead).filter(|_| view.kept_is_good && !says)?;
    Some(Step::Mark(kept, Mark::Refused(newest.at)))
}

pub(super) fn drain(view: &View<'_>) -> Option<Step> {
    let awake = at(view.rest(), lives(Life::Awake));
    awake.filter(|_| !view.evidence.shut).map(|_| Step::Wait(Wait::Shut))
}

pub(super) fn stop(view: &View<'_>) -> Option<Step> {
    at(view.rest(), lives(Life::Awake)).map(Step::Stop)
}

pub(super) fn ending(view: &View<'_>) -> Option<Step> {
    let going = at(view.rest(), lives(Life::Going));
    going.filter(|_| !view.evidence.overdue).map(|at| Step::Wait(Wait::Down(at)))
}

pub(super) fn destroy(view: &View<'_>) -> Option<Step> {
    view.rest().next().map(|seen| Step::Destroy(seen.at))
}
