//! Postgres: made, frozen, killed, kept.

use testbed::postgres::{Options, Postgres};
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

use crate::SILENCE;

async fn started() -> Postgres {
    Postgres::start(Options::temporary()).await.expect("postgres starts")
}

async fn superuser(postgres: &Postgres) -> Client {
    postgres.client("postgres").await.expect("the superuser may in")
}

async fn number(client: &Client, query: &str) -> Result<i32, tokio_postgres::Error> {
    Ok(client.query_one(query, &[]).await?.get(0))
}

#[tokio::test]
async fn a_postgres_that_waits_for_a_disk_has_one() {
    let postgres = Postgres::start(Options::temporary().fsync(true)).await.expect("postgres starts");
    let client = superuser(&postgres).await;
    let folder: String = client.query_one("SHOW data_directory", &[]).await.expect("it answers").get(0);
    assert!(folder.starts_with("/var/tmp/"), "{folder}");
}

#[tokio::test]
async fn a_frozen_postgres_is_silent_until_it_thaws() {
    let postgres = started().await;
    let client = superuser(&postgres).await;
    assert_eq!(number(&client, "SELECT 1").await.expect("it answers"), 1);
    postgres.freeze().expect("it runs");
    let mut asked = Box::pin(number(&client, "SELECT 2"));
    assert!(timeout(SILENCE, &mut asked).await.is_err(), "it answered");
    let mut newcomer = Box::pin(postgres.client("postgres"));
    assert!(timeout(SILENCE, &mut newcomer).await.is_err(), "it let somebody in");
    postgres.thaw().expect("it is there");
    assert_eq!(asked.await.expect("it answers late"), 2);
    newcomer.await.expect("it lets in late");
}

#[tokio::test]
async fn a_postgres_that_is_killed_and_started_again_keeps_what_was_committed() {
    let mut postgres = started().await;
    let client = superuser(&postgres).await;
    let made = client.batch_execute("CREATE TABLE kept AS SELECT 7 AS n").await;
    made.expect("the table is made");
    let address = postgres.address();
    postgres.kill();
    assert!(number(&client, "SELECT 1").await.is_err(), "the connection is gone");
    postgres.start_again().await.expect("it recovers");
    assert_eq!(postgres.address(), address);
    let client = superuser(&postgres).await;
    assert_eq!(number(&client, "SELECT n FROM kept").await.expect("it is kept"), 7);
    assert!(postgres.log_text().contains("was interrupted"), "{}", postgres.log_text());
}

#[tokio::test]
async fn a_frozen_postgres_with_connections_can_be_killed_and_started_again() {
    let mut postgres = started().await;
    let client = superuser(&postgres).await;
    assert_eq!(number(&client, "SELECT 1").await.expect("it answers"), 1);
    postgres.freeze().expect("it runs");
    postgres.kill();
    assert!(!postgres.process().is_running());
    postgres.start_again().await.expect("nothing is left that holds its memory");
    superuser(&postgres).await;
}

#[tokio::test]
async fn a_postgres_is_stopped_in_order_and_started_again() {
    let mut postgres = started().await;
    let client = superuser(&postgres).await;
    assert!(postgres.start_again().await.is_err(), "it still runs");
    postgres.stop().await.expect("it ends in order");
    assert!(number(&client, "SELECT 1").await.is_err(), "the connection is closed");
    postgres.start_again().await.expect("it starts");
    assert!(!postgres.log_text().contains("was interrupted"));
}

#[tokio::test]
async fn a_database_is_a_copy_of_its_template() {
    let postgres = started().await;
    postgres.create_database("migrated", None).await.expect("it is made");
    let client = postgres.client("migrated").await.expect("it is there");
    let made = client.batch_execute("CREATE TABLE jobs AS SELECT 3 AS n").await;
    made.expect("the table is made");
    // The template must be left alone, and a session ends a moment after its client.
    drop(client);
    let copied = testbed::wait::until(crate::DEADLINE, "a copy of the template", async || {
        postgres.create_database("copy", Some("migrated")).await.is_ok()
    });
    copied.await.expect("it is copied");
    let client = postgres.client("copy").await.expect("it is there");
    assert_eq!(number(&client, "SELECT n FROM jobs").await.expect("it is copied"), 3);
    let twice = postgres.create_database("copy", None).await;
    let text = twice.expect_err("it exists").to_string();
    assert!(text.starts_with("postgres refused to create the database copy"), "{text}");
}

#[tokio::test]
async fn a_login_needs_its_password_and_has_the_rights_of_its_groups() {
    let postgres = started().await;
    let made = "CREATE ROLE readers; CREATE TABLE jobs AS SELECT 3 AS n; GRANT SELECT ON jobs TO readers";
    let client = superuser(&postgres).await;
    client.batch_execute(made).await.expect("role and table are made");
    // Twice: `boardctl up` makes them at every start.
    for password in ["old", "new"] {
        let login = postgres.create_login("api", password, &["readers"]).await;
        login.expect("the login is made");
    }
    let old = postgres.url("api", "old", "postgres");
    assert!(tokio_postgres::connect(&old, NoTls).await.is_err(), "an old password");
    let new = postgres.url("api", "new", "postgres");
    let (client, driver) = tokio_postgres::connect(&new, NoTls).await.expect("it may in");
    tokio::spawn(driver);
    assert_eq!(number(&client, "SELECT n FROM jobs").await.expect("it may read"), 3);
    assert!(client.batch_execute("DELETE FROM jobs").await.is_err(), "it may write");
}

#[tokio::test]
async fn a_kept_postgres_has_its_data_and_password_at_the_next_start() {
    let folder = tempfile::Builder::new().prefix("testbed-kept-").tempdir_in("/var/tmp");
    let folder = folder.expect("there is /var/tmp");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).expect("it is ours");
    for round in 0..2 {
        let options = Options::kept_in(folder.path()).setting("log_statement", "all");
        let postgres = Postgres::start(options).await.expect("postgres starts");
        let client = superuser(&postgres).await;
        let made = client.batch_execute("CREATE TABLE kept (n int)").await;
        assert_eq!(made.is_ok(), round == 0, "{made:?}");
        assert!(postgres.log_text().contains("statement: CREATE TABLE kept"));
    }
    assert!(folder.path().join("data/PG_VERSION").exists());
}

#[tokio::test]
async fn a_temporary_postgres_leaves_nothing() {
    let postgres = started().await;
    let log = postgres.process().log().to_owned();
    let folder = log.parent().expect("it is in a folder");
    assert!(folder.join("data").exists());
    let pid = postgres.process().pid();
    drop(postgres);
    assert!(!folder.exists());
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[tokio::test]
async fn a_setting_that_postgres_refuses_is_reported_with_its_words() {
    let options = Options::temporary().setting("no_such_setting", "1");
    let started = Postgres::start(options).await;
    let text = started.expect_err("there is none").to_string();
    assert!(text.contains("no_such_setting") && text.contains("postgres ended"), "{text}");
}
