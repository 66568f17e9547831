//! Where the next machine of the green is made, and how many there are to be.

use super::{Seen, View};
use crate::ship::{Colour, ColourId, Life, Place, Plan};

/// How many machines may be lost at one place, before the release is held to be the cause.
const LOST: u8 = 3;

impl View<'_> {
    /// How many the green is to have: as many as were planned, and as many as there are now to take over from.
    pub(in crate::ship) fn plan(&self) -> Plan {
        let count = |all: usize| u8::try_from(all).unwrap_or(u8::MAX);
        let kept = self.stands().count();
        // Of one on a lost host it is not known whether it slept.
        let up = self.stands().filter(|seen| seen.member.ill || seen.member.is_up()).count();
        let planned = self.green().filter_map(|seen| seen.member.plan).max();
        let first = self.release.map(|release| release.first).filter(|_| kept == 0);
        let plans = || [planned, first].into_iter().flatten();
        let started = plans().map(|plan| plan.started).chain([1, count(up)]).max().unwrap_or(1);
        let all = plans().map(|plan| plan.all).chain([started, count(kept)]).max().unwrap_or(1);
        Plan { started, all }
    }

    /// The machines of what is kept, also those of lost hosts, which are to be replaced: but for those that were already.
    fn stands(&self) -> impl Iterator<Item = Seen<'_>> {
        let foreign = matches!(self.kept, Some(Colour::Foreign(_)));
        // A lost host may not even show the image.
        let unknown = move |seen: &Seen<'_>| foreign && seen.member.ill && seen.member.colour == Colour::Foreign(None);
        let ours = |seen: &Seen<'_>| self.kept == Some(seen.member.colour);
        let all = self.all().filter(move |seen| ours(seen) || unknown(seen));
        let alive = |seen: &Seen<'_>| !seen.member.ill && seen.member.life != Life::Dead;
        let index = |seen: &Seen<'_>| seen.member.place.map(|place| place.index);
        let replaced = move |lost: &Seen<'_>| {
            index(lost).is_some() && self.kept().any(|seen| alive(&seen) && index(&seen) == index(lost))
        };
        all.filter(move |seen| alive(seen) || seen.member.ill && !replaced(seen))
    }

    pub(in crate::ship) fn green_id(&self) -> Option<ColourId> {
        match self.green? {
            Colour::Ours(key) => Some(key.id),
            Colour::Foreign(_) => None,
        }
    }

    /// The first place of the green that nobody has. A machine that is lost and still there has its name: the next one
    /// there gets a letter.
    pub(in crate::ship) fn vacant(&self) -> Place {
        let has = |index| {
            self.green().any(|seen| {
                seen.member.life != Life::Dead && seen.member.place.is_some_and(|place| place.index == index)
            })
        };
        let index = (0..u8::MAX).find(|index| !has(*index)).unwrap_or(u8::MAX);
        Place { index, again: self.lost_at(index) }
    }

    fn lost_at(&self, index: u8) -> u8 {
        let here = self.all().filter(|seen| Some(seen.member.colour) == self.green);
        let places = here.filter_map(|seen| seen.member.place).filter(|place| place.index == index);
        places.map(|place| place.again + 1).max().unwrap_or_default()
    }

    /// Whether one machine after the other is lost at the place that is vacant.
    pub(in crate::ship) fn is_hopeless(&self) -> bool {
        self.vacant().again >= LOST
    }

    /// The machine of what is kept that has no counterpart in its region yet; with all of them matched, the first.
    pub(in crate::ship) fn beside(&self) -> Option<usize> {
        let mut green: Vec<usize> =
            self.green().filter(|seen| seen.member.life != Life::Dead).map(|seen| seen.member.region).collect();
        let unmatched = self.stands().find(|seen| {
            let match_ = green.iter().position(|region| *region == seen.member.region);
            match_.map(|at| green.swap_remove(at)).is_none()
        });
        unmatched.or_else(|| self.kept().next()).map(|seen| seen.at)
    }
}
