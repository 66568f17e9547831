//! Reads the fleet: a list, which lags behind, and each machine that is known by its id, which does not.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::Times;
use crate::machines::{Error, Machine, MachineId, Machines, Meaning, Transport};

/// Machines of these groups are nobody's to deploy: flyctl leaves them out, too.
const PSEUDO: [&str; 3] = ["fly_app_release_command", "fly_app_console", "fly_app_test_machine_command"];

/// The process group of a machine, by the newer key or the older.
pub(super) fn group(machine: &Machine) -> &str {
    machine.metadata("fly_process_group").or_else(|| machine.metadata("process_group")).unwrap_or("app")
}

/// Whether it takes no part in a deploy.
fn is_apart(machine: &Machine) -> bool {
    PSEUDO.contains(&group(machine)) || machine.metadata("fly_builder_id").is_some()
}

/// What is known to be there.
#[derive(Debug)]
pub(super) struct Reader {
    times: Times,
    listed: Option<Instant>,
    found: bool,
    /// Each, and until when it may be unknown by its id, since it was just made.
    known: BTreeMap<MachineId, Instant>,
}

impl Reader {
    pub(super) fn new(times: Times) -> Self {
        Self { times, listed: None, found: false, known: BTreeMap::new() }
    }

    /// There is a machine of this id, or soon will be.
    pub(super) fn made(&mut self, machine: MachineId) {
        self.found = true;
        self.known.insert(machine, Instant::now() + self.times.limits.lag);
    }

    /// Whether there was ever anything, be it a machine that takes no part: then a list that is empty now is believed.
    pub(super) fn has_found(&self) -> bool {
        self.found
    }

    /// All that is there now, in the order of their ids; none, when one that was made is not shown yet.
    ///
    /// # Errors
    /// What came in between.
    pub(super) async fn read<T: Transport>(&mut self, machines: &Machines<T>) -> Result<Option<Vec<Machine>>, Error> {
        let due = self.listed.is_none_or(|at| at.elapsed() >= self.times.limits.list_interval);
        if due {
            let now = Instant::now();
            for machine in machines.list().await? {
                self.found = true;
                self.known.entry(machine.id).or_insert(now);
            }
            self.listed = Some(Instant::now());
        }
        let ids: Vec<MachineId> = self.known.keys().cloned().collect();
        let mut fleet = Vec::new();
        let mut early = false;
        for (id, found) in ids.iter().zip(join_all(ids.iter().map(|id| machines.get(id))).await) {
            match found {
                Ok(machine) if machine.state.is_gone() => _ = self.known.remove(id),
                Ok(machine) => fleet.extend(Some(machine).filter(|machine| !is_apart(machine))),
                Err(error) if matches!(error.meaning, Meaning::NotFound(_)) => {
                    let until = self.known.get(id).copied();
                    if until.is_some_and(|until| Instant::now() < until) {
                        early = true;
                    } else {
                        self.known.remove(id);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok((!early).then_some(fleet))
    }
}
