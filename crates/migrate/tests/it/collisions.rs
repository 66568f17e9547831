//! Another session in a shared catalog, at the very moment: it goes first, commits, and the run goes on.

use testbed::postgres::{Options, Postgres};
use testbed::process::Process;
use tokio_postgres::Client;

use super::support::{Database, ended, program, waits_for_a_lock};

/// Starts the program against a session that holds `statement` uncommitted, sees it wait, and commits.
async fn after_a_collision(
    [client, watcher]: &[Client; 2],
    statement: &str,
    start: impl FnOnce() -> Process,
) -> String {
    client.batch_execute(&format!("BEGIN; {statement}")).await.expect(statement);
    let process = start();
    waits_for_a_lock(watcher).await;
    client.batch_execute("COMMIT").await.expect("it is ours");
    ended(&process).await.succeeded()
}

#[tokio::test]
async fn a_role_that_another_database_makes_at_the_same_moment_is_taken_as_it_is() {
    // A server of its own: on the shared one the roles are there already.
    let server = Postgres::start(Options::temporary()).await.expect("postgres starts");
    let connect = async || server.client("postgres").await.expect("the superuser may in");
    let clients = [connect().await, connect().await];
    let url = server.superuser_url("postgres") + "?sslmode=disable";
    let start = || program(&url).start().expect("it starts");
    let output = after_a_collision(&clients, "CREATE ROLE board_applications", start).await;
    assert!(output.contains("made the group role board_api\n"), "{output}");
    assert!(!output.contains("made the group role board_applications"), "{output}");
}

#[tokio::test]
async fn rights_that_somebody_changes_at_the_same_moment_are_set_all_the_same() {
    let database = Database::migrated().await;
    let before = database.dump().await;
    let clients = [database.client().await, database.client().await];
    let statement = format!("GRANT TEMPORARY ON DATABASE {} TO board_api", database.name);
    after_a_collision(&clients, &statement, || database.program().start().expect("it starts")).await;
    assert_eq!(database.dump().await, before);
}

#[tokio::test]
async fn a_table_whose_rights_somebody_changes_at_the_same_moment_is_no_obstacle() {
    let database = Database::migrated().await;
    let before = database.dump().await;
    let clients = [database.client().await, database.client().await];
    let start = || database.program().start().expect("it starts");
    after_a_collision(&clients, "GRANT DELETE ON people TO board_api", start).await;
    assert_eq!(database.dump().await, before);
}
