//! Which step is asked for, since when, and how often it was refused.

use std::time::Duration;

use tokio::time::Instant;

use crate::machines::{Machine, MachineId};
use crate::run::{Doing, Happened};
use crate::ship::{Place, Step, Wait};

/// What a step is to its own deadline: one that is asked for with another machine is another one, one that is asked for with
/// fewer is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::run) enum Key {
    Create(Place),
    Many(&'static str),
    One(&'static str, Option<MachineId>),
}

impl Key {
    pub(in crate::run) fn of(step: &Step, fleet: &[Machine]) -> Self {
        let one = |name, at: &usize| Self::One(name, fleet.get(*at).map(|machine| machine.id.clone()));
        match step {
            Step::Create(create) => Self::Create(create.place),
            Step::Start(at) => one("start", at),
            Step::Check(_) => Self::Many("check"),
            Step::Look(_) => Self::Many("look"),
            Step::Mark(at, _) => one("mark", at),
            Step::Cordon(at) => one("cordon", at),
            Step::Uncordon(at) => one("uncordon", at),
            Step::Stop(at) => one("stop", at),
            Step::Destroy(at) => one("destroy", at),
            Step::Wait(Wait::Up(at)) => one("up", at),
            Step::Wait(Wait::Down(at)) => one("down", at),
            Step::Wait(Wait::Opened) => Self::Many("opened"),
            Step::Wait(Wait::Shut) => Self::Many("shut"),
            Step::Wait(Wait::Soak) => Self::Many("soak"),
            Step::Wait(Wait::Dependency) => Self::Many("dependency"),
            Step::End(_) => Self::Many("end"),
        }
    }
}

/// The step that is asked for.
#[derive(Debug, Default)]
pub(in crate::run) struct Turn {
    key: Option<(Key, Instant)>,
    /// Since when looks are asked for. What was seen is soon old, so they come between the tries of any other step.
    looks: Option<Instant>,
    told: Option<(Doing, Instant)>,
    refusals: u32,
    /// Why it was last refused.
    pub(in crate::run) why: Option<String>,
}

impl Turn {
    /// How long this step has been asked for.
    pub(in crate::run) fn asked(&mut self, key: Key, now: Instant) -> Duration {
        if key == Key::Many("look") {
            return now.saturating_duration_since(*self.looks.get_or_insert(now));
        }
        self.looks = None;
        match &self.key {
            Some((same, since)) if *same == key => now.saturating_duration_since(*since),
            _ => {
                (self.key, self.refusals, self.why) = (Some((key, now)), 0, None);
                Duration::ZERO
            }
        }
    }

    /// What is to be told when this step is the one: the end of the last, its own begin. Nothing, while it goes on.
    pub(in crate::run) fn over(&mut self, begins: Option<Doing>) -> Vec<Happened> {
        if let (Some((told, _)), Some(begins)) = (&self.told, &begins)
            && goes_on(told, begins)
        {
            return Vec::new();
        }
        let now = Instant::now();
        let ended = self.told.take().map(|(step, since)| Happened::Done { step, took: now - since });
        self.told = begins.clone().map(|step| (step, now));
        ended.into_iter().chain(begins.map(|step| Happened::Begun { step })).collect()
    }

    /// It was refused once more: how often by now.
    pub(in crate::run) fn refused(&mut self, why: String) -> u32 {
        self.refusals += 1;
        self.why = Some(why);
        self.refusals
    }
}

/// Whether it is the same step, perhaps with fewer machines left.
fn goes_on(told: &Doing, begins: &Doing) -> bool {
    match (told, begins) {
        (Doing::Check { .. }, Doing::Check { .. }) | (Doing::Look { .. }, Doing::Look { .. }) => true,
        _ => told == begins,
    }
}
