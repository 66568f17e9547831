//! A step's shell, and how it is cancelled: SIGINT to it alone, SIGTERM 7.5 s later, and after 2.5 s more all of it is
//! killed. Here a tenth of that, as of all times.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::sync::watch;

const TO_TERM: Duration = Duration::from_millis(750);
const TO_KILL: Duration = Duration::from_millis(250);

/// How it ended, and what it said.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) success: bool,
    pub(super) said: String,
}

/// Runs a script to its end.
pub(super) async fn run(
    script: &Path,
    folder: &Path,
    env: &BTreeMap<String, String>,
    mut cancelled: watch::Receiver<bool>,
) -> Ended {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(script).current_dir(folder);
    command.env_clear().envs(env).stdin(Stdio::null()).kill_on_drop(true);
    let (said, to) = std::io::pipe().expect("a pipe");
    command.stdout(to.try_clone().expect("a pipe")).stderr(to);
    let mut child = command.spawn().expect("bash starts");
    drop(command);
    let reader = tokio::spawn(async move {
        let mut text = Vec::new();
        let mut said = tokio::net::unix::pipe::Receiver::from_owned_fd(said.into()).expect("a pipe");
        let _whole = said.read_to_end(&mut text).await;
        String::from_utf8_lossy(&text).into_owned()
    });
    let cancelled = async move { cancelled.wait_for(|cancelled| *cancelled).await.is_ok() };
    let ended = tokio::select! {
        ended = child.wait() => Some(ended.expect("it can be waited for")),
        _ = cancelled => None,
    };
    if ended.is_none() {
        cancel(&mut child).await;
    }
    let success = ended.is_some_and(|status| status.success());
    Ended { success, said: reader.await.expect("read") }
}

async fn cancel(child: &mut Child) {
    let Some(id) = child.id() else { return };
    let pid = i32::try_from(id).expect("a process id");
    for (signal, patience) in [(Signal::SIGINT, TO_TERM), (Signal::SIGTERM, TO_KILL)] {
        let _gone = kill(Pid::from_raw(pid), signal);
        if tokio::time::timeout(patience, child.wait()).await.is_ok() {
            return;
        }
    }
    for pid in tree(pid) {
        let _gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    child.wait().await.expect("it is killed");
}

/// A process and all that came of it.
fn tree(root: i32) -> Vec<i32> {
    let stats = std::fs::read_dir("/proc").expect("processes").filter_map(|entry| {
        let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((pid, parent))
    });
    let parents: Vec<(i32, i32)> = stats.collect();
    let mut tree = vec![root];
    let mut at = 0;
    while let Some(&parent) = tree.get(at) {
        tree.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    tree
}
