//! What a change of a manifest, or of another TOML file, says.

use std::collections::BTreeSet;

use toml::{Table, Value};

/// What of a crate's own manifest tells of tests and lints alone.
const NOT_BUILT: [&str; 8] =
    ["badges", "bench", "dev-dependencies", "dev_dependencies", "example", "lints", "target", "test"];
/// What of the workspace's manifest changes no image: each function is looked for by its own files, and dependencies
/// one by one.
const NOT_SHARED: [&str; 6] = ["default-members", "dependencies", "exclude", "lints", "members", "metadata"];

/// A file before and after; `None` where it is not there, or not understood.
pub(super) struct Both {
    before: Option<Table>,
    after: Option<Table>,
}

impl Both {
    pub(super) fn parse(before: Option<&str>, after: Option<&str>) -> Self {
        let parse = |text: Option<&str>| text.and_then(|text| toml::from_str(text).ok());
        Self { before: parse(before), after: parse(after) }
    }

    /// Whether a reader of the values sees no change.
    pub(super) fn reads_the_same(&self) -> bool {
        self.before.is_some() && self.before == self.after
    }

    /// Whether what stands at this key is the same in both, which must be understood.
    pub(super) fn same_at(&self, keys: &[&str]) -> bool {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return false };
        at(before, keys) == at(after, keys)
    }

    /// Of a crate's manifest: whether it is built as before.
    pub(super) fn builds_the_same(&self) -> bool {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return false };
        built(before) == built(after)
    }

    /// Of the workspace's manifest: every part by which all crates are built, and that is another.
    pub(super) fn shared(&self) -> BTreeSet<String> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return ["all of it".to_owned()].into() };
        let mut other = differing(before, after, &["package", "profile", "workspace"]);
        let [old, new] = [before, after].map(|it| table(it, &["workspace"]));
        other.extend(differing(&old, &new, &NOT_SHARED).into_iter().map(|key| format!("workspace.{key}")));
        // Images are built in release; profiles that inherit from it are for other ends.
        if !self.same_at(&["profile", "release"]) {
            other.insert("profile.release".to_owned());
        }
        other
    }

    /// Of the workspace's manifest: every shared dependency that is declared otherwise.
    pub(super) fn dependencies(&self) -> BTreeSet<String> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return BTreeSet::new() };
        let [before, after] = [before, after].map(|it| table(it, &["workspace", "dependencies"]));
        differing(&before, &after, &[])
    }
}

/// The keys of either whose values are not the same in both.
fn differing(before: &Table, after: &Table, but: &[&str]) -> BTreeSet<String> {
    let keys: BTreeSet<&String> =
        before.keys().chain(after.keys()).filter(|key| !but.contains(&key.as_str())).collect();
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

fn at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() { Some(value) } else { at(value.as_table()?, rest) }
}

fn table(of: &Table, keys: &[&str]) -> Table {
    at(of, keys).and_then(Value::as_table).cloned().unwrap_or_default()
}

/// The manifest without what tells of tests and lints alone; of `[target.….]` what is left of each.
fn built(manifest: &Table) -> Table {
    let mut built = manifest.clone();
    built.retain(|key, _| !NOT_BUILT.contains(&key));
    if let Some(package) = built.get_mut("package").and_then(Value::as_table_mut) {
        package.remove("metadata");
    }
    for (name, target) in table(manifest, &["target"]) {
        let left = built_for(target.as_table().cloned().unwrap_or_default());
        if !left.is_empty() {
            built.insert(format!("target.{name}"), Value::Table(left));
        }
    }
    built
}

fn built_for(mut target: Table) -> Table {
    target.retain(|key, _| !NOT_BUILT.contains(&key));
    target
}
