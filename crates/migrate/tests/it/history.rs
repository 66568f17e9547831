//! A history that is not ours is refused, one that is ahead of ours is fine, and nothing is changed.

use super::support::{Database, Run, migrations, run};

/// Spoils a migrated database, runs, and gives back what was told after a look that nothing was changed.
async fn refused(spoil: &str) -> String {
    let run = unchanged(spoil).await;
    let output = run.failed(1);
    assert!(output.contains("nothing was changed:"), "{output}");
    output
}

/// The same, however it ends.
async fn unchanged(spoil: &str) -> Run {
    let database = Database::migrated().await;
    // A right that every run takes away that sets the rights.
    database.execute(&format!("{spoil}; GRANT SELECT (letter) ON applications TO board_api")).await;
    let before = database.dump().await;
    let run = run(&database.program()).await;
    assert_eq!(database.dump().await, before);
    run
}

const NEWER: &str = "INSERT INTO refinery_schema_history VALUES (9999, 'add_salary', '2030-01-01T00:00:00Z', '7')";

#[tokio::test]
async fn an_edited_migration_is_refused_by_name() {
    let output = refused("UPDATE refinery_schema_history SET checksum = '7' WHERE version = 2").await;
    assert!(output.contains("V0002__create_outbox was applied as V0002__create_outbox with another text"), "{output}");
}

#[tokio::test]
async fn a_renamed_migration_is_refused_with_both_names() {
    let output = refused("UPDATE refinery_schema_history SET name = 'create_bord' WHERE version = 1").await;
    assert!(output.contains("V0001__create_board was applied as V0001__create_bord"), "{output}");
}

#[tokio::test]
async fn a_database_that_is_ahead_is_fine_and_nothing_of_it_is_changed() {
    let output = unchanged(NEWER).await.succeeded();
    let told = "the database is ahead of this migrate, by V9999__add_salary: nothing was changed, the rights neither";
    assert!(output.contains(told), "{output}");
    assert!(!output.contains("set the rights"), "{output}");
}

#[tokio::test]
async fn a_database_that_is_ahead_of_an_edited_migration_is_refused() {
    let spoil = format!("{NEWER}; UPDATE refinery_schema_history SET checksum = '7' WHERE version = 2");
    let output = refused(&spoil).await;
    assert!(output.contains("V0002__create_outbox was applied as V0002__create_outbox with another text"), "{output}");
}

#[tokio::test]
async fn a_migration_that_has_no_file_any_more_is_refused() {
    // As if the binary lacked it: between two that it has.
    let spoil = "INSERT INTO refinery_schema_history VALUES (0, 'add_pay', '2030-01-01T00:00:00Z', '7')";
    let output = refused(spoil).await;
    assert!(output.contains("V0000__add_pay was applied, and this migrate does not know it"), "{output}");
    assert!(output.contains("restore its file"), "{output}");
}

#[tokio::test]
async fn what_a_database_that_is_ahead_lacks_is_refused() {
    let latest = migrations().len();
    let spoil = format!("{NEWER}; DELETE FROM refinery_schema_history WHERE version = {latest}");
    let output = refused(&spoil).await;
    assert!(output.contains("was never applied, but the later V9999__add_salary was"), "{output}");
}

#[tokio::test]
async fn a_migration_that_was_passed_over_is_refused() {
    let output = refused("DELETE FROM refinery_schema_history WHERE version = 1").await;
    let latest = migrations().pop().expect("there are some");
    let told = format!("V0001__create_board was never applied, but the later {latest} was");
    assert!(output.contains(&told), "{output}");
}

#[tokio::test]
async fn a_row_without_a_checksum_is_refused() {
    let output = refused("UPDATE refinery_schema_history SET checksum = NULL, name = NULL").await;
    assert!(output.contains("V0001__create_board") && output.contains("V0002__create_outbox"), "{output}");
}
