//! A process in namespaces of its own, with an image's file system, read-only. No container engine is needed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use testbed::process::Process;

/// Debug builds are many times what an image is.
const MOST: &str = "400000000";

/// The mounts end with the namespace. `/proc` is there on Fly and Kubernetes alike.
const ENTER: &str = r#"set -e
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount -o remount,ro,bind "$0"
exec chroot --userspec=65532:65532 "$0" /function"#;

/// A function that runs in its image.
pub(super) struct Container {
    /// What it is started by, which ends as it does.
    pub(super) process: Process,
    _image: TempDir,
}

/// What the kernel says of it.
pub(super) struct Seen {
    /// Its process id for itself.
    pub(super) pid_within: u32,
    pub(super) user: u32,
    /// Whether its file system is writable.
    pub(super) may_write: bool,
}

impl Container {
    /// Starts the function of this name, with this environment and nothing else.
    pub(super) fn start(function: &str, environment: Vec<(String, String)>) -> Self {
        Self::of(image(&testbed::cargo::binary(function).expect("built")), function, environment)
    }

    /// The same in an image without a bundle of certificates, as others build them.
    pub(super) fn start_without_certificates(function: &str, environment: Vec<(String, String)>) -> Self {
        let image = image(&testbed::cargo::binary(function).expect("built"));
        std::fs::remove_dir_all(image.path().join("etc/ssl")).expect("it was there");
        Self::of(image, function, environment)
    }

    fn of(image: TempDir, function: &str, environment: Vec<(String, String)>) -> Self {
        std::fs::create_dir(image.path().join("proc")).expect("made");
        // Two generations: the kernel forgets to end with its parent who becomes nobody, so the first ends, and with it
        // all that are in its namespace.
        let first = ["unshare", "--pid", "--fork", "--kill-child", "unshare", "--pid", "--mount", "--fork"];
        let words: Vec<String> = as_root(&first).into_iter().map(str::to_owned).collect();
        let command = Process::command(&words[0]).name(function).clean_env().args(words[1..].iter().cloned());
        let command = command.args(["sh", "-c", ENTER]).arg(image.path());
        let command = environment.into_iter().fold(command, |command, (name, value)| command.env(name, value));
        Self { process: command.start().expect("started"), _image: image }
    }

    /// Its process id for us: it was started by one whom another started.
    async fn pid(&self) -> u32 {
        let begun = Instant::now();
        loop {
            let mut line = std::iter::successors(Some(self.process.pid()), |pid| children(*pid).first().copied());
            let is_it = |pid: &u32| {
                let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                name.trim() == "function"
            };
            if let Some(pid) = line.find(is_it) {
                return pid;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{}", self.process.output());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) async fn seen(&self) -> Seen {
        let pid = self.pid().await;
        let read = |what: &str| run(&["cat", &format!("/proc/{pid}/{what}")]);
        let (status, mounts) = (read("status"), read("mountinfo"));
        let last = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key)).expect("a line");
            line.split_whitespace().next_back().and_then(|word| word.parse().ok()).expect("a number")
        };
        let root = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/")).expect("a root");
        let may_write = !root.split(' ').nth(5).is_some_and(|options| options.split(',').any(|it| it == "ro"));
        Seen { pid_within: last("NSpid:"), user: last("Uid:"), may_write }
    }

    /// A process whose parent has gone becomes a child of the first one.
    pub(super) async fn leave_an_orphan(&self) {
        let pid = self.pid().await;
        run(&["nsenter", "--target", &pid.to_string(), "--pid", "sh", "-c", "sleep 0 &"]);
        let begun = Instant::now();
        let is_dead = |pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.contains(") Z ")
        };
        while !children(pid).iter().any(is_dead) {
            assert!(begun.elapsed() < Duration::from_secs(30), "it has not become a child");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) async fn signal(&self, signal: Signal) {
        let pid = self.pid().await;
        run(&["kill", "-s", signal.as_str().trim_start_matches("SIG"), &pid.to_string()]);
    }
}

/// The file system of an image that runs this program, made as an image's build makes it.
fn image(program: &Path) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let output = layout(program, folder.path(), Some(MOST));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Others than we may enter it.
    run(&["chmod", "755", folder.path().to_str().expect("text")]);
    folder
}

pub(super) fn layout(program: &Path, folder: &Path, most: Option<&str>) -> std::process::Output {
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fly/image/layout"));
    Command::new(script).arg(program).arg(folder).args(most).output().expect("it starts")
}

/// Namespaces are root's matter; on a person's machine by sudo.
pub(super) fn as_root<'a>(command: &[&'a str]) -> Vec<&'a str> {
    let prefix: &[&str] = if nix::unistd::geteuid().is_root() { &[] } else { &["sudo", "-n", "-E"] };
    [prefix, command].concat()
}

fn run(command: &[&str]) -> String {
    let words = as_root(command);
    let output = Command::new(words[0]).args(&words[1..]).output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Of all its threads: a runtime starts none, and a shell has one.
fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(PathBuf::from(format!("/proc/{pid}/task"))).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}
