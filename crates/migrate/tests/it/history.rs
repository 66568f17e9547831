//! A history that is not ours is refused, and nothing is changed.

use super::support::{Database, migrations, run};

/// Spoils a migrated database, runs, and gives back what was told after a look that nothing was changed.
async fn refused(spoil: &str) -> String {
    let database = Database::migrated().await;
    // A right that every accepted run takes away shows that a refused one does not come so far.
    database.execute(&format!("{spoil}; GRANT SELECT (letter) ON applications TO board_api")).await;
    let before = database.dump().await;
    let output = run(&database.program()).await.failed(1);
    assert_eq!(database.dump().await, before);
    assert!(output.contains("nothing was changed:"), "{output}");
    output
}

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
async fn a_database_that_is_newer_than_the_binary_is_refused_with_what_to_do() {
    let output =
        refused("INSERT INTO refinery_schema_history VALUES (9999, 'add_salary', '2030-01-01T00:00:00Z', '7')").await;
    assert!(output.contains("V9999__add_salary was applied, and this migrate does not know it"), "{output}");
    assert!(output.contains("run the migrate of the release that brought it"), "{output}");
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
