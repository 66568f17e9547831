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
