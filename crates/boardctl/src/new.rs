//! `boardctl new`: one more function, whole. It has a crate with a route or a loop and with tests, a file in `fly/`, an entry
//! in `fleet.toml`, a role and its rights; the board, the rehearsals and the pipeline find it there by themselves.

mod name;
mod plan;
mod report;
mod template;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use deploy::rules;

use crate::ship::tree::{self, TreeError};

pub use name::{BadName, Name};
pub use plan::{Plan, Refused, Tree};
pub use template::Kind;

/// Options of `boardctl new`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "All of it is written, or nothing: not where the name is taken, where a file that it changes has \
                        changes of yours that are not committed, or where the database has no room for its connections. \
                        It says at last what a person still has to write. `git` takes it back."
)]
pub struct Options {
    /// Its name: small letters and digits, in words with a hyphen between them.
    pub name: Name,
    /// What it does.
    #[arg(long)]
    pub kind: Kind,
    /// Write nothing, and say what would be written.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Why there is no new function.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// There is no tree to put it into.
    #[error("{0}")]
    Tree(String),
    /// It does not fit into that.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What somebody is at would be mixed with it.
    #[error("there are changes that are not committed: wanted them committed, or put away, first\n{0}")]
    Dirty(String),
    /// A file cannot be read or written. What was written is gone again.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] std::io::Error),
}

impl From<TreeError> for NewError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error.to_string())
    }
}

/// Makes it.
///
/// # Errors
/// When it does not fit; nothing is written then.
pub fn run(options: &Options) -> Result<ExitCode, NewError> {
    let Options { name, kind, dry_run, json } = options;
    let root = tree::root()?;
    let plan = Plan::of(name, *kind, &Tree::read(&root)?)?;
    let mut touched: Vec<&str> = plan.changed.keys().map(String::as_str).collect();
    let folder = format!("crates/{name}");
    touched.extend([&folder, "Cargo.lock"]);
    let dirty = tree::uncommitted(&root, &touched)?;
    if !dirty.is_empty() {
        return Err(NewError::Dirty(dirty));
    }
    if !dry_run {
        write(&root, &plan)?;
    }
    let locked = *dry_run || lock(&root);
    if *json {
        println!("{}", report::json(name, *kind, &plan, locked));
    } else {
        println!("{}", report::text(name, *kind, &plan, locked));
    }
    Ok(ExitCode::SUCCESS)
}

impl Tree {
    /// What there is in this tree.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(root: &Path) -> Result<Self, NewError> {
        let failed = |path: PathBuf| |error| NewError::File(path, error);
        let text = |path: &str| std::fs::read_to_string(root.join(path)).map_err(failed(root.join(path)));
        let fly = rules::read(&root.join("fly")).map_err(failed(root.join("fly")))?;
        let name = |line: &str| Some(line.strip_prefix("name = \"")?.trim_end_matches('"').to_owned());
        let crates = text("Cargo.lock")?.lines().filter_map(name).collect();
        Ok(Self { fly, grants: text(plan::GRANTS)?, crates })
    }
}

/// All of it, or nothing: what was written before a failure is taken back.
fn write(root: &Path, plan: &Plan) -> Result<(), NewError> {
    let mut before = Vec::new();
    for (path, text) in plan.made.iter().chain(&plan.changed) {
        let path = root.join(path);
        let was = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                take_back(&before);
                return Err(NewError::File(path, error));
            }
        };
        let folder = path.parent().unwrap_or(root);
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        before.push((path.clone(), was));
        if let Err(error) = written {
            take_back(&before);
            return Err(NewError::File(path, error));
        }
    }
    Ok(())
}

fn take_back(before: &[(PathBuf, Option<String>)]) {
    for (path, was) in before.iter().rev() {
        // The first failure is what a person is told of.
        let _ = match was {
            Some(text) => std::fs::write(path, text),
            None => std::fs::remove_file(path),
        };
        // Folders that are empty now; others stay.
        let _ = path.parent().map(std::fs::remove_dir);
    }
}

/// Whether cargo wrote the new crate into its lock file, with nothing else changed.
fn lock(root: &Path) -> bool {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["update", "--workspace", "--offline", "--quiet"]).current_dir(root);
    command.output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests;
