//! What group roles are, besides their rights on tables.

use migrate::group_roles;

use super::support::{Database, all_groups, run};

#[tokio::test]
async fn group_roles_have_no_attribute_and_create_nothing() {
    let database = Database::migrated().await;
    let said = database
        .text(&format!(
            "SELECT string_agg(concat_ws(' ', rolname,
                CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolsuper THEN 'SUPERUSER' END,
                CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
                CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
                (SELECT 'database: ' || string_agg(it, ', ') FROM unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) it
                 WHERE has_database_privilege(r.oid, current_database(), it)),
                (SELECT string_agg(nspname || ': ' || it, ', ' ORDER BY nspname, it)
                 FROM pg_namespace n, unnest(ARRAY['CREATE', 'USAGE']) it
                 WHERE nspname !~ '^pg_|^information_schema$' AND has_schema_privilege(r.oid, n.oid, it))
            ), E'\\n' ORDER BY rolname)
            FROM pg_roles r WHERE rolname ~ '{}'",
            all_groups()
        ))
        .await;
    let mut wanted: Vec<_> =
        group_roles().iter().map(|role| format!("{role} database: CONNECT public: USAGE")).collect();
    wanted.sort();
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted);
}

#[tokio::test]
async fn group_roles_own_nothing() {
    let database = Database::migrated().await;
    let owned = "SELECT count(*)::text FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
                 WHERE d.deptype = 'o' AND r.rolname ~ '%'";
    assert_eq!(database.text(&owned.replace('%', &all_groups())).await, "0");
}

#[tokio::test]
async fn a_group_role_that_may_do_more_is_refused_by_name() {
    // A server of its own: roles are the server's, and other tests use them.
    let server = testbed::postgres::Postgres::start(testbed::postgres::Options::temporary()).await;
    let server = server.expect("postgres starts");
    let client = server.client("postgres").await.expect("the superuser may in");
    let program = super::support::program(&(server.superuser_url("postgres") + "?sslmode=disable"));
    for (too_much, back) in [
        ("CREATE ROLE board_api LOGIN", "ALTER ROLE board_api NOLOGIN"),
        ("ALTER ROLE board_api CREATEROLE", "ALTER ROLE board_api NOCREATEROLE"),
        ("GRANT pg_read_all_data TO board_api", "REVOKE pg_read_all_data FROM board_api"),
    ] {
        client.batch_execute(too_much).await.expect(too_much);
        let output = run(&program).await.failed(1);
        assert!(output.contains("the role board_api may log in, has attributes, or is a member"), "{output}");
        client.batch_execute(back).await.expect(back);
    }
    run(&program).await.succeeded();
}

#[tokio::test]
async fn a_login_that_cannot_take_rights_away_is_told() {
    // It owns neither the database nor the schema, so PUBLIC keeps what it had.
    let database = Database::empty().await;
    let owner = format!("{}_guest", database.name);
    database
        .execute(&format!(
            "CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD 'secret'; GRANT CREATE, USAGE ON SCHEMA public TO {owner}"
        ))
        .await;
    let url = database.server.url(&owner, "secret", &database.name) + "?sslmode=disable";
    let output = run(&super::support::program(&url)).await.failed(1);
    assert!(output.contains("SQLSTATE 42501") && output.contains("must own the database"), "{output}");
}
