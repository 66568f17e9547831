//! What a change affects: by changes to this very repository, and beside what cargo itself builds anew.

mod built;
mod cargo;
mod rows;
pub(super) mod toy;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use deploy::affected::{Change, Reason, Workspace, affected};

/// What our images run on.
pub(super) const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// The workspace in this folder.
fn workspace(folder: &Path) -> Workspace {
    let metadata = ["metadata", "--format-version=1", "--locked", "--filter-platform", TRIPLE];
    Workspace::read(&toy::cargo(folder, &metadata)).expect("a workspace")
}

/// Those that are affected.
fn names(of: &BTreeMap<String, Vec<Reason>>) -> Vec<&str> {
    of.iter().filter(|(_, reasons)| !reasons.is_empty()).map(|(name, _)| name.as_str()).collect()
}

/// As [`names`], of changes to this workspace.
fn touched(workspace: &Workspace, changes: &[Change]) -> Vec<String> {
    names(&affected(workspace, changes)).into_iter().map(str::to_owned).collect()
}

pub(super) fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
