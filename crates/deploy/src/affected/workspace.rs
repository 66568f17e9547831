//! The workspace as cargo describes it: `cargo metadata --format-version=1 --filter-platform TRIPLE`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Error, sources};

/// Everything that decides, as it is now.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// The apps that are shipped: a `fly/NAME.toml` each, and a crate of that name.
    pub apps: BTreeSet<String>,
    /// By the id that cargo gives them.
    pub packages: BTreeMap<String, Package>,
}

/// A crate, ours or another's.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is from; `None` if from this repository.
    pub source: Option<String>,
    /// Its folder within the workspace, with a `/` at its end unless it is the workspace's own; `None` if another's.
    pub folder: Option<String>,
    /// What it is built with, by id: normal dependencies, and those of its build script.
    pub needs: Vec<String>,
    /// The keys under which it declares those.
    pub declares: BTreeSet<String>,
    /// Files and folders that its sources name, within the workspace.
    pub names: BTreeSet<String>,
}

impl Package {
    /// For people: `tokio 1.53.1`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

impl Workspace {
    /// Reads what `cargo metadata` printed, the sources that it tells of, and the names of the apps' files.
    ///
    /// # Errors
    /// When that is not understood, or a file cannot be read.
    pub fn read(metadata: &str) -> Result<Self, Error> {
        let metadata: Metadata = serde_json::from_str(metadata)?;
        let root = &metadata.workspace_root;
        let mut packages = BTreeMap::new();
        for told in &metadata.packages {
            packages.insert(told.id.clone(), told.package(root)?);
        }
        for node in metadata.resolve.nodes {
            if let Some(package) = packages.get_mut(&node.id) {
                package.needs = node.deps.into_iter().filter(Needed::is_built).map(|needed| needed.pkg).collect();
            }
        }
        Ok(Self { apps: apps(&root.join("fly"))?, packages })
    }

    /// The crates that an app is built of, by id, each with the way to it.
    pub(super) fn built_of(&self, app: &str) -> BTreeMap<&str, Vec<String>> {
        let own = self.packages.iter().find(|(_, package)| package.folder.is_some() && package.name == app);
        let mut ways = BTreeMap::new();
        let mut next = VecDeque::from_iter(own.map(|(id, _)| (id.as_str(), Vec::new())));
        while let Some((id, to)) = next.pop_front() {
            let Some(package) = self.packages.get(id) else { continue };
            if ways.contains_key(id) {
                continue;
            }
            let way = [to, vec![package.name.clone()]].concat();
            next.extend(package.needs.iter().map(|needed| (needed.as_str(), way.clone())));
            ways.insert(id, way);
        }
        ways
    }

    /// The crate of ours that this file lies in, by id, and its path within.
    pub(super) fn home<'a>(&self, path: &'a str) -> Option<(&str, &'a str)> {
        let within = self.packages.iter().filter_map(|(id, package)| {
            let within = path.strip_prefix(package.folder.as_deref()?)?;
            Some((id.as_str(), within))
        });
        // Of two folders, one in the other, the inner.
        within.min_by_key(|(_, within)| within.len())
    }
}

fn apps(folder: &Path) -> Result<BTreeSet<String>, Error> {
    let files = match crate::rules::read(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(Error::File(folder.to_owned(), error)),
    };
    Ok(crate::rules::functions(&files).into_keys().map(str::to_owned).collect())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Told>,
    resolve: Resolve,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    name: String,
    version: String,
    source: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Declared>,
}

#[derive(Deserialize)]
struct Declared {
    name: String,
    rename: Option<String>,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Needed>,
}

#[derive(Deserialize)]
struct Needed {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

impl Needed {
    fn is_built(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
    }
}

impl Told {
    fn package(&self, root: &Path) -> Result<Package, Error> {
        let declares = self.dependencies.iter().filter(|it| it.kind.as_deref() != Some("dev"));
        let declares = declares.map(|it| it.rename.as_ref().unwrap_or(&it.name).clone()).collect();
        let (name, version, source) = (self.name.clone(), self.version.clone(), self.source.clone());
        let other = Package { name, version, source, declares, ..Package::default() };
        if self.source.is_some() {
            return Ok(other);
        }
        let outside = || Error::Outside(self.manifest_path.clone());
        let folder = self.manifest_path.parent().ok_or_else(outside)?;
        let within = folder.strip_prefix(root).map_err(|_| outside())?.to_str().ok_or_else(outside)?;
        let names = sources::named(root, within)?;
        let folder = if within.is_empty() { String::new() } else { format!("{within}/") };
        Ok(Package { folder: Some(folder), names, ..other })
    }
}
