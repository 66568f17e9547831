//! What must hold at every step.

use deploy::ship::{End, Fault, Life, Step};

use super::call::{Act, Call};
use super::world::{FOREIGN, Machine, Run, World};

/// The first rule that this step breaks, made in this world.
pub(super) fn broken(world: &World, run: &Run, step: &Step, after: &World) -> Option<&'static str> {
    if let Step::End(end) = step {
        return ended(world, run, *end);
    }
    let call = Call::of(step, world)?;
    if after.all().count() > usize::from(world.size) {
        return Some("there are more than twice the machines");
    }
    let one = world.all().find(|one| (one.colour, one.place) == call.machine);
    taken(world, one?, call.act, after).or_else(|| given(world, run, one?, call.act))
}

/// What must hold when something is taken away.
fn taken(world: &World, one: &Machine, act: Act, after: &World) -> Option<&'static str> {
    if !matches!(act, Act::Cordon | Act::Stop | Act::Destroy) {
        return None;
    }
    let other = |is: &dyn Fn(&Machine) -> bool| world.all().any(|other| other.colour != one.colour && is(other));
    if one.serves() && !other(&|other| other.serves() && other.seen) {
        return Some("a machine in use is taken away, and no other colour was seen to serve");
    }
    let serving = |world: &World| world.all().any(Machine::serves);
    if serving(world) && !serving(after) {
        return Some("nothing serves");
    }
    let failed = |one: &Machine| one.failed.is_some();
    if !after.all().any(|one| one.serves() && !failed(one)) && world.all().any(|one| one.serves() && !failed(one)) {
        return Some("a failed release is left alone");
    }
    let ends = matches!(act, Act::Stop | Act::Destroy);
    let good = |other: &Machine| world.is_good(other.colour) && other.serves();
    if ends && world.is_good(one.colour) && matches!(one.life, Life::Awake | Life::Asleep) && !other(&good) {
        return Some("a good colour is removed, and no other good one serves");
    }
    let silent = |other: &Machine| other.colour != one.colour && world.is_good(other.colour) && !other.passed;
    if ends && world.is_good(one.colour) && other(&|other| other.colour != FOREIGN && silent(other)) {
        return Some("a blue ends before every green says that it passed");
    }
    if act == Act::Destroy && one.life == Life::Going && world.run.is_some_and(|run| !run.overdue) {
        return Some("a machine is killed while it ends");
    }
    if ends && !one.cordoned && one.serves() {
        return Some("a machine is ended while it gets connections");
    }
    if act == Act::Destroy && one.life == Life::Awake {
        return Some("a machine is killed that was not told to end");
    }
    if act == Act::Stop && world.run.is_some_and(|run| !run.shut) {
        return Some("a machine is told to end before all proxies know of its cordon");
    }
    if world.is_undecided(one.colour) && (ends || !one.rested) {
        return Some("a step back was made before the verdict");
    }
    if act == Act::Cordon && one.failed.is_none() && !one.rested {
        return Some("a cordon does not say whose it is");
    }
    None
}

/// What must hold when something is said, or let in.
fn given(world: &World, run: &Run, one: &Machine, act: Act) -> Option<&'static str> {
    let undecided = world.is_undecided(one.colour);
    let mates = || world.all().filter(|other| other.colour == one.colour);
    match act {
        Act::Uncordon
            if undecided
                && !one.rested
                && mates().any(|one| one.cordoned && one.life == Life::Awake && !one.checked) =>
        {
            Some("a green is let in whose checks were not seen to pass")
        }
        Act::Uncordon if !one.rested && mates().any(|one| one.failed.is_some()) => Some("a failed release is let in"),
        Act::Passed if undecided && run.fault != Fault::None => Some("a release passed while it showed a fault"),
        Act::Passed if undecided && !run.soaked => Some("a release passed that was not watched alone"),
        Act::Passed if undecided && world.all().any(|other| other.colour != one.colour && other.serves()) => {
            Some("a release passed that was not watched alone")
        }
        Act::Passed if undecided && !mates().all(|one| one.seen || one.life == Life::Asleep) => {
            Some("a release passed that was not seen to serve")
        }
        Act::Passed if undecided && mates().count() < usize::from(one.plan.1) => Some("a release passed that is short"),
        _ => None,
    }
}

/// What must hold when a run ends by itself.
fn ended(world: &World, run: &Run, end: End) -> Option<&'static str> {
    let mut colours: Vec<u8> = world.all().map(|one| one.colour).collect();
    colours.dedup();
    let good = colours.iter().any(|colour| world.is_good(*colour));
    let asked = world.all().all(|one| run.asked.is_none_or(|asked| asked == one.release && one.colour != FOREIGN));
    let serves = world.all().any(Machine::serves);
    let rests = world.all().any(|one| one.rested && matches!(one.life, Life::Awake | Life::Asleep));
    let whole = world.all().all(|one| !one.cordoned && matches!(one.life, Life::Awake | Life::Asleep));
    match end {
        End::KeptIll(_) if run.overdue => None,
        _ if colours.len() > 1 => Some("a run ends with two colours"),
        End::Done if good && asked && serves && whole => None,
        End::TakenBack | End::BothIll if good && serves && whole => None,
        End::NothingGood(_) if !good && (serves || !rests) => None,
        End::Nothing if colours.is_empty() => None,
        _ => Some("a run says how it ended, and it is not so"),
    }
}
