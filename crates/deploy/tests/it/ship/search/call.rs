//! Calls and waits, and what they do.

use deploy::ship::{Create, Fault, Life, Mark, Step, Wait, Why};

use super::world::{Machine, World};

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Act {
    Create { release: u8, launch: bool, plan: (u8, u8) },
    Start,
    Passed,
    Failed(Why),
    Rested,
    Refused(u8),
    Cordon,
    Uncordon,
    Stop,
    Destroy,
}

/// A call: to a machine by its colour and place, not by where it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Call {
    pub(super) machine: (u8, u8),
    pub(super) act: Act,
}

impl Call {
    /// The call that a step is, if it is one.
    pub(super) fn of(step: &Step, world: &World) -> Option<Self> {
        let one = |at: usize| world.all().nth(at).expect("one of the fleet");
        let to = |at: usize, act| Some(Self { machine: (one(at).colour, one(at).place), act });
        match *step {
            Step::Create(create) => Some(Self::create(create, world)),
            Step::Start(at) => to(at, Act::Start),
            Step::Mark(at, Mark::Passed) => to(at, Act::Passed),
            Step::Mark(at, Mark::Failed(why)) => to(at, Act::Failed(why)),
            Step::Mark(at, Mark::Rested) => to(at, Act::Rested),
            Step::Mark(at, Mark::Refused(from)) => to(at, Act::Refused(one(from).release)),
            Step::Cordon(at) => to(at, Act::Cordon),
            Step::Uncordon(at) => to(at, Act::Uncordon),
            Step::Stop(at) => to(at, Act::Stop),
            Step::Destroy(at) => to(at, Act::Destroy),
            Step::Check(_) | Step::Look(_) | Step::Wait(_) | Step::End(_) => None,
        }
    }

    fn create(create: Create, world: &World) -> Self {
        let release = world.run.and_then(|run| run.asked).expect("a mend makes nothing");
        let newest = world.all().map(|one| one.colour).chain(world.late.map(|late| late.machine.0)).max();
        let colour = create.colour.map_or(newest.unwrap_or_default() + 1, |id| u8::try_from(id.born()).expect("few"));
        let plan = (create.plan.started, create.plan.all);
        Self { machine: (colour, create.place.index), act: Act::Create { release, launch: create.launch, plan } }
    }
}

impl World {
    pub(super) fn find(&mut self, machine: (u8, u8)) -> Option<&mut Option<Machine>> {
        self.machines.iter_mut().find(|slot| slot.is_some_and(|one| (one.colour, one.place) == machine))
    }

    /// The call lands. On a machine that is gone, or twice, it does nothing.
    pub(super) fn land(&mut self, call: Call) {
        if let Act::Create { release, launch, plan } = call.act {
            if self.find(call.machine).is_none() {
                self.add(born(call.machine, release, launch, plan));
            }
            return;
        }
        let Some(slot) = self.find(call.machine) else { return };
        let Some(one) = slot else { return };
        match call.act {
            Act::Start if matches!(one.life, Life::Asleep | Life::Fallen) => one.life = Life::Coming,
            Act::Stop if one.life == Life::Awake => one.life = Life::Going,
            Act::Start | Act::Stop | Act::Create { .. } => {}
            Act::Passed => one.passed = true,
            Act::Failed(why) => one.failed = Some(why),
            Act::Rested => one.rested = true,
            Act::Refused(release) => one.refused = Some(release),
            Act::Cordon => (one.cordoned, one.seen) = (true, false),
            Act::Uncordon => one.cordoned = false,
            Act::Destroy => {
                *slot = None;
                self.forget(call.machine);
            }
        }
    }

    /// A call to a machine that is gone never lands on another one that has its name.
    pub(super) fn forget(&mut self, machine: (u8, u8)) {
        self.late = self.late.filter(|call| call.machine != machine || matches!(call.act, Act::Create { .. }));
    }

    pub(super) fn add(&mut self, machine: Machine) {
        let free = self.machines.iter_mut().find(|slot| slot.is_none());
        *free.expect("room for another machine") = Some(machine);
    }

    /// What the run remembers of its own call, from before it is made.
    fn remember(&mut self, act: Act) {
        let Some(run) = &mut self.run else { return };
        let mark = matches!(act, Act::Passed | Act::Failed(_) | Act::Rested | Act::Refused(_));
        run.soaked &= mark;
        run.opened &= act != Act::Uncordon;
        run.shut &= act != Act::Cordon;
        run.attempted |= matches!(act, Act::Create { .. });
        if matches!(act, Act::Failed(_)) && run.fault == Fault::Greens {
            run.fault = Fault::None;
        }
    }

    /// The step is done, and all is well.
    pub(super) fn done(mut self, step: &Step) -> Self {
        if let Some(call) = Call::of(step, &self) {
            self.remember(call.act);
            self.land(call);
        }
        match step {
            Step::Check(all) => self.each(all, |one| one.checked = one.life == Life::Awake),
            Step::Look(all) => self.each(all, |one| one.seen = one.life == Life::Awake && !one.cordoned),
            Step::Wait(wait) => self.wait(*wait),
            Step::End(_) => self.run = None,
            _ => {}
        }
        let asked = self.run.and_then(|run| run.asked);
        let green = self.all().any(|one| Some(one.release) == asked && self.is_undecided(one.colour));
        if let Some(run) = &mut self.run {
            run.overdue = false;
            run.attempted |= green;
        }
        self
    }

    fn each(&mut self, all: &[usize], change: impl Fn(&mut Machine)) {
        let mut machines: Vec<&mut Machine> = self.machines.iter_mut().flatten().collect();
        all.iter().for_each(|at| change(machines[*at]));
    }

    fn wait(&mut self, wait: Wait) {
        self.void();
        let moves = |life| match (wait, life) {
            (Wait::Up(_), Life::Coming) => Life::Awake,
            (Wait::Down(_), Life::Going) => Life::Asleep,
            (_, life) => life,
        };
        self.machines.iter_mut().flatten().for_each(|one| one.life = moves(one.life));
        let Some(run) = &mut self.run else { return };
        let margin = matches!(wait, Wait::Opened | Wait::Shut | Wait::Soak);
        (run.opened, run.shut) = (run.opened || margin, run.shut || margin);
        run.soaked |= wait == Wait::Soak;
        if wait == Wait::Dependency {
            run.fault = Fault::None;
        }
    }
}

fn born(machine: (u8, u8), release: u8, launch: bool, plan: (u8, u8)) -> Machine {
    Machine {
        colour: machine.0,
        place: machine.1,
        release,
        life: if launch { Life::Coming } else { Life::Asleep },
        cordoned: true,
        passed: false,
        failed: None,
        rested: false,
        refused: None,
        plan,
        checked: false,
        seen: false,
    }
}
