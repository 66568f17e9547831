//! The migrations, which are inside of the binary, and how the new ones are applied.

use std::time::Instant;

use refinery::{Migration, Target};
use tokio_postgres::Client;

use crate::history::{self, Standing, label};
use crate::lock::Tries;
use crate::{Done, Error, MigrateSettings, Say, ServerError};

mod embedded {
    refinery::embed_migrations!("../../migrations");
}

/// Applies what is new, each in a transaction of its own with its row of the history.
pub(crate) async fn advance(client: &mut Client, settings: &MigrateSettings, say: Say<'_>) -> Result<Done, Error> {
    let known = embedded::migrations::runner().get_migrations().clone();
    let applied = history::read(client).await?;
    let pending = match history::judge(&applied, &known).map_err(Error::History)? {
        Standing::Here(pending) => pending,
        Standing::Ahead(ahead) => return Ok(Done { applied: Vec::new(), ahead }),
    };
    let mut done = Vec::new();
    for migration in &pending {
        let name = label(migration);
        let began = Instant::now();
        let mut tries = Tries::new(settings, say);
        while let Err(error) = apply(client, migration).await {
            let refusal = ServerError::of_refinery(&error);
            if !tries.another(&name, refusal.is_busy()).await {
                return Err(Error::Migration { name, refusal });
            }
        }
        say(&format!("applied {name} in {} ms", began.elapsed().as_millis()));
        done.push(name);
    }
    let newest = known.iter().max().map_or_else(|| "empty".to_owned(), label);
    say(&format!("the schema is at {newest}; new: {}, there before: {}", done.len(), applied.len()));
    Ok(Done { applied: done, ahead: Vec::new() })
}

/// Up to this one, which is the next: so that each is told with its time.
async fn apply(client: &mut Client, migration: &Migration) -> Result<(), refinery::Error> {
    let runner = embedded::migrations::runner().set_target(Target::Version(migration.version()));
    runner.run_async(client).await.map(drop)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn files() -> BTreeSet<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
        let entries = std::fs::read_dir(folder).expect("the folder is there");
        let names = entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned());
        names.filter(|name| name != "grants.sql" && name != "README.md").collect()
    }

    fn known() -> Vec<Migration> {
        let mut known = embedded::migrations::runner().get_migrations().clone();
        known.sort();
        known
    }

    #[test]
    fn every_file_is_in_the_binary_under_its_own_name() {
        let names: BTreeSet<String> = known().iter().map(|migration| format!("{}.sql", label(migration))).collect();
        assert_eq!(names, files());
    }

    #[test]
    fn versions_count_up_from_one_without_a_gap() {
        let versions: Vec<i32> = known().iter().map(Migration::version).collect();
        let count = i32::try_from(versions.len()).expect("there are few");
        assert_eq!(versions, (1..=count).collect::<Vec<_>>());
    }

    #[test]
    fn no_migration_ends_its_own_transaction() {
        for migration in known() {
            let sql = migration.sql().expect("it has a text").to_uppercase();
            let ends = sql.lines().find(|line| line.starts_with("COMMIT") || line.starts_with("ROLLBACK"));
            assert_eq!(ends, None, "{}", label(&migration));
        }
    }
}
