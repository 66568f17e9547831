//! The programs of the commit before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use testbed::board::Part;

use super::clone::{check_out, older, root};
use super::seed::seed;

/// What has an older one.
pub(super) const FUNCTIONS: [Part; 3] = [Part::Api, Part::Applications, Part::EmailWorker];

/// The functions of an older commit that are others than those that are here.
pub(super) struct Older {
    pub(super) commit: String,
    programs: BTreeMap<String, PathBuf>,
}

impl Older {
    /// Builds those; `None` where no commit is before this one.
    pub(super) fn built() -> Option<Self> {
        let commit = older()?;
        let others = others(&commit);
        if others.is_empty() {
            println!("nothing to build: the functions of {commit} are those that are here");
            return Some(Self { commit, programs: BTreeMap::new() });
        }
        let began = Instant::now();
        let programs = build(&commit, &others);
        println!("built {} of {commit} in {} s", others.join(", "), began.elapsed().as_secs());
        Some(Self { commit, programs })
    }

    /// The older program of a function, which may be the one that is here.
    pub(super) fn program(&self, part: Part) -> PathBuf {
        let own = || testbed::cargo::binary(part.name()).expect("built");
        self.programs.get(part.name()).cloned().unwrap_or_else(own)
    }

    /// Whether each is as it was.
    pub(super) fn is_same(&self) -> bool {
        self.programs.is_empty()
    }
}

/// Those that would be built otherwise. What is told to Fly alone is no matter here.
fn others(commit: &str) -> Vec<&'static str> {
    let output = Command::new(env!("CARGO_BIN_EXE_boardctl"))
        .args(["affected", "--json", "--since", commit])
        .current_dir(root())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let is_other = |part: &Part| {
        let decision = &told["functions"][part.name()];
        let mut why = decision["why"].as_array().into_iter().flatten();
        // One that is older than HEAD is another, too.
        decision["decision"] == "older" || why.any(|reason| reason["because"] != "app")
    };
    FUNCTIONS.iter().filter(|part| is_other(part)).map(|part| part.name()).collect()
}

/// In a folder of that commit's own, beside what is built here: nothing of this build is touched.
fn build(commit: &str, names: &[&str]) -> BTreeMap<String, PathBuf> {
    let built = testbed::cargo::binary("api").expect("built");
    let profile = built.parent().expect("a folder of the profile");
    let all = profile.parent().expect("the target folder").join("skew");
    let home = all.join(commit);
    forget_others(&all, commit);
    let (tree, target) = (home.join("tree"), home.join("target"));
    if !tree.is_dir() {
        let fresh = home.join("fresh");
        check_out(commit, &fresh);
        let name = profile.file_name().expect("a name");
        seed(profile, &target.join(name), &fresh.join("crates"));
        std::fs::rename(fresh, &tree).expect("it is there");
    }
    testbed::cargo::binaries_of(&tree, &target, names).expect("the older functions build")
}

/// A folder is a gigabyte, if most of it is the same as elsewhere.
fn forget_others(all: &Path, commit: &str) {
    let entries = std::fs::read_dir(all).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name() != commit) {
        std::fs::remove_dir_all(entry.path()).expect("ours");
    }
}
