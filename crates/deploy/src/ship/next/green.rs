//! Rows for the green: made, proven, let in, watched alone, and judged.

use crate::ship::view::{Seen, View};
use crate::ship::{Create, Life, Mark, Step, Wait};

pub(super) fn complete(view: &View<'_>) -> Option<Step> {
    let (id, plan) = (view.green_id()?, view.plan());
    let alive = view.green().filter(|seen| seen.member.life != Life::Dead).count();
    let up = view.green().filter(|seen| seen.member.is_up()).count();
    let short = alive < usize::from(plan.all);
    short.then(|| {
        let launch = up < usize::from(plan.started);
        Step::Create(Create { colour: Some(id), place: view.vacant(), beside: view.beside(), launch, plan })
    })
}

pub(super) fn wake(view: &View<'_>) -> Option<Step> {
    let first = |life| view.green().find(|seen| seen.member.life == life).map(|seen| seen.at);
    let up = view.green().filter(|seen| seen.member.is_up()).count();
    let short = up < usize::from(view.plan().started);
    let start = first(Life::Fallen).or_else(|| first(Life::Asleep).filter(|_| short && view.green.is_some()));
    let up = || first(Life::Coming).map(|at| Step::Wait(Wait::Up(at)));
    let down = || first(Life::Going).map(|at| Step::Wait(Wait::Down(at)));
    start.map(Step::Start).or_else(up).or_else(down)
}

fn all(view: &View<'_>, are: impl Fn(&Seen<'_>) -> bool) -> Option<Vec<usize>> {
    let all: Vec<usize> = view.green().filter(are).map(|seen| seen.at).collect();
    (!all.is_empty()).then_some(all)
}

pub(super) fn check(view: &View<'_>) -> Option<Step> {
    let unproven = |seen: &Seen<'_>| seen.member.cordoned && seen.member.life == Life::Awake && !seen.sight.checked;
    all(view, unproven).map(Step::Check)
}

pub(super) fn uncordon(view: &View<'_>) -> Option<Step> {
    let alive = |seen: &Seen<'_>| seen.member.cordoned && seen.member.life != Life::Dead;
    view.green().find(alive).map(|seen| Step::Uncordon(seen.at))
}

pub(super) fn see(view: &View<'_>) -> Option<Step> {
    all(view, |seen| seen.member.life == Life::Awake && !seen.sight.seen).map(Step::Look)
}

pub(super) fn rest(view: &View<'_>) -> Option<Step> {
    view.green?;
    let routed = |seen: &Seen<'_>| !seen.member.cordoned && seen.member.life != Life::Dead;
    let cordon = view.kept().find(routed)?;
    if !view.evidence.opened {
        return Some(Step::Wait(Wait::Opened));
    }
    // All are marked before the first is cordoned: then they go together.
    let unmarked = view.kept().find(|seen| routed(seen) && !seen.member.rested);
    Some(unmarked.map_or(Step::Cordon(cordon.at), |seen| Step::Mark(seen.at, Mark::Rested)))
}

pub(super) fn soak(view: &View<'_>) -> Option<Step> {
    view.green?;
    (!view.evidence.soaked).then_some(Step::Wait(Wait::Soak))
}

pub(super) fn pass(view: &View<'_>) -> Option<Step> {
    let first = view.green().find(|seen| seen.member.life != Life::Dead)?;
    Some(Step::Mark(first.at, Mark::Passed))
}
