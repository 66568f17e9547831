//! `boardctl affected`: which functions a change affects, and for one function whether this commit is to be shipped.
//!
//! What is asked about is what a build here would take: the files as they are, whether committed or not.

mod report;
mod repository;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use deploy::affected::{Base, Decision, Reason, Refused, Workspace, affected, decide};

use crate::ship::exit::Exit;
use crate::ship::runs::{Runs, runs};
pub(crate) use repository::Repository;
pub use repository::RepositoryError;

/// Nothing of the function is another than what runs, or than what was refused.
const NOTHING_TO_SHIP: u8 = 3;
/// The commit is older than what runs.
const OLDER: u8 = 4;

/// Options of `boardctl affected`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Without FUNCTION it prints those that are to be shipped, a line each. With it, the exit code says \
                        it: 0 ship, 3 nothing to ship (it is what runs, or what was refused), 4 the commit is older than \
                        what runs; 1 nobody can say, 64 arguments or settings are wrong. A REV that is not in this clone, or that is empty, is as if \
                        everything had changed: fetch before you ask. --running takes the settings of `deploy`, from the \
                        environment."
)]
pub struct Options {
    /// Only this one.
    pub function: Option<String>,
    /// What runs: a commit, as git names it.
    #[arg(
        long,
        value_name = "REV",
        required_unless_present = "running",
        default_value = "",
        hide_default_value = true
    )]
    pub since: String,
    /// Ask the machines of FUNCTION what runs, and what was refused.
    #[arg(long, requires = "function", conflicts_with_all = ["since", "refused", "workspace"])]
    pub running: bool,
    /// With --running: to be shipped even if it was this very commit that was refused.
    #[arg(long, requires = "running", conflicts_with_all = ["since", "refused"])]
    pub again: bool,
    /// What failed beside it and was taken back: if that is the newer one, a change has to touch what was refused.
    #[arg(long, value_name = "REV")]
    pub refused: Option<String>,
    /// Say why.
    #[arg(long)]
    pub why: bool,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
    /// The workspace.
    #[arg(long, default_value = ".")]
    pub workspace: PathBuf,
}

/// Why nobody can say what is affected.
#[derive(Debug, thiserror::Error)]
pub enum AffectedError {
    /// Git or cargo does not answer.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The workspace is not understood.
    #[error(transparent)]
    Workspace(#[from] deploy::affected::Error),
    /// There is no such app.
    #[error("fly/ has no {0}.toml, only those of {1}")]
    NoFunction(String, String),
    /// The machines do not say what runs.
    #[error("{0}")]
    Running(String),
    /// They were not asked, and no second try helps.
    #[error("{0}")]
    Misconfigured(String),
}

/// Decides, and says so.
///
/// # Errors
/// When it cannot be known.
pub async fn run(options: &Options) -> Result<ExitCode, AffectedError> {
    let options = &match options.clone().answered().await {
        Err(error @ AffectedError::Misconfigured(_)) => {
            eprintln!("boardctl: {error}");
            return Ok(Exit::Misconfigured.into());
        }
        answered => answered?,
    };
    let repository = Repository::open(&options.workspace)?;
    let workspace = Workspace::read(&repository.metadata()?)?;
    let mut decisions = decisions(&repository, &workspace, options)?;
    if let Some(function) = &options.function {
        let names: Vec<&str> = decisions.keys().map(String::as_str).collect();
        if !names.contains(&function.as_str()) {
            return Err(AffectedError::NoFunction(function.clone(), names.join(", ")));
        }
        decisions.retain(|name, _| name == function);
    }
    report::print(&decisions, options);
    Ok(match decisions.values().next().filter(|_| options.function.is_some()) {
        None | Some(Decision::Ship { .. }) => ExitCode::SUCCESS,
        Some(Decision::Untouched | Decision::RefusedBefore { .. }) => NOTHING_TO_SHIP.into(),
        Some(Decision::Older { .. }) => OLDER.into(),
    })
}

impl Options {
    /// With what the machines answer, where they are to be asked.
    async fn answered(mut self) -> Result<Self, AffectedError> {
        if let Some(function) = self.function.as_deref().filter(|_| self.running) {
            let Runs { commit, refused } = runs(function).await.map_err(|last| match last.exit {
                Exit::Misconfigured => AffectedError::Misconfigured(last.told),
                _ => AffectedError::Running(last.told),
            })?;
            let head = Repository::open(&self.workspace)?.head().to_owned();
            self.since = commit.unwrap_or_default();
            // Of this very commit alone: what others changed, and was refused, is not brought back by the way.
            self.refused = refused.filter(|refused| !(self.again && head.starts_with(refused)));
        }
        Ok(self)
    }
}

fn decisions(
    repository: &Repository,
    workspace: &Workspace,
    options: &Options,
) -> Result<BTreeMap<String, Decision>, AffectedError> {
    let runs = Seen::of(repository, workspace, &options.since)?;
    let refused = options.refused.as_ref().map(|rev| Seen::of(repository, workspace, rev)).transpose()?;
    let is_newer = match &options.refused {
        Some(refused) => repository.holds(refused, &options.since)?,
        None => false,
    };
    let decision = |name: &String| {
        let refused = refused.as_ref().map(|seen| Refused { base: seen.base(name), is_newer });
        (name.clone(), decide(runs.base(name), refused))
    };
    Ok(workspace.apps.iter().map(decision).collect())
}

/// A commit, and what is another here for each function.
struct Seen {
    commit: String,
    seen: Result<(deploy::affected::Standing, BTreeMap<String, Vec<Reason>>), String>,
}

impl Seen {
    fn of(repository: &Repository, workspace: &Workspace, rev: &str) -> Result<Self, RepositoryError> {
        let Some(commit) = repository.commit(rev)? else {
            let why = if rev.is_empty() {
                "it is not known which commit runs".to_owned()
            } else {
                format!("{rev} is not in this clone")
            };
            return Ok(Self { commit: rev.to_owned(), seen: Err(why) });
        };
        let all = affected(workspace, &repository.changes(&commit)?);
        Ok(Self { seen: Ok((repository.standing(&commit)?, all)), commit })
    }

    fn base(&self, function: &str) -> Base {
        let own = |all: &BTreeMap<String, Vec<Reason>>| all.get(function).cloned().unwrap_or_default();
        let seen = self.seen.as_ref().map(|(standing, all)| (*standing, own(all))).map_err(Clone::clone);
        Base { commit: self.commit.clone(), seen }
    }
}
