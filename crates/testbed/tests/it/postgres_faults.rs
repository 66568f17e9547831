//! Postgres: its disk full, read-only, a login locked out.

use testbed::postgres::{Options, Postgres};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

const DISK: u64 = 96 * 1024 * 1024;

async fn code(client: &Client, statement: &str) -> Option<SqlState> {
    client.batch_execute(statement).await.err()?.code().cloned()
}

#[tokio::test]
async fn a_full_disk_refuses_what_needs_room_until_it_is_emptied() {
    if !nix::unistd::geteuid().is_root() {
        println!("left out: only root may mount a disk");
        return;
    }
    let mut postgres = Postgres::start(Options::temporary().disk(DISK)).await.expect("postgres starts");
    let client = postgres.client("postgres").await.expect("the superuser may in");
    assert_eq!(code(&client, "CREATE TABLE kept AS SELECT 7 AS n").await, None);
    postgres.fill_disk().expect("there is room to take");
    let much = "INSERT INTO kept SELECT generate_series(1, 10000)";
    assert_eq!(code(&client, much).await, Some(SqlState::DISK_FULL));
    assert_eq!(code(&client, "SELECT n FROM kept").await, None, "it can still be read");
    postgres.empty_disk().expect("it was filled");
    assert_eq!(code(&client, much).await, None);
    assert!(postgres.empty_disk().is_err(), "it is empty");
    postgres.kill();
    postgres.start_again().await.expect("its disk outlives it");
    let client = postgres.client("postgres").await.expect("the superuser may in");
    assert_eq!(code(&client, "SELECT n FROM kept").await, None);
}

#[tokio::test]
async fn a_disk_is_seen_by_its_server_alone_and_goes_with_it() {
    if !nix::unistd::geteuid().is_root() {
        println!("left out: only root may mount a disk");
        return;
    }
    let postgres = Postgres::start(Options::temporary().disk(DISK)).await.expect("postgres starts");
    let folder = postgres.process().log().parent().expect("a folder").to_owned();
    let seen = std::fs::read_dir(folder.join("data")).expect("the folder below").count();
    assert_eq!(seen, 0);
    drop(postgres);
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_server_without_a_disk_of_its_own_has_none_to_fill() {
    let postgres = Postgres::start(Options::temporary()).await.expect("postgres starts");
    assert!(postgres.fill_disk().is_err() && postgres.empty_disk().is_err());
}

#[tokio::test]
async fn a_server_is_read_only_for_one_start() {
    let mut postgres = Postgres::start(Options::temporary()).await.expect("postgres starts");
    postgres.stop().await.expect("it ends in order");
    postgres.start_again_with(&[("default_transaction_read_only", "on")]).await.expect("it starts");
    let client = postgres.client("postgres").await.expect("the superuser may in");
    let refused = code(&client, "CREATE TABLE kept AS SELECT 7 AS n").await;
    assert_eq!(refused, Some(SqlState::READ_ONLY_SQL_TRANSACTION));
    postgres.stop().await.expect("it ends in order");
    postgres.start_again().await.expect("it starts");
    let client = postgres.client("postgres").await.expect("the superuser may in");
    assert_eq!(code(&client, "CREATE TABLE kept AS SELECT 7 AS n").await, None);
}

#[tokio::test]
async fn a_login_that_is_locked_out_loses_its_connections_until_it_is_let_in() {
    let postgres = Postgres::start(Options::temporary()).await.expect("postgres starts");
    postgres.create_login("ada", "secret", &[]).await.expect("it is made");
    let url = postgres.url("ada", "secret", "postgres");
    let (client, driver) = tokio_postgres::connect(&url, NoTls).await.expect("she may in");
    tokio::spawn(driver);
    postgres.lock_out("ada").await.expect("there is such a login");
    assert!(client.batch_execute("SELECT 1").await.is_err(), "her connection is closed");
    let refused = tokio_postgres::connect(&url, NoTls).await.err().expect("she may not in");
    assert_eq!(refused.code(), Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION));
    postgres.let_in("ada").await.expect("there is such a login");
    drop(tokio_postgres::connect(&url, NoTls).await.expect("she may in again"));
}
