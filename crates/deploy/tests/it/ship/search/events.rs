//! What happens around a run.

use std::fmt;

use deploy::ship::{Fault, Life, Row, Step, next_by};

use super::call::Call;
use super::world::{CLONE, Machine, Run, World};

/// How one world became another, for the trace.
#[derive(Clone)]
pub(super) enum Event {
    Asked(Option<u8>),
    Done(Step),
    Killed,
    KilledWith(Call),
    Landed(Call),
    Upset(&'static str, (u8, u8)),
    /// Between a decision and its call.
    UpsetFirst(&'static str, (u8, u8), Step),
    Trouble(&'static str),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(Some(release)) => write!(f, "a run is asked for release {release}"),
            Self::Asked(None) => f.write_str("a run is asked to mend"),
            Self::Done(step) => write!(f, "{step:?}"),
            Self::Killed => f.write_str("the run dies"),
            Self::KilledWith(call) => write!(f, "the run dies, and this may still land: {call:?}"),
            Self::Landed(call) => write!(f, "landed late: {call:?}"),
            Self::Upset(what, machine) => write!(f, "{machine:?} {what}"),
            Self::UpsetFirst(what, machine, step) => write!(f, "{machine:?} {what}, and then {step:?}"),
            Self::Trouble(what) => f.write_str(what),
        }
    }
}

/// What the table says of a world with a run.
pub(super) fn decide(world: &World, table: &[Row]) -> Option<Step> {
    let run = world.run?;
    next_by(table, &world.fleet(), run.release().as_ref(), &world.evidence(&run))
}

/// Every event out of a world but that its step is done.
pub(super) fn events(world: &World, step: Option<&Step>) -> Vec<(Event, World)> {
    let mut out = Vec::new();
    if let Some(call) = world.late {
        let mut next = World { late: None, ..*world };
        let before = next.all().count();
        next.land(call);
        next.size += u8::from(next.all().count() > before);
        out.push((Event::Landed(call), next));
    }
    for (what, machine, next) in upsets(world) {
        out.push((Event::Upset(what, machine), next));
        if let Some(step) = step.filter(|step| Call::of(step, world).is_some()) {
            let call = Call::of(step, world).expect("filtered");
            let mut next = next;
            next.land(call);
            out.push((Event::UpsetFirst(what, machine, step.clone()), next));
        }
    }
    match (world.run, step) {
        (Some(run), Some(step)) => in_a_run(world, run, step, &mut out),
        _ => out
            .extend(askable(world).map(|asked| (Event::Asked(asked), World { run: Some(Run::new(asked)), ..*world }))),
    }
    out
}

/// A mend, the old release, another one, and yet another once that one is there.
fn askable(world: &World) -> impl Iterator<Item = Option<u8>> {
    let newest = world.all().map(|one| one.release).max().unwrap_or_default();
    let late = world.late.is_some();
    [None, Some(0), Some(1), Some(2)].into_iter().filter(move |asked| late || *asked <= Some(newest + 1))
}

fn in_a_run(world: &World, run: Run, step: &Step, out: &mut Vec<(Event, World)>) {
    let Some(mishaps) = world.mishaps.checked_sub(1) else { return };
    let dead = World { run: None, mishaps, ..*world };
    out.push((Event::Killed, dead));
    if let Some(call) = Call::of(step, world).filter(|_| world.late.is_none()) {
        out.push((Event::KilledWith(call), World { late: Some(call), ..dead }));
    }
    let mut troubled = |what, run| out.push((Event::Trouble(what), World { run: Some(run), mishaps, ..*world }));
    if world.all().any(|one| Some(one.release) == run.asked && world.is_undecided(one.colour)) {
        troubled("the green shows a fault", Run { fault: Fault::Greens, ..run });
        troubled("both colours show a fault", Run { fault: Fault::Both, ..run });
        troubled("both colours show a fault for too long", Run { fault: Fault::Both, overdue: true, ..run });
        troubled("somebody takes the run back", Run { interrupted: true, ..run });
    } else {
        troubled("the step is late", Run { overdue: true, ..run });
    }
}

/// One machine is stopped, falls, vanishes, or is cloned.
fn upsets(world: &World) -> Vec<(&'static str, (u8, u8), World)> {
    let mut out = Vec::new();
    let Some(mishaps) = world.mishaps.checked_sub(1).filter(|_| world.calm) else { return out };
    let quiet = World { calm: false, mishaps, ..*world };
    for one in world.all() {
        let machine = (one.colour, one.place);
        let mut with = |what, change: &dyn Fn(&mut Option<Machine>)| {
            let mut next = quiet;
            change(next.find(machine).expect("there"));
            out.push((what, machine, next));
        };
        let life = |life| move |slot: &mut Option<Machine>| *slot = slot.map(|one| Machine { life, ..one });
        if one.life == Life::Awake {
            with("is stopped", &life(Life::Asleep));
        }
        if matches!(one.life, Life::Awake | Life::Coming) {
            with("falls", &life(Life::Fallen));
        }
        with("vanishes", &|slot| *slot = None);
        out.last_mut().expect("pushed").2.forget(machine);
        // Its configuration is copied, with all its keys. Its cordon is none of it.
        let clone = Machine { place: CLONE, life: Life::Awake, cordoned: false, checked: false, seen: false, ..*one };
        let mut next = World { size: quiet.size + 2, ..quiet };
        next.add(clone);
        out.push(("is cloned", machine, next));
    }
    out
}
