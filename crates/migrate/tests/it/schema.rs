//! Empty, twice, and without a superuser.

use super::support::{Database, every_version, migrations, program, run};

#[tokio::test]
async fn an_empty_database_is_brought_forward_and_told_step_by_step() {
    let database = Database::empty().await;
    let output = database.migrate().await;
    let applied = migrations().into_iter().map(|name| format!("migrate: applied {name} in "));
    let counted = format!("; new: {}, there before: 0", migrations().len());
    let settled = format!("migrate: set the rights of {} group roles in ", migrate::group_roles().len());
    let ended = [settled, "migrate: done in ".to_owned()];
    for told in applied.chain([counted]).chain(ended) {
        assert!(output.contains(&told), "{told}\n{output}");
    }
    assert_eq!(database.versions().await, every_version());
    let tables = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_stat_user_tables";
    insta::assert_snapshot!(database.text(tables).await, @"application_events applications companies company_members idempotency_keys jobs mail_batches outbox people refinery_schema_history sessions sign_ins");
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let database = Database::migrated().await;
    let before = database.dump().await;
    let output = database.migrate().await;
    assert!(output.contains(&format!("; new: 0, there before: {}", migrations().len())), "{output}");
    assert_eq!(database.dump().await, before);
}

#[tokio::test]
async fn a_dump_shows_a_right_that_is_too_much() {
    // Otherwise the test before this one would prove nothing.
    let database = Database::migrated().await;
    let before = database.dump().await;
    database.execute("GRANT SELECT (letter) ON applications TO board_email_worker").await;
    assert_ne!(database.dump().await, before);
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_is_enough() {
    let database = Database::empty().await;
    let (name, owner) = (&database.name, format!("{}_owner", database.name));
    database
        .execute(&format!(
            "CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD 'secret'; ALTER DATABASE {name} OWNER TO {owner}"
        ))
        .await;
    let url = database.server.url(&owner, "secret", name) + "?sslmode=disable";
    for _ in 0..2 {
        run(&program(&url)).await.succeeded();
    }
    let worker = database.login(&["board_email_worker"]).await;
    worker.execute("SELECT id FROM outbox FOR UPDATE", &[]).await.expect("it has its rights");
}

#[tokio::test]
async fn a_schema_of_the_logins_own_name_is_not_mistaken_for_ours() {
    let database = Database::empty().await;
    database.execute("CREATE SCHEMA postgres").await;
    database.migrate().await;
    assert_eq!(database.text("SELECT 'public.outbox'::regclass::text").await, "outbox");
}
