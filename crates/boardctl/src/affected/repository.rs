//! What git and cargo say of the workspace, each asked by its own program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use deploy::affected::{Change, Standing, is_read};

/// What our images run on: dependencies of other systems alone are nobody's.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Why git or cargo did not answer.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// It did not start.
    #[error("{program} cannot be started")]
    NotStarted {
        /// Which.
        program: &'static str,
        /// Why not.
        #[source]
        error: std::io::Error,
    },
    /// It failed.
    #[error("{program} {what}: {told}")]
    Failed {
        /// Which.
        program: &'static str,
        /// What it was asked.
        what: String,
        /// What it says.
        told: String,
    },
    /// It has no commit.
    #[error("{0} is no clone with a commit")]
    NoCommit(PathBuf),
    /// It ends before what runs may begin.
    #[error("{0} is a shallow clone, in which nobody can say which commit is older: git fetch --unshallow")]
    Shallow(PathBuf),
}

/// A clone, and the workspace in it.
pub(crate) struct Repository {
    folder: PathBuf,
    head: String,
}

impl Repository {
    pub(crate) fn open(folder: &Path) -> Result<Self, RepositoryError> {
        let none = Self { folder: folder.to_owned(), head: String::new() };
        let head = none.commit("HEAD")?.ok_or_else(|| RepositoryError::NoCommit(folder.to_owned()))?;
        // What lies beyond its border would look unknown, or as if it had no part in what is here.
        if none.git_says(&["rev-parse", "--is-shallow-repository"])?.trim() == "true" {
            return Err(RepositoryError::Shallow(folder.to_owned()));
        }
        Ok(Self { head, ..none })
    }

    /// The commit that is checked out.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    /// The commit of this name; `None` where it is not in the clone.
    pub(crate) fn commit(&self, rev: &str) -> Result<Option<String>, RepositoryError> {
        let rev = format!("{rev}^{{commit}}");
        let what = ["rev-parse", "--verify", "--quiet", "--end-of-options", &rev];
        let output = self.git(&what)?;
        match output.status.code() {
            Some(0) => Ok(Some(text(&output.stdout).trim().to_owned())),
            Some(1) => Ok(None),
            _ => Err(failed("git", &what, &output)),
        }
    }

    /// How what is checked out stands to this commit.
    pub(crate) fn standing(&self, commit: &str) -> Result<Standing, RepositoryError> {
        if commit == self.head {
            return Ok(Standing::Same);
        }
        let (after, before) = (self.holds(&self.head, commit)?, self.holds(commit, &self.head)?);
        Ok(match (after, before) {
            (true, _) => Standing::After,
            (false, true) => Standing::Before,
            (false, false) => Standing::Apart,
        })
    }

    /// Whether `newer` is in the clone and holds `older`, which is, too, and is another.
    pub(crate) fn holds(&self, newer: &str, older: &str) -> Result<bool, RepositoryError> {
        let (Some(newer), Some(older)) = (self.commit(newer)?, self.commit(older)?) else { return Ok(false) };
        let output = self.git(&["merge-base", "--is-ancestor", &older, &newer])?;
        match output.status.code() {
            Some(0) => Ok(newer != older),
            Some(1) => Ok(false),
            _ => Err(failed("git", &["merge-base"], &output)),
        }
    }

    /// Every file of the workspace that is another here than in this commit.
    pub(crate) fn changes(&self, commit: &str) -> Result<Vec<Change>, RepositoryError> {
        let known = self.git_says(&["diff", "--name-only", "--no-renames", "--relative", "-z", commit, "--"])?;
        let new = self.git_says(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        let paths = known.split('\0').chain(new.split('\0')).filter(|path| !path.is_empty());
        let change = |path: &str| {
            let (mut before, mut after) = (None, None);
            if is_read(path) {
                before = self.file(commit, path)?;
                after = std::fs::read_to_string(self.folder.join(path)).ok();
            }
            Ok(Change { path: path.to_owned(), before, after })
        };
        paths.map(change).collect()
    }

    /// The files of a commit in this folder.
    pub(crate) fn files(&self, commit: &str, folder: &str) -> Result<Vec<String>, RepositoryError> {
        let told = self.git_says(&["ls-tree", "-r", "-z", "--name-only", commit, "--", folder])?;
        Ok(told.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// Those of them that have one of these words.
    pub(crate) fn files_that_say(
        &self,
        commit: &str,
        words: [&str; 6],
        folder: &str,
    ) -> Result<Vec<String>, RepositoryError> {
        let (either, prefix) = (words.join("|"), format!("{commit}:"));
        let what = ["grep", "-l", "-z", "-w", "-E", &either, commit, "--", folder];
        let output = self.git(&what)?;
        match output.status.code() {
            Some(0 | 1) => {}
            _ => return Err(failed("git", &what, &output)),
        }
        let told = text(&output.stdout);
        Ok(told.split('\0').filter_map(|path| path.strip_prefix(&prefix)).map(str::to_owned).collect())
    }

    /// A file as a commit has it.
    pub(crate) fn file(&self, commit: &str, path: &str) -> Result<Option<String>, RepositoryError> {
        let output = self.git(&["show", &format!("{commit}:./{path}")])?;
        Ok(output.status.success().then(|| text(&output.stdout)))
    }

    /// What cargo says of the workspace, with its dependencies.
    pub(crate) fn metadata(&self) -> Result<String, RepositoryError> {
        let what = ["metadata", "--format-version=1", "--locked", "--filter-platform", TRIPLE];
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(program).args(what).current_dir(&self.folder).output();
        let output = output.map_err(|error| RepositoryError::NotStarted { program: "cargo", error })?;
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(failed("cargo", &what[..1], &output)) }
    }

    fn git(&self, what: &[&str]) -> Result<Output, RepositoryError> {
        let output = Command::new("git").arg("-C").arg(&self.folder).args(what).output();
        output.map_err(|error| RepositoryError::NotStarted { program: "git", error })
    }

    fn git_says(&self, what: &[&str]) -> Result<String, RepositoryError> {
        let output = self.git(what)?;
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(failed("git", what, &output)) }
    }
}

fn failed(program: &'static str, what: &[&str], output: &Output) -> RepositoryError {
    RepositoryError::Failed { program, what: what.join(" "), told: text(&output.stderr).trim().to_owned() }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
