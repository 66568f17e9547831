//! The tree that a release comes from: `fly/` and git.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use deploy::config::FlyToml;
use deploy::rules::{self, App, Broken, FLEET, Fleet};

/// The folder of the apps' files.
const FLY: &str = "fly";

/// Why there is no release to be had from a tree. All of it is for a person to mend before anything is called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    /// Git does not do what it was asked for.
    #[error("git {what}: {said}")]
    Git {
        /// Its arguments.
        what: String,
        /// Its words.
        said: String,
    },
    /// The files are not there.
    #[error("{folder} cannot be read")]
    Folder {
        /// The folder.
        folder: String,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// A name that is no app's.
    #[error("{name:?} is no app: wanted one of {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// The files break rules.
    #[error("{} in fly/:\n  {}", count(.0.len()), .0.join("\n  "))]
    Broken(Vec<String>),
}

fn count(mistakes: usize) -> String {
    if mistakes == 1 { "1 mistake".to_owned() } else { format!("{mistakes} mistakes") }
}

/// The files of all apps, of one moment.
#[derive(Clone, Debug)]
pub(crate) struct Files(BTreeMap<String, String>);

/// An app as its files have it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Its function's name.
    pub(crate) name: String,
    /// Its `fly.toml`.
    pub(crate) toml: FlyToml,
    /// The same, as it is written.
    pub(crate) text: String,
    /// What that cannot say.
    pub(crate) app: App,
}

impl Wanted {
    /// Whether it runs once, and ends: it has no check that anybody could wait for.
    pub(crate) fn is_one_off(&self) -> bool {
        self.toml.http_service.is_none() && self.toml.checks.is_empty()
    }
}

impl Files {
    /// Those that lie here.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn here(root: &Path) -> Result<Self, TreeError> {
        let folder = root.join(FLY);
        let read = rules::read(&folder);
        read.map(Self).map_err(|error| TreeError::Folder { folder: folder.display().to_string(), error })
    }

    /// Those of a commit.
    ///
    /// # Errors
    /// When git does not know it, or has it without these files.
    pub(crate) fn of(root: &Path, commit: &str) -> Result<Self, TreeError> {
        let names = git(root, &["ls-tree", "--name-only", commit, &format!("{FLY}/")])?;
        let tomls = names.lines().filter(|name| name.ends_with(".toml"));
        let read = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            Ok((name.to_owned(), git(root, &["show", &format!("{commit}:{path}")])?))
        };
        tomls.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Every rule that they break.
    pub(crate) fn broken(&self) -> Vec<Broken> {
        rules::broken(&self.0)
    }

    /// An app, once all files keep every rule.
    ///
    /// # Errors
    /// Every rule that any file breaks, by name; or that there is no such app.
    pub(crate) fn app(&self, name: &str) -> Result<Wanted, TreeError> {
        let broken = self.broken();
        if !broken.is_empty() {
            return Err(TreeError::Broken(broken.iter().map(ToString::to_string).collect()));
        }
        self.read(name)
    }

    /// An app, whatever rules its files break that came after them.
    ///
    /// # Errors
    /// When they cannot be understood, or there is no such app.
    pub(crate) fn read(&self, name: &str) -> Result<Wanted, TreeError> {
        let unread = |file: &str, error| TreeError::Broken(vec![format!("{file}: {error}")]);
        let file = format!("{name}.toml");
        let text = *rules::functions(&self.0).get(name).ok_or_else(|| self.unknown(name))?;
        let toml = FlyToml::parse(text).map_err(|error| unread(&file, error))?;
        let fleet = self.0.get(FLEET).map(|text| Fleet::parse(text));
        let fleet = fleet.transpose().map_err(|error| unread(FLEET, error))?;
        let app = fleet.and_then(|fleet| fleet.apps.get(name).cloned()).ok_or_else(|| self.unknown(name))?;
        Ok(Wanted { name: name.to_owned(), toml, text: text.to_owned(), app })
    }

    /// The names of all functions.
    pub(crate) fn names(&self) -> Vec<&str> {
        rules::functions(&self.0).into_keys().collect()
    }

    fn unknown(&self, name: &str) -> TreeError {
        TreeError::Unknown { name: name.to_owned(), known: self.names().join(", ") }
    }
}

/// The root of the tree that we stand in.
///
/// # Errors
/// When there is none.
pub(crate) fn root() -> Result<PathBuf, TreeError> {
    git(Path::new("."), &["rev-parse", "--show-toplevel"]).map(|root| PathBuf::from(root.trim_end()))
}

/// The commit that a name means, in full.
///
/// # Errors
/// When it means none.
pub(crate) fn commit(root: &Path, name: &str) -> Result<String, TreeError> {
    let asked = format!("{name}^{{commit}}");
    git(root, &["rev-parse", "--verify", "--end-of-options", &asked]).map(|commit| commit.trim_end().to_owned())
}

/// Whether a commit has another one in its history. Not, where git cannot say: nobody who goes back is held up by that.
pub(crate) fn holds(root: &Path, commit: &str, older: &str) -> bool {
    git(root, &["merge-base", "--is-ancestor", older, commit]).is_ok()
}

/// Whether the apps' files are those of the commit that is checked out.
///
/// # Errors
/// When git does not say.
pub(crate) fn is_clean(root: &Path) -> Result<bool, TreeError> {
    uncommitted(root, &[FLY]).map(|changed| changed.is_empty())
}

/// What is not as in the commit that is checked out, at these paths: a line each, as git tells it.
///
/// # Errors
/// When git does not say.
pub(crate) fn uncommitted(root: &Path, paths: &[&str]) -> Result<String, TreeError> {
    let mut what = vec!["status", "--porcelain", "--"];
    what.extend(paths);
    git(root, &what).map(|told| told.trim_end().to_owned())
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, TreeError> {
    let told = |said: String| TreeError::Git { what: arguments.join(" "), said };
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let output = output.map_err(|error| told(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(told(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use testbed::board::Part;

    use super::*;

    fn ours() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn files(change: impl Fn(&str, String) -> String) -> Files {
        let Files(files) = Files::here(&ours()).expect("our own");
        Files(files.into_iter().map(|(name, text)| (name.clone(), change(&name, text))).collect())
    }

    #[test]
    fn our_own_apps_are_there_and_migrate_alone_runs_once() {
        let files = files(|_, text| text);
        let mut wanted: Vec<_> = Part::functions().into_iter().map(Part::name).chain(["migrate"]).collect();
        wanted.sort_unstable();
        assert_eq!(files.names(), wanted);
        for name in files.names() {
            let wanted = files.app(name).expect(name);
            assert_eq!(wanted.is_one_off(), name == "migrate");
            assert_eq!(wanted.toml.app, testbed::board::app(name));
        }
        assert_eq!(files.app("api").expect("api").app.machines, 2);
    }

    #[test]
    fn a_broken_rule_of_any_file_is_told_by_file_and_key() {
        let broken = files(|name, text| match name {
            "api.toml" => text.replace("interval = \"2s\"", ""),
            "migrate.toml" => text.replace("policy = \"never\"", "policy = \"always\""),
            _ => text,
        });
        let told = broken.app("applications").expect_err("refused").to_string();
        assert!(told.contains("2 mistakes") && told.contains("api.toml: http_service.checks.0.interval"), "{told}");
        assert!(told.contains("migrate.toml: restart.0.policy"), "{told}");
        assert!(broken.read("api").is_ok(), "it is understood all the same");
    }

    #[test]
    fn a_name_that_is_no_apps_is_told_with_those_that_there_are() {
        let files = files(|_, text| text);
        for name in ["web", "fleet", "autoscaler", "traces", "../api", ""] {
            let told = files.app(name).expect_err(name).to_string();
            assert!(told.contains(&format!("wanted one of {}", files.names().join(", "))), "{told}");
        }
    }

    #[test]
    fn a_commits_files_are_read_from_it_and_no_commit_is_told() {
        let root = ours();
        let head = commit(&root, "HEAD").expect("a commit");
        assert_eq!(head.len(), 40);
        assert_eq!(commit(&root, &head[..10]).expect("the same"), head);
        let then = Files::of(&root, &head).expect("its files");
        assert!(then.read("api").is_ok());
        for name in ["nowhere", "--help", ""] {
            assert!(matches!(commit(&root, name), Err(TreeError::Git { .. })), "{name}");
        }
    }
}
