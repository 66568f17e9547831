//! Rows for what is kept and stands alone.

use crate::ship::view::View;
use crate::ship::{Colour, Create, End, Fault, Life, Place, Step};

pub(super) fn sweep(view: &View<'_>) -> Option<Step> {
    let ours = view.kept_is_good && matches!(view.kept, Some(Colour::Ours(_)));
    let dead = view.kept().filter(|seen| seen.member.life == Life::Dead && !seen.sight.tried);
    let first = view.lost().chain(dead).next();
    first.filter(|_| ours).map(|seen| Step::Destroy(seen.at))
}

pub(super) fn finish(view: &View<'_>) -> Option<Step> {
    let over = view.release.is_none() || view.evidence.attempted || view.evidence.interrupted;
    let end = match view.kept {
        Some(kept) if view.kept_is_good && (view.release.is_none() || view.is_asked(kept)) => End::Done,
        _ if !over => return None,
        Some(_) if view.kept_is_good && view.evidence.fault == Fault::Both => End::BothIll,
        Some(_) if view.kept_is_good => End::TakenBack,
        Some(kept) => End::NothingGood(kept),
        None => End::Nothing,
    };
    Some(Step::End(end))
}

pub(super) fn begin(view: &View<'_>) -> Option<Step> {
    view.release?;
    let place = Place { index: 0, again: 0 };
    Some(Step::Create(Create { colour: None, place, beside: view.beside(), launch: true, plan: view.plan() }))
}
