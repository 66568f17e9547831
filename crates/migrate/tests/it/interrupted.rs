//! Killed, and kept waiting, in the middle of a migration.

use testbed::process::Process;
use tokio_postgres::Client;

use super::support::{DEADLINE, Database, ended, every_version, migrations, run, waits_for_a_lock};

/// As refinery makes it; a row of a version in an open transaction then stops the migration of that version at its
/// very end, where all its tables are made.
const HISTORY: &str = "CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY, name varchar(255), \
                       applied_on varchar(255), checksum varchar(255))";

async fn stop_at_second(database: &Database) -> Client {
    database.execute(HISTORY).await;
    let blocker = database.client().await;
    blocker
        .batch_execute("BEGIN; INSERT INTO refinery_schema_history (version) VALUES (2)")
        .await
        .expect("nobody else did");
    blocker
}

/// That only the first migration stands.
async fn assert_first_alone(database: &Database) {
    assert_eq!(database.versions().await, "1");
    let tables = "SELECT concat(to_regclass('jobs'), ' ', to_regclass('outbox'), ' ', to_regclass('mail_batches'))";
    assert_eq!(database.text(tables).await.trim_end(), "jobs");
}

#[tokio::test]
async fn a_run_that_is_killed_in_a_migration_leaves_it_to_the_next_one() {
    let database = Database::empty().await;
    let blocker = stop_at_second(&database).await;
    let killed: Process = database.program().start().expect("it starts");
    waits_for_a_lock(&database.client().await).await;
    killed.kill();
    // Meanwhile the server may still hold the lock for the one that was killed.
    let next = database.program().start().expect("it starts");
    blocker.batch_execute("ROLLBACK").await.expect("it is ours");
    let output = ended(&next).await.succeeded();
    assert!(output.contains(&format!("new: {}, there before: 1", migrations().len() - 1)), "{output}");
    assert_eq!(database.versions().await, every_version());
}

#[tokio::test]
async fn what_a_killed_migration_made_is_gone() {
    let database = Database::empty().await;
    let blocker = stop_at_second(&database).await;
    // As long as the test waits at most, so that it is not this bound that ends it.
    let killed = database.program().env("LOCK_TIMEOUT_S", "60").start().expect("it starts");
    waits_for_a_lock(&database.client().await).await;
    killed.kill();
    let look = "SELECT count(*)::text FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'migrate'";
    // The server notices by itself, although the statement still waits.
    testbed::wait::until(DEADLINE / 2, "the end of its session", async || database.text(look).await == "0")
        .await
        .expect("it ends");
    blocker.batch_execute("ROLLBACK").await.expect("it is ours");
    assert_first_alone(&database).await;
}

#[tokio::test]
async fn a_migration_that_waits_too_long_for_a_lock_is_rolled_back() {
    let database = Database::empty().await;
    let blocker = stop_at_second(&database).await;
    let output = run(&database.program().env("LOCK_TIMEOUT_S", "0.2").env("LOCK_TRIES", "2")).await.failed(1);
    assert_eq!(output.matches("try 2 of 2 in 0.2 s").count(), 1, "{output}");
    assert!(
        output.contains("V0002__create_outbox failed and was rolled back; the migrations before it stand"),
        "{output}"
    );
    assert!(output.contains("SQLSTATE 55P03") && output.contains("LOCK_TIMEOUT_S"), "{output}");
    blocker.batch_execute("ROLLBACK").await.expect("it is ours");
    assert_first_alone(&database).await;
    database.migrate().await;
}

/// Guards: migration tries.
#[tokio::test]
async fn a_lock_that_is_given_back_meanwhile_ends_no_run() {
    let database = Database::empty().await;
    let blocker = stop_at_second(&database).await;
    let program = database.program().env("LOCK_TIMEOUT_S", "0.2").env("LOCK_TRIES", "100").start().expect("it starts");
    let told = async || program.output().contains("try 2 of 100");
    testbed::wait::until(DEADLINE, "a second try", told).await.expect("it is told");
    blocker.batch_execute("ROLLBACK").await.expect("it is ours");
    let output = ended(&program).await.succeeded();
    assert!(output.contains("V0002__create_outbox waited 0.2 s for a lock"), "{output}");
    assert_eq!(database.versions().await, every_version());
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_cut() {
    let database = Database::empty().await;
    let _blocker = stop_at_second(&database).await;
    let output = run(&database.program().env("STATEMENT_TIMEOUT_S", "0.5")).await.failed(1);
    assert!(output.contains("SQLSTATE 57014") && output.contains("STATEMENT_TIMEOUT_S"), "{output}");
}
