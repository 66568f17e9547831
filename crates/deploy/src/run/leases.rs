//! The leases of a run, kept while it works.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::Times;
use crate::machines::{Error, Holder, Lease, Machine, MachineId, Machines, Meaning, State, Transport};
use crate::ship::ColourId;

/// How a description of ours begins; a run's id follows.
const DESCRIPTION: &str = "boardctl ";

/// How often a lease is given back until that is known to be done.
const RELEASES: usize = 3;

/// Between a lease's end as Fly writes it in one place and in another: whole seconds in one of them.
const ROUNDED: time::Duration = time::Duration::seconds(2);

/// A lease of ours, and when it was last refreshed.
#[derive(Debug)]
struct Held {
    lease: Lease,
    refreshed: Instant,
}

/// A lease of somebody else's that is waited for.
#[derive(Debug)]
struct Awaited {
    since: Instant,
    until: Option<OffsetDateTime>,
}

/// The leases of one run.
#[derive(Debug)]
pub(super) struct Leases {
    run: ColourId,
    times: Times,
    held: RefCell<BTreeMap<MachineId, Held>>,
    awaited: RefCell<BTreeMap<MachineId, Awaited>>,
    lost: RefCell<Vec<(MachineId, String)>>,
    wrong: RefCell<Option<Error>>,
}

/// What came of taking all leases that are missing.
#[derive(Debug)]
pub(super) enum Taken {
    /// None was missing.
    All,
    /// Some were: whatever was read before may have changed before they were taken.
    Anew,
    /// One is held by another, who may be dead: then it lapses.
    Awaited(MachineId, String),
    /// One is held by another, who is alive.
    Alive(String),
    /// It is not known, or not now.
    Refused(Error),
}

impl Leases {
    /// Of the run with this id.
    pub(super) fn new(run: ColourId, times: Times) -> Self {
        let (held, awaited) = (RefCell::default(), RefCell::default());
        Self { run, times, held, awaited, lost: RefCell::default(), wrong: RefCell::default() }
    }

    /// Ours of this machine.
    pub(super) fn of(&self, machine: &MachineId) -> Option<Lease> {
        self.held.borrow().get(machine).map(|held| held.lease.clone())
    }

    /// What was lost since this was last asked, and how.
    pub(super) fn lost(&self) -> Vec<(MachineId, String)> {
        self.lost.take()
    }

    /// An answer that could not be read.
    pub(super) fn wrong(&self) -> Option<Error> {
        self.wrong.take()
    }

    /// It is not ours any more.
    pub(super) fn drop(&self, machine: &MachineId) {
        self.held.borrow_mut().remove(machine);
    }

    /// Takes those that are missing: of each machine that is started, and of no other, since a lease keeps the proxy from
    /// waking one. In the order of their ids, so that of two runs which begin at once one has none.
    pub(super) async fn cover<T: Transport>(&self, machines: &Machines<T>, fleet: &[Machine]) -> Taken {
        self.let_go(machines, fleet).await;
        let mut missing: Vec<&Machine> = fleet.iter().filter(|machine| self.lacks(machine)).collect();
        missing.sort_by_key(|machine| &machine.id);
        let mut taken = Taken::All;
        for machine in missing {
            let description = format!("{DESCRIPTION}{}", self.run);
            match machines.take(&machine.id, self.times.lease, &description).await {
                Ok(lease) => {
                    self.awaited.borrow_mut().remove(&machine.id);
                    let held = Held { lease, refreshed: Instant::now() };
                    self.held.borrow_mut().insert(machine.id.clone(), held);
                    taken = Taken::Anew;
                }
                Err(error) => match &error.meaning {
                    Meaning::LeaseHeld(holder) => return self.met(&machine.id, holder),
                    _ => return Taken::Refused(error),
                },
            }
        }
        taken
    }

    /// Whether it is to be leased, and is not.
    fn lacks(&self, machine: &Machine) -> bool {
        let started = machine.state == State::Started && machine.host_status == crate::machines::HostStatus::Ok;
        started && !self.held.borrow().contains_key(&machine.id)
    }

    /// Gives back those of machines that went to sleep: a request is to wake them.
    async fn let_go<T: Transport>(&self, machines: &Machines<T>, fleet: &[Machine]) {
        let asleep =
            |machine: &&Machine| matches!(machine.state, State::Stopped | State::Suspended) && !machine.cordoned;
        for machine in fleet.iter().filter(asleep) {
            let held = self.held.borrow_mut().remove(&machine.id);
            if let Some(held) = held {
                // One that is not given back lapses.
                let _lapses = machines.release(&held.lease).await;
            }
        }
    }

    /// Somebody else's: a dead run's lapses, one that is refreshed is a living one's.
    fn met(&self, machine: &MachineId, holder: &Holder) -> Taken {
        let now = Instant::now();
        let mut awaited = self.awaited.borrow_mut();
        let first = awaited.entry(machine.clone()).or_insert(Awaited { since: now, until: holder.until });
        let moved = match (first.until, holder.until) {
            (Some(first), Some(until)) => until > first + ROUNDED,
            _ => false,
        };
        let patience = self.times.lease + self.times.refresh;
        let waited = now.saturating_duration_since(first.since);
        // Of two runs that meet half way, the younger gives way, and the older waits until it has.
        let alive = (moved && !self.is_younger(holder)) || waited > patience;
        if alive { Taken::Alive(holder.to_string()) } else { Taken::Awaited(machine.clone(), holder.to_string()) }
    }

    fn is_younger(&self, holder: &Holder) -> bool {
        let run = holder.description.as_deref().and_then(|text| text.strip_prefix(DESCRIPTION));
        run.and_then(|run| run.parse::<ColourId>().ok()).is_some_and(|run| run > self.run)
    }

    /// Keeps what is held, for as long as nobody drops this.
    pub(super) async fn keep<T: Transport>(&self, machines: &Machines<T>) -> std::convert::Infallible {
        loop {
            let now = Instant::now();
            let old = |held: &&Held| now.saturating_duration_since(held.refreshed) >= self.times.refresh;
            let due: Vec<Lease> = self.held.borrow().values().filter(old).map(|held| held.lease.clone()).collect();
            join_all(due.iter().map(|lease| self.refresh(machines, lease))).await;
            tokio::time::sleep(self.times.look.min(Duration::from_secs(1))).await;
        }
    }

    async fn refresh<T: Transport>(&self, machines: &Machines<T>, lease: &Lease) {
        let (sent, machine) = (Instant::now(), lease.machine());
        let refreshed = machines.refresh(lease, self.times.lease).await;
        let mut held = self.held.borrow_mut();
        // It may have been dropped meanwhile, and taken anew.
        let Some(slot) = held.get_mut(machine).filter(|slot| slot.refreshed <= sent) else { return };
        match refreshed {
            // One that lapsed and was granted anew is as good: each step reads the fleet before it.
            Ok(lease) => *slot = Held { lease, refreshed: sent },
            Err(error) => {
                let gone = match &error.meaning {
                    Meaning::LeaseHeld(_) | Meaning::NotFound(_) | Meaning::LeaseEnds { .. } => true,
                    Meaning::Unreadable(_) => {
                        self.wrong.borrow_mut().get_or_insert(error.clone());
                        false
                    }
                    _ => false,
                };
                if gone {
                    held.remove(machine);
                    self.lost.borrow_mut().push((machine.clone(), error.to_string()));
                }
            }
        }
    }

    /// Gives all back. One that is not given back after all lapses.
    pub(super) async fn release<T: Transport>(&self, machines: &Machines<T>) {
        let held = self.held.take();
        join_all(held.values().map(async |held| {
            for _ in 0..RELEASES {
                if machines.release(&held.lease).await.is_ok() {
                    return;
                }
            }
        }))
        .await;
    }
}
