//! `Cargo.lock`, before and after.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{App, Package, Reason};

/// A lock file, read.
#[derive(Default)]
pub(super) struct Lock {
    entries: BTreeMap<Key, Entry>,
}

/// What tells crates apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    name: String,
    version: String,
    source: Option<String>,
}

struct Entry {
    checksum: Option<String>,
    needs: BTreeSet<Key>,
}

impl Lock {
    /// `None` if it is not understood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let file: File = toml::from_str(text).ok()?;
        let keys: Vec<Key> = file.package.iter().map(Written::key).collect();
        let entry = |written: &Written| {
            let needs = written.dependencies.iter().filter_map(|need| find(&keys, need)).collect();
            (written.key(), Entry { checksum: written.checksum.clone(), needs })
        };
        Some(Self { entries: file.package.iter().map(entry).collect() })
    }

    fn versions(&self, name: &str) -> Vec<String> {
        self.entries.keys().filter(|key| key.name == name).map(|key| key.version.clone()).collect()
    }
}

/// What an app links otherwise than before. An entry that nothing of it links is nothing to it.
pub(super) fn relinked(app: &App<'_>, before: &Lock, after: &Lock) -> Vec<Reason> {
    let packages = &app.workspace.packages;
    let new = |id: &str, by: Vec<String>| {
        let package = packages.get(id)?;
        Some(Reason::Linked { krate: package.title(), before: before.versions(&package.name), by })
    };
    let mut reasons = Vec::new();
    for (id, by) in &app.built_of {
        let Some(package) = packages.get(*id) else { continue };
        let Some(old) = before.entries.get(&Key::of(package)) else {
            // A new crate of ours tells of itself by its files.
            reasons.extend(package.source.as_ref().and_then(|_| new(id, by.clone())));
            continue;
        };
        if after.entries.get(&Key::of(package)).is_none_or(|now| now.checksum != old.checksum) {
            reasons.extend(new(id, by.clone()));
        }
        // It may have turned to another version that was there for others. What it no longer needs, without a new version
        // of it, only another manifest can have taken away.
        for need in &package.needs {
            let key = packages.get(need).map(Key::of);
            let turned = key.is_some_and(|key| before.entries.contains_key(&key) && !old.needs.contains(&key));
            let by = || [by.clone(), packages.get(need).map(|it| it.name.clone()).into_iter().collect()].concat();
            reasons.extend(turned.then(|| new(need, by())).flatten());
        }
    }
    reasons
}

impl Key {
    fn of(package: &Package) -> Self {
        let (name, version, source) = (package.name.clone(), package.version.clone(), package.source.clone());
        Self { name, version, source }
    }
}

/// An entry is named by as much as tells it apart: `NAME`, `NAME VERSION` or `NAME VERSION (SOURCE)`.
fn find(keys: &[Key], written: &str) -> Option<Key> {
    let mut words = written.splitn(3, ' ');
    let (name, version, source) = (words.next()?, words.next(), words.next());
    let source = source.map(|text| text.trim_matches(['(', ')']));
    let fits = |key: &&Key| {
        key.name == name
            && version.is_none_or(|version| key.version == version)
            && source.is_none_or(|source| key.source.as_deref() == Some(source))
    };
    keys.iter().find(fits).cloned()
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    package: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Written {
    fn key(&self) -> Key {
        Key { name: self.name.clone(), version: self.version.clone(), source: self.source.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{Change, Workspace, affected};
    use super::*;

    /// A function that links `outer` in this version, as `inner` does in the other; both are locked.
    fn workspace(version: &str) -> Workspace {
        let outer = |version: &str| {
            let (name, version, source) = ("outer".to_owned(), version.to_owned(), Some("registry".to_owned()));
            (format!("outer {version}"), Package { name, version, source, ..Package::default() })
        };
        let needs = vec![format!("outer {version}")];
        let (name, folder) = ("one".to_owned(), Some("crates/one/".to_owned()));
        let one = Package { name, version: "0.1.0".to_owned(), folder, needs, ..Package::default() };
        let packages = BTreeMap::from([outer("1.0.0"), outer("2.0.0"), ("one".to_owned(), one)]);
        Workspace { apps: ["one".to_owned()].into(), packages }
    }

    fn lock(needs: &str, checksum: &str) -> String {
        let outer = |version: &str| {
            let from = "source = \"registry\"\nchecksum";
            format!("[[package]]\nname = \"outer\"\nversion = \"{version}\"\n{from} = \"{checksum}{version}\"\n")
        };
        let one = format!("[[package]]\nname = \"one\"\nversion = \"0.1.0\"\ndependencies = [\"{needs}\"]\n");
        [outer("1.0.0"), outer("2.0.0"), one].concat()
    }

    fn told(version: &str, before: &str, after: &str) -> Vec<String> {
        let (before, after) = (Some(before.to_owned()), Some(after.to_owned()));
        let change = Change { path: "Cargo.lock".to_owned(), before, after };
        affected(&workspace(version), &[change])["one"].iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_function_that_turns_to_a_version_which_was_there_for_others_is_affected() {
        let (before, after) = (lock("outer 1.0.0", "a"), lock("outer 2.0.0", "a"));
        assert_eq!(told("2.0.0", &before, &after), ["outer 2.0.0, before 1.0.0, 2.0.0 (one → outer)"]);
        assert_eq!(told("1.0.0", &before, &before), [""; 0]);
        assert_eq!(told("1.0.0", &lock("outer 1.0.0 (registry)", "a"), &before), [""; 0], "the same, in more words");
    }

    #[test]
    fn a_crate_of_the_same_version_and_other_content_is_another() {
        let told = told("1.0.0", &lock("outer 1.0.0", "a"), &lock("outer 1.0.0", "b"));
        assert_eq!(told, ["outer 1.0.0, before 1.0.0, 2.0.0 (one → outer)"]);
    }

    #[test]
    fn a_lock_file_that_is_not_understood_ships() {
        let told = told("1.0.0", "version = [", &lock("outer 1.0.0", "a"));
        assert_eq!(told, ["Cargo.lock was not there, or is not understood"]);
    }
}
