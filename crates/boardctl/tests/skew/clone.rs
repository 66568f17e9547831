//! What git has of the commit before.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn git(what: &[&str]) -> Output {
    Command::new("git").arg("-C").arg(root()).args(what).output().expect("git is here")
}

fn says(what: &[&str]) -> String {
    let output = git(what);
    assert!(output.status.success(), "git {what:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// The older commit: the one that `SKEW_FROM` names, which has to be there; else that of HEAD, where something is not
/// committed; else the first parent. `None` where this clone has none before.
pub(super) fn older() -> Option<String> {
    let wanted = std::env::var("SKEW_FROM").ok().filter(|rev| !rev.is_empty());
    let status = git(&["status", "--porcelain"]);
    let is_clean = status.status.success() && status.stdout.is_empty();
    let rev = wanted.as_deref().unwrap_or(if is_clean { "HEAD^" } else { "HEAD" });
    let found = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{rev}^{{commit}}")]);
    if found.status.success() {
        return Some(String::from_utf8(found.stdout).expect("text").trim().to_owned());
    }
    assert!(wanted.is_none(), "{rev} is not in this clone; where it is shallow: git fetch --unshallow");
    None
}

/// Writes the files of a commit into this folder.
pub(super) fn check_out(commit: &str, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let archive = folder.with_extension("tar");
    says(&["archive", "--output", &archive.display().to_string(), commit]);
    let tar = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder).status().expect("tar is here");
    assert!(tar.success(), "{} is unpacked", archive.display());
    std::fs::remove_file(&archive).expect("it is there");
}
