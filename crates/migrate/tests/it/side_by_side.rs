//! Several runs at once: in one database, and in several of one server.

use testbed::postgres::{Options, Postgres};
use testbed::process::Process;
use tokio_postgres::Client;

use super::support::{DEADLINE, Database, ended, every_version, migrations, program, run};

/// The key of the lock, as the crate has it.
const KEY: i64 = 0x006d_6967_7261_7465;

async fn hold_lock(client: &Client) {
    client.execute("SELECT pg_advisory_lock($1)", &[&KEY]).await.expect("the lock is free");
}

#[tokio::test]
async fn eight_runs_side_by_side_apply_everything_once() {
    let database = Database::empty().await;
    let runs: Vec<Process> = (0..8).map(|_| database.program().start().expect("it starts")).collect();
    let mut applied = 0;
    for process in &runs {
        let output = ended(process).await.succeeded();
        applied += output.matches("migrate: applied ").count();
    }
    assert_eq!(applied, migrations().len());
    assert_eq!(database.versions().await, every_version());
}

#[tokio::test]
async fn eight_databases_of_a_new_server_do_not_collide_over_its_roles() {
    // A server of its own: on the shared one the roles are there already.
    let server = Postgres::start(Options::temporary()).await.expect("postgres starts");
    let names: Vec<String> = (0..8).map(|n| format!("board_{n}")).collect();
    for name in &names {
        server.create_database(name, None).await.expect("it is made");
    }
    let start = |name: &String| program(&(server.superuser_url(name) + "?sslmode=disable")).start();
    let runs: Vec<Process> = names.iter().map(|name| start(name).expect("it starts")).collect();
    let mut made = 0;
    for process in &runs {
        made += ended(process).await.succeeded().matches("made the group role").count();
    }
    assert_eq!(made, migrate::group_roles().len(), "each role is made by one of them");
    for name in &names {
        let client = server.client(name).await.expect("the superuser may in");
        let row = client.query_one("SELECT has_column_privilege('board_api', 'outbox', 'kind', 'INSERT')", &[]).await;
        assert!(row.expect("it answers").get::<_, bool>(0), "{name}");
    }
}

/// Guards: migration lock.
#[tokio::test]
async fn a_run_waits_for_the_one_ahead_and_says_so() {
    let database = Database::empty().await;
    let ahead = database.client().await;
    hold_lock(&ahead).await;
    let process = database.program().start().expect("it starts");
    process.wait_for_line("another migrate is at work", DEADLINE).await.expect("it says so");
    drop(ahead);
    let output = ended(&process).await.succeeded();
    assert!(output.contains(&format!("new: {}", migrations().len())), "{output}");
}

#[tokio::test]
async fn a_run_that_waited_long_enough_gives_up_and_changes_nothing() {
    let database = Database::migrated().await;
    let before = database.dump().await;
    let ahead = database.client().await;
    hold_lock(&ahead).await;
    let output = run(&database.program().env("LOCK_WAIT_S", "0.3")).await.failed(1);
    assert!(output.contains("another migrate still holds the lock after 0.3 s, nothing was changed"), "{output}");
    assert_eq!(database.dump().await, before);
}
