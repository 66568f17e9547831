//! Which colour is kept, which is the green, and what is left over.

mod places;

use super::{Colour, Evidence, Fleet, Life, Member, Release, Sight};

/// A machine, where it stands in the fleet, and what was seen of it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) at: usize,
    pub(super) member: &'a Member,
    pub(super) sight: Sight,
}

/// All that a row asks about.
pub(super) struct View<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) release: Option<&'a Release>,
    pub(super) evidence: &'a Evidence,
    /// The colour that is kept whatever happens.
    pub(super) kept: Option<Colour>,
    /// Whether it passed and did not fail.
    pub(super) kept_is_good: bool,
    /// The attempt at the release that is asked for.
    pub(super) green: Option<Colour>,
}

impl<'a> View<'a> {
    pub(super) fn new(fleet: &'a Fleet, release: Option<&'a Release>, evidence: &'a Evidence) -> Self {
        let mut view = Self { fleet, release, evidence, kept: None, kept_is_good: false, green: None };
        let colours = view.colours();
        let best = |worth: &dyn Fn(Colour) -> Option<u8>| {
            let worthy = colours.iter().filter_map(|colour| Some((worth(*colour)?, view.born(*colour), *colour)));
            worthy.max().map(|(_, _, colour)| colour)
        };
        let good = best(&|colour| view.good(colour));
        let newer = |colour| good.is_none_or(|good| view.born(colour) > view.born(good));
        let green = best(&|colour| (view.is_asked(colour) && view.is_undecided(colour) && newer(colour)).then_some(0));
        let rest = || best(&|colour| view.bad(colour).filter(|_| Some(colour) != green));
        (view.kept, view.kept_is_good, view.green) = (good.or_else(rest), good.is_some(), green);
        view
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        let (fleet, evidence) = (self.fleet, self.evidence);
        fleet.members.iter().enumerate().map(move |(at, member)| Seen { at, member, sight: evidence.of(at) })
    }

    /// All machines whose host is well: of the others it is not known how they are.
    pub(super) fn well(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        self.all().filter(|seen| !seen.member.ill)
    }

    fn colours(&self) -> Vec<Colour> {
        let mut colours: Vec<Colour> = self.well().map(|seen| seen.member.colour).collect();
        colours.sort_unstable();
        colours.dedup();
        colours
    }

    pub(super) fn of(&self, colour: Option<Colour>) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        self.well().filter(move |seen| Some(seen.member.colour) == colour)
    }

    pub(super) fn kept(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        self.of(self.kept)
    }

    pub(super) fn green(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        self.of(self.green)
    }

    /// Neither kept nor green.
    pub(super) fn rest(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        let (kept, green) = (self.kept, self.green);
        let leaves = |seen: &Seen<'_>| seen.sight.tried && seen.member.life == Life::Going;
        let other = move |seen: &Seen<'_>| ![kept, green].contains(&Some(seen.member.colour));
        self.well().filter(move |seen| other(seen) && !leaves(seen))
    }

    /// Those of lost hosts that have no part in what is kept: older than it, or of another colour of ours.
    pub(super) fn lost(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        let kept = self.kept;
        let since = kept.map_or(0, |kept| self.born(kept));
        let other = move |seen: &Seen<'_>| Some(seen.member.colour) != kept;
        let left = move |seen: &Seen<'_>| other(seen) && (seen.member.place.is_some() || seen.member.born < since);
        self.all().filter(move |seen| seen.member.ill && !seen.sight.tried && left(seen))
    }

    /// Its own id says so; for others, its oldest machine.
    pub(super) fn born(&self, colour: Colour) -> u64 {
        match colour {
            Colour::Ours(key) => key.id.born(),
            Colour::Foreign(_) => self.of(Some(colour)).map(|seen| seen.member.born).min().unwrap_or_default(),
        }
    }

    pub(super) fn is_asked(&self, colour: Colour) -> bool {
        let fingerprint = self.release.map(|release| release.fingerprint);
        matches!(colour, Colour::Ours(key) if Some(key.fingerprint) == fingerprint)
    }

    pub(super) fn has_passed(&self, colour: Colour) -> bool {
        matches!(colour, Colour::Foreign(_)) || self.of(Some(colour)).any(|seen| seen.member.passed)
    }

    pub(super) fn has_failed(&self, colour: Colour) -> bool {
        self.of(Some(colour)).any(|seen| seen.member.failed.is_some())
    }

    pub(super) fn is_undecided(&self, colour: Colour) -> bool {
        !self.has_passed(colour) && !self.has_failed(colour)
    }

    /// What passed: better the one that can serve than the one that has fallen.
    fn good(&self, colour: Colour) -> Option<u8> {
        let any = |able: fn(&Member) -> bool| self.of(Some(colour)).any(|seen| able(seen.member));
        let passed = self.has_passed(colour) && !self.has_failed(colour);
        let able = any(Member::is_able);
        let could = able || any(|member| member.life != Life::Dead && !member.is_set_apart());
        (passed && could).then_some(u8::from(able))
    }

    /// What did not pass: better one that serves, or did until it rested, and better one that did not fail. What is never
    /// to run again is nothing.
    fn bad(&self, colour: Colour) -> Option<u8> {
        let any = |able: fn(&Member) -> bool| self.of(Some(colour)).any(|seen| able(seen.member));
        let serves = u8::from(any(|member| member.serves() || member.rested && member.is_able())) * 2;
        any(|member| member.life != Life::Dead).then(|| serves + u8::from(!self.has_failed(colour)))
    }
}

/// Which colour is kept, and which is the attempt at what is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The colour that is kept whatever happens.
    pub kept: Option<Colour>,
    /// The attempt at the release that is asked for, as long as it has no verdict.
    pub green: Option<Colour>,
}

impl Parts {
    /// Of this fleet.
    #[must_use]
    pub fn of(fleet: &Fleet, release: Option<&Release>) -> Self {
        let evidence = Evidence::default();
        let view = View::new(fleet, release, &evidence);
        Self { kept: view.kept, green: view.green }
    }
}
