//! One file that changed, and whom that affects.

use super::lock::{self, Lock};
use super::manifest::Both;
use super::{App, Package, Reason};
use crate::rules::FLEET;

/// The toolchain and its flags; the image and what goes into its build.
const BUILDS_ALL: [&str; 4] = [".dockerignore", "fly/Dockerfile", "rust-toolchain", "rust-toolchain.toml"];
/// Folders of the same.
const BUILD_ALL: [&str; 2] = [".cargo/", "fly/image/"];
/// Folders of a crate that its library and its programs are not built of.
const TESTS: [&str; 3] = ["benches/", "examples/", "tests/"];

/// A file that is not what it was.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// From the workspace's folder on.
    pub path: String,
    /// What it was, if it was there and [`is_read`].
    pub before: Option<String>,
    /// What it is, likewise.
    pub after: Option<String>,
}

/// Whether what stands in this file decides, and not only that it changed.
#[must_use]
pub fn is_read(path: &str) -> bool {
    path == "Cargo.lock" || path == "Cargo.toml" || path.ends_with("/Cargo.toml") || app_file(path).is_some()
}

/// `NAME` of `fly/NAME.toml`.
fn app_file(path: &str) -> Option<&str> {
    path.strip_prefix("fly/")?.strip_suffix(".toml").filter(|name| !name.contains('/'))
}

impl Change {
    /// Why this app is affected by it.
    pub(super) fn reasons(&self, app: &App<'_>) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.own(app.name).into_iter().collect();
        if app.built_of.is_empty() {
            // Its image is from elsewhere.
            return reasons;
        }
        reasons.extend(self.of_all());
        reasons.extend(self.relinked(app));
        let home = app.workspace.home(&self.path);
        for (id, by) in &app.built_of {
            let Some(package) = app.workspace.packages.get(*id).filter(|package| package.folder.is_some()) else {
                continue;
            };
            reasons.extend(self.declared(package, by));
            let (file, by) = (self.path.clone(), by.clone());
            if home.is_some_and(|(home, within)| home == *id && self.is_source(within)) {
                reasons.push(Reason::Source { file, by });
            } else if package.is_told(&self.path) {
                reasons.push(Reason::Named { file, by });
            }
        }
        reasons
    }

    /// The app's own file, and its entry among all.
    fn own(&self, app: &str) -> Option<Reason> {
        let both = || Both::parse(self.before.as_deref(), self.after.as_deref());
        let own = match app_file(&self.path) {
            Some(name) if name == app => !both().reads_the_same(),
            _ if self.path == format!("fly/{FLEET}") => !both().same_at(&["apps", app]),
            _ => false,
        };
        own.then(|| Reason::App { file: self.path.clone() })
    }

    /// What all images are built by.
    fn of_all(&self) -> Vec<Reason> {
        let reason = |what: String| Reason::Build { what };
        if BUILDS_ALL.contains(&self.path.as_str()) || BUILD_ALL.iter().any(|it| self.path.starts_with(it)) {
            return vec![reason(self.path.clone())];
        }
        if self.path != "Cargo.toml" {
            return Vec::new();
        }
        let shared = Both::parse(self.before.as_deref(), self.after.as_deref()).shared();
        shared.into_iter().map(|key| reason(format!("{key} in Cargo.toml"))).collect()
    }

    fn relinked(&self, app: &App<'_>) -> Vec<Reason> {
        if self.path != "Cargo.lock" {
            return Vec::new();
        }
        let read = |text: &Option<String>| text.as_deref().and_then(Lock::parse);
        match (read(&self.before), read(&self.after)) {
            (Some(before), Some(after)) => lock::relinked(app, &before, &after),
            _ => vec![Reason::Unknown { why: "Cargo.lock was not there, or is not understood".to_owned() }],
        }
    }

    fn declared(&self, package: &Package, by: &[String]) -> Vec<Reason> {
        if self.path != "Cargo.toml" {
            return Vec::new();
        }
        let changed = Both::parse(self.before.as_deref(), self.after.as_deref()).dependencies();
        let taken = changed.into_iter().filter(|key| package.declares.contains(key));
        taken.map(|dependency| Reason::Declared { dependency, by: by.to_vec() }).collect()
    }

    /// Whether the crate that it lies in is built of it.
    fn is_source(&self, within: &str) -> bool {
        if within == "Cargo.toml" {
            return !Both::parse(self.before.as_deref(), self.after.as_deref()).builds_the_same();
        }
        let is_tested = TESTS.iter().any(|folder| within.starts_with(folder)) || within.ends_with(".snap");
        !is_tested && (within.starts_with("src/") || !is_for_people(within))
    }
}

impl Package {
    /// Whether one of its sources names this file, or a folder that it is in.
    fn is_told(&self, path: &str) -> bool {
        let holds = |named: &str| named.is_empty() || path.strip_prefix(named).is_some_and(|it| it.starts_with('/'));
        self.names.iter().any(|named| named == path || holds(named) && !is_for_people(path))
    }
}

fn is_for_people(path: &str) -> bool {
    path.ends_with(".md") || path.starts_with("LICENSE")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ships all because it decides how all are built would else decide nothing.
    #[test]
    fn an_images_build_is_given_all_that_ships_all() {
        let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.dockerignore"));
        let file = file.expect("it is there");
        let all = BUILDS_ALL.iter().chain(&BUILD_ALL);
        // These two the builder reads itself.
        for path in all.filter(|path| ![".dockerignore", "fly/Dockerfile"].contains(path)) {
            let wanted = format!("!{}", path.trim_end_matches('/'));
            assert!(file.lines().any(|line| line == wanted), "{wanted}");
        }
    }
}
