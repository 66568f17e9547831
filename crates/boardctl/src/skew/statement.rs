//! The statements of a commit's functions, from its sources.

use std::collections::BTreeSet;

use super::SkewError;
use super::source;
use crate::affected::Repository;

/// The crates that functions are built of, beside their own.
const SHARED: [&str; 2] = ["contracts", "platform"];

/// SQL, where it stands, and who may run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) file: String,
    pub(super) sql: String,
    /// Group roles; of a shared crate's statement any of them.
    pub(super) roles: Vec<String>,
}

/// What stands in the sources of a commit.
#[derive(Debug, Default)]
pub(super) struct Statements {
    pub(super) known: Vec<Statement>,
    /// Files with statements that are put together at run time.
    pub(super) made_at_run_time: BTreeSet<String>,
}

/// The statements of every function that has a role in this commit, and of what they share.
pub(super) fn read(repository: &Repository, commit: &str, roles: &[String]) -> Result<Statements, SkewError> {
    let mut all = Statements::default();
    for role in roles {
        let name = role.trim_start_matches("board_").replace('_', "-");
        all.take(repository, commit, &name, std::slice::from_ref(role))?;
    }
    for name in SHARED {
        all.take(repository, commit, name, roles)?;
    }
    Ok(all)
}

impl Statements {
    fn take(&mut self, repository: &Repository, commit: &str, name: &str, roles: &[String]) -> Result<(), SkewError> {
        for file in repository.files_that_say(commit, source::VERBS, &format!("crates/{name}/src"))? {
            if file.ends_with("/tests.rs") || file.contains("/tests/") {
                continue;
            }
            let text = repository.file(commit, &file)?.unwrap_or_default();
            let found = match file.rsplit_once('.') {
                Some((_, "sql")) => source::Found { statements: vec![text], is_more: false },
                Some((_, "rs")) => source::statements(&text),
                _ => continue,
            };
            if found.is_more {
                self.made_at_run_time.insert(file.clone());
            }
            let statement = |sql| Statement { file: file.clone(), sql, roles: roles.to_vec() };
            self.known.extend(found.statements.into_iter().map(statement));
        }
        Ok(())
    }
}
