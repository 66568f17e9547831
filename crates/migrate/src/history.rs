//! What the database says was applied, against what this binary knows.

use refinery::Migration;
use tokio_postgres::Client;

use crate::Error;

/// A row of `refinery_schema_history`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) version: i32,
    pub(crate) name: String,
    pub(crate) checksum: String,
}

/// Why a history is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Applied with another name or text than the binary has.
    #[error(
        "{known} was applied as {applied} with another text: a migration is never edited once it was applied; restore \
         its file and write the change as a new one"
    )]
    Edited {
        /// As the binary has it.
        known: String,
        /// As the database has it.
        applied: String,
    },
    /// Applied, unknown here, and older than one that is known.
    #[error(
        "{unknown} was applied, and this migrate does not know it, though it has the later {newest}: a migration is \
         never deleted or renumbered once it was applied; restore its file"
    )]
    Unknown {
        /// As the database has it.
        unknown: String,
        /// The newest that the binary has.
        newest: String,
    },
    /// Known here, never applied, and older than one that was.
    #[error("{missing} was never applied, but the later {newest} was: give it a number of its own after {newest}")]
    Skipped {
        /// As the binary has it.
        missing: String,
        /// The newest that was applied.
        newest: String,
    },
}

/// Reads the history; an empty database has none.
pub(crate) async fn read(client: &Client) -> Result<Vec<Applied>, Error> {
    let refused = || Error::refused("read the history of migrations");
    let row = client
        .query_one("SELECT to_regclass('public.refinery_schema_history') IS NOT NULL", &[])
        .await
        .map_err(refused())?;
    if !row.try_get::<_, bool>(0).map_err(refused())? {
        return Ok(Vec::new());
    }
    let rows = client
        .query(
            "SELECT version, coalesce(name, '') AS name, coalesce(checksum, '') AS checksum
             FROM public.refinery_schema_history ORDER BY version",
            &[],
        )
        .await
        .map_err(refused())?;
    let applied = rows
        .iter()
        .map(|row| Ok(Applied { version: row.try_get(0)?, name: row.try_get(1)?, checksum: row.try_get(2)? }));
    applied.collect::<Result<_, _>>().map_err(refused())
}

/// Where a database stands that this binary may meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// These are still to be applied, in order; perhaps none.
    Here(Vec<Migration>),
    /// It has all that is known here, and then these, in order.
    Ahead(Vec<String>),
}

/// Where the database stands; or everything that is wrong with its history.
pub(crate) fn judge(applied: &[Applied], known: &[Migration]) -> Result<Standing, Vec<Fault>> {
    let newest = applied.iter().max_by_key(|row| row.version);
    let last = known.iter().max();
    let is_beyond = |row: &&Applied| last.is_none_or(|last| last.version() < row.version);
    let (beyond, within): (Vec<&Applied>, Vec<&Applied>) = applied.iter().partition(is_beyond);
    let mut faults: Vec<Fault> = within.into_iter().filter_map(|row| fault(row, known)).collect();
    let mut pending: Vec<Migration> = known
        .iter()
        .filter(|migration| applied.iter().all(|row| row.version != migration.version()))
        .cloned()
        .collect();
    pending.sort();
    if let Some(newest) = newest {
        let skipped = pending.iter().filter(|migration| migration.version() < newest.version);
        faults.extend(skipped.map(|migration| Fault::Skipped {
            missing: label(migration),
            newest: file_stem(newest.version, &newest.name),
        }));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut ahead: Vec<String> = beyond.iter().map(|row| file_stem(row.version, &row.name)).collect();
    ahead.sort();
    Ok(if ahead.is_empty() { Standing::Here(pending) } else { Standing::Ahead(ahead) })
}

/// What is wrong with a row that is not newer than all that is known.
fn fault(row: &Applied, known: &[Migration]) -> Option<Fault> {
    let applied = file_stem(row.version, &row.name);
    let Some(migration) = known.iter().find(|migration| migration.version() == row.version) else {
        let newest = known.iter().max().map_or_else(String::new, label);
        return Some(Fault::Unknown { unknown: applied, newest });
    };
    let same = migration.name() == row.name && migration.checksum().to_string() == row.checksum;
    (!same).then(|| Fault::Edited { known: label(migration), applied })
}

/// What a person calls a migration: its file's name without the ending.
pub(crate) fn label(migration: &Migration) -> String {
    file_stem(migration.version(), migration.name())
}

fn file_stem(version: i32, name: &str) -> String {
    format!("V{version:04}__{name}")
}

#[cfg(test)]
mod tests;
