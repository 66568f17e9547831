//! A process together with its children: Postgres answers from a process for each connection.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Error, Process};

/// How long the kernel may take to stop or remove a process on a busy machine.
const KERNEL: Duration = Duration::from_secs(5);

impl Process {
    /// Stops it (SIGSTOP) with its children: connections stay open and nothing answers.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it is no longer there.
    pub fn freeze(&self) -> Result<(), Error> {
        self.signal(Signal::SIGSTOP)?;
        // Only a parent that really stands still has no more children than the list says.
        await_state(self.pid, |state| state == 'T');
        for child in children(self.pid) {
            send(child, Signal::SIGSTOP)?;
            await_state(child, |state| matches!(state, 'T' | 'Z'));
        }
        Ok(())
    }

    /// Lets it and its children go on (SIGCONT).
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it is no longer there.
    pub fn thaw(&self) -> Result<(), Error> {
        for child in children(self.pid) {
            send(child, Signal::SIGCONT)?;
        }
        self.signal(Signal::SIGCONT)
    }

    /// Kills it and its children as a loss of power would, and waits until all are gone.
    pub fn kill_family(&self) {
        if self.freeze().is_err() {
            return;
        }
        let children = children(self.pid);
        for child in &children {
            // Fails only for one that is gone. Its pid is still its own: its parent, which stands, has not reaped it.
            let _ = send(*child, Signal::SIGKILL);
        }
        self.kill();
        for child in children {
            await_state(child, |state| state == 'Z');
        }
    }

    /// How much memory it holds now, without its children; 0 when it has ended.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
        kibibytes.and_then(|it| it.parse().ok()).unwrap_or(0) * 1024
    }

    /// The processor time that its threads have taken so far, to the nanosecond; none when it has ended. (Those that
    /// ended are left out: a function's threads last as long as it does.)
    pub fn processor_time(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten().flatten();
        let taken = threads.filter_map(|thread| {
            let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
        });
        taken.sum()
    }
}

fn send(pid: Pid, signal: Signal) -> Result<(), Error> {
    match kill(pid, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(Error::io(format!("could not send {signal} to {pid}"))(errno.into())),
    }
}

/// Waits until the state is as wanted, or the process is gone.
fn await_state(pid: Pid, wanted: impl Fn(char) -> bool) {
    let begun = Instant::now();
    while let Some((state, _)) = stat(pid) {
        if wanted(state) || begun.elapsed() > KERNEL {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The processes that this one has started and that have not ended.
pub(super) fn children(parent: Pid) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .map(Pid::from_raw)
        .filter(|pid| stat(*pid).is_some_and(|(_, its_parent)| its_parent == parent))
        .collect()
}

/// The state letter and the parent from `/proc/PID/stat`; `None` when there is no such process.
fn stat(pid: Pid) -> Option<(char, Pid)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    Some((state, Pid::from_raw(parent)))
}
