//! Which processor cores run what: what is measured gets one for itself, and everything else stays off it.

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use super::family::children;
use super::{Error, Process};

/// One process has a core for itself, and this process, with every other that it has started, has the others. Dropping
/// this gives all of them every core again.
#[derive(Debug)]
pub struct OwnCore {
    before: CpuSet,
}

impl OwnCore {
    /// Gives a process the first core. Threads and processes that are started meanwhile stay where their parents are.
    ///
    /// # Errors
    ///
    /// [`Error::Unfit`] when there is only one core.
    pub fn of(process: &Process) -> Result<Self, Error> {
        let refused = |errno: Errno| Error::io("could not read which cores there are")(errno.into());
        let before = sched_getaffinity(Pid::from_raw(0)).map_err(refused)?;
        let cores: Vec<usize> = (0..CpuSet::count()).filter(|core| before.is_set(*core) == Ok(true)).collect();
        let [first, others @ ..] = cores.as_slice() else { return Err(too_few()) };
        if others.is_empty() {
            return Err(too_few());
        }
        let given = Self { before };
        keep_on(Pid::this(), &set(others));
        keep_on(process.pid, &set(&[*first]));
        Ok(given)
    }
}

impl Drop for OwnCore {
    fn drop(&mut self) {
        keep_on(Pid::this(), &self.before);
    }
}

fn too_few() -> Error {
    Error::Unfit("one core is too few for a process to have one for itself".to_owned())
}

fn set(cores: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core).expect("a core of this machine");
    }
    set
}

/// Keeps all threads of a process on these cores, and those of the processes that it has started.
fn keep_on(pid: Pid, cores: &CpuSet) {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    for thread in threads.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        // Fails only for one that has just ended.
        let _ = sched_setaffinity(Pid::from_raw(thread), cores);
    }
    for child in children(pid) {
        keep_on(child, cores);
    }
}
