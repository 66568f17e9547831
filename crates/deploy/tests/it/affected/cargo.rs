//! The toy workspace, beside cargo's own list of what it builds anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deploy::affected::{Change, is_read};
use serde_json::Value;

use super::toy::{cargo, lock, made, write};
use super::{touched, workspace};

/// The programs that cargo had to build anew.
fn rebuilt(folder: &Path) -> Vec<String> {
    let messages = cargo(folder, &["build", "--offline", "--locked", "--message-format=json"]);
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs = messages.filter(|it| it["target"]["kind"][0] == "bin" && it["fresh"] == false);
    programs.filter_map(|it| it["target"]["name"].as_str().map(str::to_owned)).collect()
}

/// Every file but what is built.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("within").to_str().expect("text").to_owned();
            if path.is_dir() && name != "target" {
                folders.push(path);
            } else if path.is_file() {
                files.insert(name, std::fs::read_to_string(&path).expect("text"));
            }
        }
    }
    files
}

/// As git would tell them apart.
fn changes(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<Change> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let other = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    let read = |path: &String, files: &BTreeMap<String, String>| files.get(path).filter(|_| is_read(path)).cloned();
    other.map(|path| Change { path: path.clone(), before: read(path, before), after: read(path, after) }).collect()
}

/// Each is made on top of those before it.
const STEPS: &[(&str, &str)] = &[
    ("crates/base/src/deep.rs", "pub const DEEP: u8 = 2;\n"),
    ("crates/base/src/base.txt", "the base\n"),
    ("crates/base/tests/it.rs", "#[test]\nfn other() {}\n"),
    ("crates/one/src/main.rs", "fn main() { println!(\"{} {}!\", base::BASE, outer::version()); }\n"),
    ("crates/two/src/main.rs", "fn main() { println!(\"{} {}!\", base::BASE, made::made!()); }\n"),
    ("crates/two/README.md", "The second.\n"),
    ("README.md", "Another toy.\n"),
    ("data/words.txt", "d e f\n"),
    ("shared/greeting.txt", "good day\n"),
    ("crates/tester/src/lib.rs", "pub fn no_tests() {}\n"),
    ("crates/one/build.rs", "fn main() { println!(\"cargo::rerun-if-changed=../../data/words.txt\"); }\n"),
    ("notes.txt", "Nobody reads this.\n"),
];

#[test]
fn what_cargo_builds_anew_is_affected_and_nothing_else() {
    let toy = made();
    let folder = toy.path();
    assert_eq!(rebuilt(folder).len(), 2, "both are built");
    for (path, text) in STEPS {
        let before = files(folder);
        write(folder, path, text);
        let told = touched(&workspace(folder), &changes(&before, &files(folder)));
        let mut built = rebuilt(folder);
        built.sort();
        assert_eq!(told, built, "after {path}");
    }
}

#[test]
fn a_dependency_of_another_version_affects_those_that_cargo_builds_anew_for_it() {
    let toy = made();
    let folder = toy.path();
    rebuilt(folder);
    let before = files(folder);
    lock(folder, "1.0.0", "1.0.1");
    let told = touched(&workspace(folder), &changes(&before, &files(folder)));
    assert_eq!(told, ["one"]);
    assert_eq!(rebuilt(folder), told);
}
