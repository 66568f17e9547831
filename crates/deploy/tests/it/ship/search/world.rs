//! What there is, small enough to be looked up a million times.

use deploy::ship::{
    Colour, ColourId, Commit, Evidence, Fault, Fingerprint, Fleet, Life, Member, Place, Plan, Release, ReleaseKey,
    Sight, Why,
};

/// Machines at most: both colours, one of them grown by a clone, and one that came late.
pub(super) const MOST: usize = 7;

/// A colour that flyctl made.
pub(super) const FOREIGN: u8 = 0;

/// The place of a clone, which has a name of its own.
pub(super) const CLONE: u8 = 9;

/// What a search starts from.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    /// The fleet that stands.
    pub(super) fleet: &'static [Life],
    /// Whether flyctl made it.
    pub(super) foreign: bool,
    /// How many times something may go wrong.
    pub(super) mishaps: u8,
}

/// A machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Machine {
    /// Ids in the order of their birth; 0 is [`FOREIGN`].
    pub(super) colour: u8,
    pub(super) place: u8,
    pub(super) release: u8,
    pub(super) life: Life,
    pub(super) cordoned: bool,
    pub(super) passed: bool,
    pub(super) failed: Option<Why>,
    pub(super) rested: bool,
    pub(super) refused: Option<u8>,
    pub(super) plan: (u8, u8),
    pub(super) checked: bool,
    pub(super) seen: bool,
}

impl Machine {
    pub(super) fn serves(&self) -> bool {
        !self.cordoned && matches!(self.life, Life::Awake | Life::Asleep)
    }

    fn member(&self) -> Member {
        let ours = ReleaseKey {
            id: ColourId::new(self.colour.into(), 0),
            fingerprint: fingerprint(self.release),
            digest: "222222222222".parse().expect("a digest"),
        };
        Member {
            colour: if self.colour == FOREIGN { Colour::Foreign(None) } else { Colour::Ours(ours) },
            born: 0,
            place: (self.place != CLONE).then_some(Place { index: self.place, again: 0 }),
            region: 0,
            life: self.life,
            ill: false,
            cordoned: self.cordoned,
            plan: (self.plan.1 > 0).then_some(Plan { started: self.plan.0, all: self.plan.1 }),
            commit: commit(self.release),
            passed: self.passed,
            failed: self.failed,
            rested: self.rested,
            refused: self.refused.and_then(commit),
        }
    }
}

fn fingerprint(release: u8) -> Fingerprint {
    Fingerprint::new([0, 0, 0, 0, 0, 0, 0, release])
}

fn commit(release: u8) -> Option<Commit> {
    Commit::of(["0000000", "1111111", "2222222"][usize::from(release)])
}

/// What a run remembers, beside what it saw of machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    /// The release that it was asked for; none is a mend.
    pub(super) asked: Option<u8>,
    pub(super) opened: bool,
    pub(super) shut: bool,
    pub(super) soaked: bool,
    pub(super) fault: Fault,
    pub(super) overdue: bool,
    pub(super) interrupted: bool,
    pub(super) attempted: bool,
}

impl Run {
    pub(super) fn new(asked: Option<u8>) -> Self {
        Self {
            asked,
            opened: false,
            shut: false,
            soaked: false,
            fault: Fault::None,
            overdue: false,
            interrupted: false,
            attempted: false,
        }
    }

    pub(super) fn release(&self) -> Option<Release> {
        self.asked.map(|asked| Release { fingerprint: fingerprint(asked), first: Plan { started: 1, all: 1 } })
    }
}

/// Everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) machines: [Option<Machine>; MOST],
    pub(super) run: Option<Run>,
    /// A call of a dead run that may still land.
    pub(super) late: Option<super::call::Call>,
    /// How many times something may still go wrong.
    pub(super) mishaps: u8,
    /// Whether no machine was upset yet.
    pub(super) calm: bool,
    /// Machines that the fleet has had at most, and those that came late.
    pub(super) size: u8,
}

impl World {
    pub(super) fn start(setting: &Setting) -> Self {
        let colour = if setting.foreign { FOREIGN } else { 1 };
        let machine = |(place, life): (u8, Life)| Machine {
            colour,
            place,
            release: 0,
            life,
            cordoned: false,
            passed: !setting.foreign,
            failed: None,
            rested: false,
            refused: None,
            plan: (0, 0),
            checked: false,
            seen: false,
        };
        let mut machines = [None; MOST];
        for (slot, (place, life)) in machines.iter_mut().zip((0..).zip(setting.fleet)) {
            *slot = Some(machine((place, *life)));
        }
        let size = u8::try_from(2 * setting.fleet.len().max(1)).expect("few");
        Self { machines, run: None, late: None, mishaps: setting.mishaps, calm: true, size }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Machine> + Clone {
        self.machines.iter().flatten()
    }

    pub(super) fn fleet(&self) -> Fleet {
        Fleet { members: self.all().map(Machine::member).collect() }
    }

    pub(super) fn evidence(&self, run: &Run) -> Evidence {
        let sight = |one: &Machine| Sight { checked: one.checked, seen: one.seen, tried: false };
        Evidence {
            sights: self.all().map(sight).collect(),
            opened: run.opened,
            shut: run.shut,
            soaked: run.soaked,
            fault: run.fault,
            overdue: run.overdue,
            interrupted: run.interrupted,
            locked: false,
            attempted: run.attempted,
        }
    }

    /// Whether it passed and did not fail.
    pub(super) fn is_good(&self, colour: u8) -> bool {
        let of = || self.all().filter(move |one| one.colour == colour);
        (colour == FOREIGN || of().any(|one| one.passed)) && of().all(|one| one.failed.is_none())
    }

    /// Whether it has neither verdict.
    pub(super) fn is_undecided(&self, colour: u8) -> bool {
        let of = |is: fn(&Machine) -> bool| self.all().any(|one| one.colour == colour && is(one));
        colour != FOREIGN && !of(|one| one.passed) && !of(|one| one.failed.is_some())
    }

    /// Worlds that can only go the same ways are one: what nothing depends on is forgotten, colours keep their order
    /// and not their numbers, and machines have no order of their own.
    pub(super) fn canonical(mut self) -> Self {
        if self.run.is_none() {
            self.void();
        }
        let mut colours: Vec<u8> = self.all().map(|one| one.colour).collect();
        colours.extend(self.late.map(|call| call.machine.0));
        colours.push(FOREIGN);
        colours.sort_unstable();
        colours.dedup();
        let rank = |colour: u8| u8::try_from(colours.binary_search(&colour).expect("collected")).expect("few");
        self.machines.iter_mut().flatten().for_each(|one| one.colour = rank(one.colour));
        if let Some(call) = &mut self.late {
            call.machine.0 = rank(call.machine.0);
        }
        self.machines.sort_unstable_by_key(|one| one.map_or((u8::MAX, 0), |one| (one.colour, one.place)));
        self
    }

    /// No sight is good any more.
    pub(super) fn void(&mut self) {
        for one in self.machines.iter_mut().flatten() {
            (one.checked, one.seen) = (false, false);
        }
    }
}

impl Machine {
    /// In a trace.
    pub(super) fn shown(&self) -> String {
        let flag = |set: bool, word: &str| if set { format!(" {word}") } else { String::new() };
        format!(
            "{}-{} r{} {:?}{}{}{}{}{}{}",
            self.colour,
            self.place,
            self.release,
            self.life,
            flag(self.cordoned, "cordoned"),
            flag(self.passed, "passed"),
            flag(self.failed.is_some(), "failed"),
            flag(self.rested, "rested"),
            flag(self.checked, "checked"),
            flag(self.seen, "seen"),
        )
    }
}
