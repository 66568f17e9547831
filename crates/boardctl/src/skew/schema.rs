//! The files that make a schema, of a commit or as they are here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::SkewError;
use crate::affected::Repository;

/// Where they stand.
const FOLDER: &str = "migrations";
/// The file of rights.
pub(super) const GRANTS: &str = "grants.sql";

/// Migrations in order, each by its file's name without the ending; and the rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schema {
    pub(super) migrations: BTreeMap<String, String>,
    pub(super) grants: String,
}

impl Schema {
    /// That of a commit.
    pub(super) fn of(repository: &Repository, commit: &str) -> Result<Self, SkewError> {
        let mut schema = Self::default();
        for path in repository.files(commit, FOLDER)? {
            schema.take(&path, repository.file(commit, &path)?.unwrap_or_default());
        }
        Ok(schema)
    }

    /// That of these files, whether committed or not.
    pub(super) fn here(workspace: &Path) -> Result<Self, SkewError> {
        let folder = workspace.join(FOLDER);
        let cannot = |error| SkewError::File(folder.clone(), error);
        let mut schema = Self::default();
        for entry in std::fs::read_dir(&folder).map_err(cannot)? {
            let path = entry.map_err(cannot)?.path();
            if path.extension().is_some_and(|it| it == "sql") {
                schema.take(&path.to_string_lossy(), std::fs::read_to_string(&path).map_err(cannot)?);
            }
        }
        Ok(schema)
    }

    fn take(&mut self, path: &str, text: String) {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        match name.strip_suffix(".sql") {
            _ if name == GRANTS => self.grants = text,
            Some(stem) if stem.starts_with('V') => drop(self.migrations.insert(stem.to_owned(), text)),
            _ => {}
        }
    }

    /// The group roles that the rights name.
    pub(super) fn roles(&self) -> BTreeSet<String> {
        let code = self.grants.lines().filter(|line| !line.trim_start().starts_with("--"));
        let words = code.flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')));
        words.filter(|word| word.starts_with("board_")).map(str::to_owned).collect()
    }

    /// Those of `older` that are not as they were, with what is wrong with each. What comes after all that is here is
    /// newer than this, and no matter.
    pub(super) fn edited(&self, older: &Self) -> Vec<(String, String)> {
        let newest = self.migrations.keys().next_back();
        let wrong = older.migrations.iter().filter_map(|(name, text)| match self.migrations.get(name) {
            None if newest.is_none_or(|newest| newest < name) => None,
            None => Some((name.clone(), "it is gone, renamed or renumbered: restore its file".to_owned())),
            Some(here) if here != text => {
                Some((name.clone(), "it was edited: write the change as a new one".to_owned()))
            }
            Some(_) => None,
        });
        wrong.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(names: &[&str]) -> Schema {
        let mut schema = Schema::default();
        for name in names {
            schema.take(&format!("migrations/{name}.sql"), format!("-- {name}"));
        }
        schema
    }

    #[test]
    fn what_was_edited_or_deleted_is_told_and_what_is_new_is_not() {
        let older = schema(&["V0001__a", "V0002__b"]);
        assert!(schema(&["V0001__a", "V0002__b", "V0003__c"]).edited(&older).is_empty());
        assert!(schema(&["V0001__a"]).edited(&older).is_empty(), "the database is ahead");
        assert!(schema(&["V0001__a", "V0003__c"]).edited(&older)[0].1.contains("restore its file"));
        let mut edited = older.clone();
        edited.take("V0001__a.sql", "-- x".to_owned());
        assert_eq!(edited.edited(&older)[0].0, "V0001__a");
    }

    #[test]
    fn roles_are_those_that_the_rights_name() {
        let mut schema = Schema::default();
        schema.take("grants.sql", "-- board_nobody\nGRANT SELECT ON a TO board_api, board_web;".to_owned());
        assert_eq!(Vec::from_iter(schema.roles()), ["board_api", "board_web"]);
    }
}
