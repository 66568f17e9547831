//! A shell that outlives us by a moment.
//!
//! `Drop` is not run for a server in a `static`, nor when a test is killed. So each process has a guard, which reads a
//! pipe that only we hold: when it closes without a word, we are gone, and the guard ends the process and removes its
//! folder. (The kernel's PR_SET_PDEATHSIG would need unsafe code, and fires when the *thread* that started the process
//! ends.)

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};

use nix::sys::signal::Signal;

use crate::Error;

/// A frozen server with frozen children is thawed, or else it would not follow a signal other than SIGKILL.
const SCRIPT: &str = r#"
pid=
while read -r word value how; do
  case $word in
    watch) pid=$value signal=$how ;;
    forget) pid= ;;
    done) exit 0 ;;
  esac
done
if [ -n "$pid" ]; then
  kill -s "$signal" "$pid"
  kill -s CONT $(cat "/proc/$pid/task/$pid/children") "$pid"
  rounds=100
  while [ $rounds -gt 0 ] && kill -0 "$pid"; do rounds=$((rounds - 1)); sleep 0.1; done
  kill -s KILL "$pid"
fi
if [ -n "$1" ]; then rm -rf -- "$1"; fi
"#;

#[derive(Debug)]
pub(super) struct Guard {
    shell: Child,
}

impl Guard {
    /// Starts the guard before what it guards, which so can't be missed. `leavings`, a file or folder, goes when we are gone.
    pub(super) fn start(leavings: Option<&Path>) -> Result<Self, Error> {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "testbed-guard"]);
        if let Some(path) = leavings {
            command.arg(path);
        }
        let shell = command
            // Not with us, when Ctrl-C ends everything in the foreground of a terminal.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Error::Start { command: String::from("/bin/sh (the guard of a process)"), source })?;
        Ok(Self { shell })
    }

    pub(super) fn watch(&mut self, pid: u32, last_signal: Signal) {
        let signal = last_signal.as_str().trim_start_matches("SIG");
        self.say(&format!("watch {pid} {signal}"));
    }

    /// The process has ended: its pid may become somebody else's.
    pub(super) fn forget(&mut self) {
        self.say("forget");
    }

    fn say(&mut self, line: &str) {
        if let Some(pipe) = &mut self.shell.stdin {
            // A guard that was killed guards nothing; that spoils no test.
            let _ = writeln!(pipe, "{line}");
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.say("done");
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
