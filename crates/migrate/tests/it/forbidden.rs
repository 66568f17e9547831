//! What is not granted, tried for real over a login of each group.

use migrate::group_roles;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::support::Database;

/// What no function may do, whatever its group.
const NOBODY: &[&str] = &[
    "CREATE TABLE mine (n int)",
    "CREATE TABLE public.mine AS SELECT 1",
    "CREATE TEMPORARY TABLE mine (n int)",
    "SELECT 1 AS n INTO TEMPORARY mine",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TYPE mine AS ENUM ('a')",
    "CREATE SEQUENCE mine",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "CREATE EXTENSION file_fdw",
    "CREATE INDEX ON jobs (place)",
    "CREATE TRIGGER mine BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "DROP TABLE application_events",
    "DROP SCHEMA public CASCADE",
    "ALTER TABLE jobs ADD COLUMN mine int",
    "ALTER TABLE jobs DISABLE TRIGGER ALL",
    "ALTER TABLE outbox OWNER TO CURRENT_USER",
    "ALTER ROLE board_api LOGIN",
    "TRUNCATE outbox",
    "TRUNCATE jobs CASCADE",
    "LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE",
    "COPY people TO PROGRAM 'cat'",
    "COPY people FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SET ROLE postgres",
    "GRANT postgres TO board_api",
    "SELECT checksum FROM refinery_schema_history",
    "DELETE FROM refinery_schema_history",
    "DELETE FROM jobs",
    "DELETE FROM people",
    "DELETE FROM applications",
    "DELETE FROM application_events",
    "UPDATE people SET email = 'a@b'",
    "UPDATE applications SET letter = 'x'",
    "UPDATE application_events SET status = 'offer'",
    "UPDATE outbox SET payload = '{}'",
    "UPDATE outbox SET send_before = now()",
    "INSERT INTO outbox (id, state) VALUES (gen_random_uuid(), 'sent')",
];

async fn assert_refused(client: &Client, statement: &str) {
    // Rolled back in case that it works: the next statement must see the same.
    client.batch_execute("BEGIN").await.expect("it answers");
    let code = client.batch_execute(statement).await.map_err(|error| error.code().cloned());
    client.batch_execute("ROLLBACK").await.expect("it answers");
    assert_eq!(code, Err(Some(SqlState::INSUFFICIENT_PRIVILEGE)), "{statement}");
}

async fn assert_all_refused(group: &str, statements: &[&str]) {
    let database = Database::migrated().await;
    let client = database.login(&[group]).await;
    for statement in statements {
        assert_refused(&client, statement).await;
    }
}

#[tokio::test]
async fn no_function_changes_the_schema_or_what_is_not_its_own() {
    let database = Database::migrated().await;
    for group in group_roles() {
        let client = database.login(&[group]).await;
        for statement in NOBODY {
            assert_refused(&client, statement).await;
        }
    }
}

#[tokio::test]
async fn no_function_becomes_another() {
    let database = Database::migrated().await;
    for group in group_roles() {
        let client = database.login(&[group]).await;
        for other in group_roles().into_iter().filter(|other| *other != group) {
            assert_refused(&client, &format!("SET ROLE {other}")).await;
        }
    }
}

#[tokio::test]
async fn api_neither_reads_mail_nor_letters() {
    assert_all_refused(
        "board_api",
        &[
            "SELECT id FROM outbox",
            "SELECT payload FROM outbox",
            "INSERT INTO outbox (id) VALUES (gen_random_uuid()) RETURNING id",
            "SELECT request FROM mail_batches",
            "SELECT letter FROM applications",
            "SELECT status FROM application_events",
            "UPDATE jobs SET company_id = gen_random_uuid()",
            "UPDATE jobs SET created_at = now()",
            "UPDATE companies SET created_at = now()",
            "DELETE FROM companies",
            "DELETE FROM company_members",
            "UPDATE sign_ins SET expires_at = now()",
            "UPDATE sessions SET person_id = gen_random_uuid()",
            "UPDATE sessions SET begun_at = now()",
        ],
    )
    .await;
}

#[tokio::test]
async fn applications_reads_no_sign_in_and_no_mail() {
    assert_all_refused(
        "board_applications",
        &[
            "SELECT id FROM sign_ins",
            "SELECT id FROM sessions",
            "SELECT email_key FROM people",
            "SELECT description FROM jobs",
            "SELECT website FROM companies",
            "SELECT payload FROM outbox",
            "SELECT request FROM mail_batches",
            "UPDATE jobs SET status = 'closed'",
            "INSERT INTO people (id, email, email_key) VALUES (gen_random_uuid(), 'a@b', 'a@b')",
            "INSERT INTO company_members (company_id, person_id) VALUES (gen_random_uuid(), gen_random_uuid())",
        ],
    )
    .await;
}

#[tokio::test]
async fn email_worker_reads_no_letter_and_writes_no_mail() {
    assert_all_refused(
        "board_email_worker",
        &[
            "SELECT letter FROM applications",
            "SELECT email_key FROM people",
            "SELECT used_at FROM sign_ins",
            "SELECT id FROM sessions",
            "SELECT description FROM jobs",
            "SELECT status FROM application_events",
            "SELECT created_at FROM company_members",
            "INSERT INTO outbox (id) VALUES (gen_random_uuid())",
            "UPDATE outbox SET reason = 'x'",
            "UPDATE sign_ins SET used_at = now()",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_database_is_made_by_no_function() {
    // Not within a transaction, so it has a test of its own.
    let database = Database::migrated().await;
    for group in group_roles() {
        let client = database.login(&[group]).await;
        let made = client.batch_execute("CREATE DATABASE mine").await;
        assert_eq!(made.expect_err(group).code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{group}");
    }
}
