//! What a run remembers of what it saw and did: all of [`Evidence`], kept up as the fleet is read and calls are made.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::checks::{Expected, Health};
use super::{Gate, Times};
use crate::machines::{InstanceId, Machine, MachineId, State};
use crate::ship::{Evidence, Fault, Sight};

/// What is remembered of one machine.
#[derive(Debug, Default)]
struct Kept {
    /// Of which version of it the rest is.
    instance: Option<InstanceId>,
    /// Since when every look at its checks was a good one.
    passing: Option<Instant>,
    checked: bool,
    seen: Option<Instant>,
    /// When this run let it in.
    let_in: Option<Instant>,
    tried: bool,
    starts: u32,
}

/// What a run remembers.
#[derive(Debug)]
pub(super) struct Memory {
    times: Times,
    gate: Gate,
    /// Whether machines are seen through a proxy, and not by their checks.
    proxied: bool,
    began: Instant,
    machines: BTreeMap<MachineId, Kept>,
    /// Machines that this run has made, and not let in.
    unborn: BTreeSet<MachineId>,
    opened: Option<Instant>,
    shut: Option<Instant>,
    soaking: Option<Instant>,
    /// What is wrong now.
    pub(super) fault: Fault,
    pub(super) interrupted: bool,
    pub(super) locked: bool,
    pub(super) attempted: bool,
    /// Whether anything was written.
    pub(super) wrote: bool,
}

impl Memory {
    pub(super) fn new(times: Times, gate: Gate, proxied: bool) -> Self {
        let now = Instant::now();
        Self {
            times,
            gate,
            proxied,
            began: now,
            machines: BTreeMap::new(),
            unborn: BTreeSet::new(),
            opened: Some(now),
            shut: Some(now),
            soaking: None,
            fault: Fault::None,
            interrupted: false,
            locked: false,
            attempted: false,
            wrote: false,
        }
    }

    fn of(&mut self, machine: &MachineId) -> &mut Kept {
        self.machines.entry(machine.clone()).or_default()
    }

    /// The machines were read, each by its id.
    pub(super) fn read(&mut self, machines: &[Machine], now: Instant) {
        for machine in machines {
            let expected = Expected::of(machine, self.gate);
            let (times, proxied, began) = (self.times, self.proxied, self.began);
            let kept = self.of(&machine.id);
            if kept.instance.as_ref() != Some(&machine.instance_id) || machine.state != State::Started {
                let Kept { let_in, tried, starts, .. } = *kept;
                let instance = Some(machine.instance_id.clone());
                *kept = Kept { instance, let_in, tried, starts, ..Kept::default() };
            }
            let passes = machine.state == State::Started && expected.health(machine) == Health::Passing;
            // It serves, whatever it stands on: this is what is asked at the proxy, too.
            let serves = Expected::of(machine, Gate::Routable).health(machine) == Health::Passing;
            let serves = machine.state == State::Started && serves;
            kept.passing = passes.then(|| kept.passing.unwrap_or(now));
            // Without an interval there is no check; then it has to stay up for as long.
            let apart = if expected.count() == 0 { times.margin } else { expected.interval };
            kept.checked = kept.passing.is_some_and(|since| now.saturating_duration_since(since) >= apart);
            let known = now.saturating_duration_since(kept.let_in.unwrap_or(began)) >= times.margin;
            if machine.cordoned {
                kept.seen = None;
            } else if !proxied && serves && known {
                kept.seen = Some(now);
            }
        }
    }

    /// It has answered through the proxy.
    pub(super) fn seen(&mut self, machine: &MachineId, asked: Instant) {
        self.of(machine).seen = Some(asked);
    }

    /// Whether it was ever seen, since it was let in.
    pub(super) fn was_seen(&self, machine: &MachineId) -> bool {
        self.machines.get(machine).is_some_and(|kept| kept.seen.is_some())
    }

    /// A machine of this run's that takes connections, though this run has not let it in.
    pub(super) fn stray<'a>(&self, machines: &'a [Machine]) -> Option<&'a Machine> {
        machines.iter().find(|machine| !machine.cordoned && self.unborn.contains(&machine.id))
    }

    pub(super) fn made(&mut self, machine: &MachineId) {
        self.attempted = true;
        self.unborn.insert(machine.clone());
    }

    /// A call is about to be made: what it voids is void from now on, whatever comes of it.
    pub(super) fn voids(&mut self, call: Voids<'_>) {
        self.wrote = true;
        match call {
            Voids::Mark => return,
            Voids::Create | Voids::Start => {}
            Voids::Uncordon(machine) => {
                self.opened = None;
                self.unborn.remove(machine);
                self.of(machine).let_in = None;
            }
            Voids::Cordon(machine) => {
                self.shut = None;
                self.of(machine).seen = None;
            }
            Voids::Stop(machine) => self.of(machine).seen = None,
            Voids::Destroy { machine, tried } => self.of(machine).tried |= tried,
        }
        self.soaking = None;
    }

    /// It was made, well or not: from now on its margin counts.
    pub(super) fn called(&mut self, call: Voids<'_>, now: Instant) {
        match call {
            Voids::Uncordon(machine) => {
                self.opened = Some(now);
                self.of(machine).let_in = Some(now);
            }
            Voids::Cordon(_) => self.shut = Some(now),
            _ => {}
        }
    }

    /// It is on its way up by a start of this run's: one that was refused is none.
    pub(super) fn started(&mut self, machine: &MachineId) {
        self.of(machine).starts += 1;
    }

    /// How often this run has started it.
    pub(super) fn starts(&mut self, machine: &MachineId) -> u32 {
        self.of(machine).starts
    }

    /// The soak is asked for: it began, or goes on.
    pub(super) fn soaks(&mut self, now: Instant) {
        self.soaking.get_or_insert(now);
    }

    /// What was seen in the soak does not count.
    pub(super) fn unsoaked(&mut self) {
        self.soaking = None;
    }

    pub(super) fn evidence(&self, machines: &[Machine], now: Instant) -> Evidence {
        let lasted =
            |since: Option<Instant>, time| since.is_some_and(|since| now.saturating_duration_since(since) >= time);
        let sight = |machine: &Machine| {
            let Some(kept) = self.machines.get(&machine.id) else { return Sight::default() };
            let fresh = kept.seen.is_some_and(|seen| now.saturating_duration_since(seen) < self.times.sight);
            Sight { checked: kept.checked, seen: fresh, tried: kept.tried }
        };
        Evidence {
            sights: machines.iter().map(sight).collect(),
            opened: lasted(self.opened, self.times.margin),
            shut: lasted(self.shut, self.times.margin),
            soaked: lasted(self.soaking, self.times.soak),
            fault: self.fault,
            overdue: false,
            interrupted: self.interrupted,
            locked: self.locked,
            attempted: self.attempted,
        }
    }
}

/// A call, by what it voids.
#[derive(Clone, Copy, Debug)]
pub(super) enum Voids<'a> {
    /// Nothing: a mark.
    Mark,
    /// The soak, as each of those below.
    Create,
    Start,
    /// That all proxies know who is let in.
    Uncordon(&'a MachineId),
    /// That all proxies know who is not; and the sight of it.
    Cordon(&'a MachineId),
    /// The sight of it.
    Stop(&'a MachineId),
    Destroy {
        machine: &'a MachineId,
        /// Whether it is not asked for again.
        tried: bool,
    },
}
