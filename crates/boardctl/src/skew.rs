//! `boardctl skew`: whether the functions of an older commit run on with the migrations that are here. Expand before,
//! contract after: see `migrations/README.md`.
//!
//! Two things are looked at after each new file, in a database that is made for it. Every statement of the older functions
//! is asked as the role that runs it: whether it is understood, of which types, and whether it may run. And the catalog is
//! read before and after, since a statement that may run can still be refused what it writes.

mod asked;
mod catalog;
mod header;
mod loss;
mod report;
mod schema;
mod source;
mod stage;
mod statement;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::affected::{Repository, RepositoryError};
use crate::ship::exit::Exit;
use crate::ship::runs::runs;
use schema::Schema;
use stage::Stage;

/// Older functions would break.
const BREAKS: u8 = 2;

/// Options of `boardctl skew`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "It starts a PostgreSQL of its own where there is something to ask. Exit codes: 0 they run on, 2 \
                        something breaks them (each with the migration's name), 1 nobody can say, 64 arguments or \
                        settings are wrong. --running takes the settings of `deploy`, from the environment; where nothing runs, or a \
                        commit that is not in this clone, there is nothing to ask, and it says so."
)]
pub struct Options {
    /// The older commit, as git names it.
    #[arg(long, value_name = "REV", required_unless_present = "running")]
    pub since: Option<String>,
    /// Ask the machines of this function which commit runs.
    #[arg(long, value_name = "FUNCTION", conflicts_with_all = ["since", "workspace"])]
    pub running: Option<String>,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
    /// The workspace.
    #[arg(long, default_value = ".")]
    pub workspace: PathBuf,
}

/// Why nobody can say.
#[derive(Debug, thiserror::Error)]
pub enum SkewError {
    /// Git does not answer.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// There is no such commit here.
    #[error("{0} is not in this clone: fetch it first")]
    NoCommit(String),
    /// A file cannot be read.
    #[error("{0} cannot be read")]
    File(PathBuf, #[source] std::io::Error),
    /// There is no server to ask.
    #[error(transparent)]
    Testbed(#[from] testbed::Error),
    /// The older schema is not to be had.
    #[error("{0} of the older commit does not run")]
    Older(String, #[source] tokio_postgres::Error),
    /// The server does not answer.
    #[error("PostgreSQL does not answer")]
    Server(#[source] tokio_postgres::Error),
    /// The machines do not say what runs.
    #[error("{0}")]
    Running(String),
    /// They were not asked, and no second try helps.
    #[error("{0}")]
    Misconfigured(String),
}

/// What was asked, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The older commit.
    pub since: String,
    /// The files that are new or another here, in order; none where there was nothing to ask.
    pub steps: Vec<String>,
    /// How many statements were asked after each, once for each role.
    pub asked: usize,
    /// What could not be asked, and why. For these the catalog alone speaks.
    pub unasked: Vec<String>,
    /// What breaks older functions.
    pub refused: Vec<Refusal>,
}

/// A file that breaks older functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The migration, or `grants.sql`.
    pub name: String,
    /// What it breaks.
    pub what: String,
}

impl Report {
    /// Whether older functions run on.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.refused.is_empty()
    }
}

/// Asks, and says what came of it.
///
/// # Errors
/// When it cannot be known.
pub async fn run(options: &Options) -> Result<ExitCode, SkewError> {
    let since = match options.clone().commit().await {
        Err(error @ SkewError::Misconfigured(_)) => {
            eprintln!("boardctl: {error}");
            return Ok(Exit::Misconfigured.into());
        }
        Ok(None) => {
            println!("nothing runs whose commit is known");
            return Ok(ExitCode::SUCCESS);
        }
        commit => commit?.unwrap_or_default(),
    };
    let report = match report(options, &since).await {
        Err(unknown @ SkewError::NoCommit(_)) if options.running.is_some() => {
            println!("nobody can say what runs on: {unknown}");
            return Ok(ExitCode::SUCCESS);
        }
        report => report?,
    };
    report::print(&report, options.json);
    Ok(if report.fits() { ExitCode::SUCCESS } else { BREAKS.into() })
}

impl Options {
    /// The older commit: the one that was named, or what runs.
    async fn commit(self) -> Result<Option<String>, SkewError> {
        let Some(function) = self.running else { return Ok(self.since) };
        let runs = runs(&function).await.map_err(|last| match last.exit {
            Exit::Misconfigured => SkewError::Misconfigured(last.told),
            _ => SkewError::Running(last.told),
        })?;
        Ok(runs.commit)
    }
}

async fn report(options: &Options, since: &str) -> Result<Report, SkewError> {
    let repository = Repository::open(&options.workspace)?;
    let commit = repository.commit(since)?.ok_or_else(|| SkewError::NoCommit(since.to_owned()))?;
    let (older, newer) = (Schema::of(&repository, &commit)?, Schema::here(&options.workspace)?);
    let edited = newer.edited(&older);
    if !edited.is_empty() || older == newer {
        let refused = edited.into_iter().map(|(name, what)| Refusal { name, what }).collect();
        return Ok(Report { since: commit, refused, ..Report::default() });
    }
    let roles: Vec<String> = older.roles().into_iter().collect();
    let statements = statement::read(&repository, &commit, &roles)?;
    let is_new = |(name, _): &(&String, &String)| !older.migrations.contains_key(*name);
    let steps: Vec<(String, String)> =
        newer.migrations.iter().filter(is_new).map(|(name, text)| (name.clone(), text.clone())).collect();
    let reached =
        |wanted: &str| Ok(repository.commit(wanted)? == Some(commit.clone()) || repository.holds(&commit, wanted)?);
    let run_time =
        statements.made_at_run_time.iter().map(|file| format!("{file}: puts statements together as it runs"));
    let run_time: Vec<String> = run_time.collect();
    let mut report = Stage::set(&older, &newer, statements.known).await?.play(&newer, &steps, &reached).await?;
    report.unasked.extend(run_time);
    Ok(Report { since: commit, ..report })
}
