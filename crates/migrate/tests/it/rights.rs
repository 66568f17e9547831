//! The whole of what group roles may do on tables: a right that is wider, or gone, turns this red.

use super::support::{Database, all_groups};

/// A line for each role and table with a right: whole-table rights by name, others with their columns. `%` stands for
/// the roles to look at.
const MATRIX: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT concat(r.rolname, ' ', c.relname, ': ', string_agg(held.what, '; ' ORDER BY held.place)) AS line
        FROM pg_roles r
        CROSS JOIN pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_|^information_schema$'
        CROSS JOIN LATERAL (
            SELECT place, CASE
                WHEN has_table_privilege(r.oid, c.oid, privilege) THEN privilege
                WHEN privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') THEN (
                    SELECT concat(privilege, ' (', string_agg(attname, ', ' ORDER BY attnum), ')')
                    FROM pg_attribute
                    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                      AND has_column_privilege(r.oid, c.oid, attnum, privilege)
                    HAVING count(*) > 0
                )
            END AS what
            FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
                WITH ORDINALITY AS p (privilege, place)
        ) AS held
        WHERE r.rolname ~ '%' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND held.what IS NOT NULL
        GROUP BY r.rolname, c.relname
    ) AS lines";

async fn matrix(database: &Database, roles: &str) -> String {
    database.text(&MATRIX.replace('%', roles)).await
}

#[tokio::test]
async fn each_function_has_exactly_these_rights() {
    let database = Database::migrated().await;
    let all = matrix(&database, &all_groups()).await;
    let (history, rights): (Vec<_>, Vec<_>) = all.lines().partition(|line| line.contains(" refinery_schema_history: "));
    insta::assert_snapshot!(rights.join("\n"), @r"
    board_api companies: SELECT; INSERT (id, name, website, place); UPDATE (name, website, place)
    board_api company_members: SELECT; INSERT (company_id, person_id)
    board_api idempotency_keys: SELECT; INSERT (person_id, route, key_hash, fingerprint, status, body, location, resource_id); UPDATE (created_at); DELETE
    board_api jobs: SELECT; INSERT (id, company_id, title, description, place, remote, kind, pay_from, pay_to, pay_currency, pay_per, closes_at, status, published_at); UPDATE (title, description, place, remote, kind, pay_from, pay_to, pay_currency, pay_per, closes_at, status, published_at)
    board_api outbox: SELECT (reason, send_before, state); INSERT (id, kind, reason, payload, priority, send_before, traceparent, tracestate)
    board_api people: SELECT; INSERT (id, email, email_key, name); UPDATE (email_key, name)
    board_api sessions: SELECT; INSERT (id, person_id, expires_at); UPDATE (generation, refreshed_at, expires_at, ended_at); DELETE
    board_api sign_ins: SELECT; INSERT (id, email, email_key, key_id, expires_at, client); UPDATE (used_at); DELETE
    board_applications application_events: SELECT; INSERT (application_id, status, person_id)
    board_applications applications: SELECT; INSERT (id, job_id, person_id, letter, created_at)
    board_applications companies: SELECT (id, name)
    board_applications company_members: SELECT
    board_applications idempotency_keys: SELECT; INSERT (person_id, route, key_hash, fingerprint, status, body, location, resource_id); UPDATE (created_at); DELETE
    board_applications jobs: SELECT (id, company_id, title, closes_at, status, published_at)
    board_applications outbox: SELECT (created_at, state); INSERT (id, kind, reason, payload, priority, send_before, traceparent, tracestate)
    board_applications people: SELECT (id, email, name)
    board_email_worker applications: SELECT (id, job_id, person_id)
    board_email_worker companies: SELECT (id, name)
    board_email_worker company_members: SELECT (company_id, person_id)
    board_email_worker jobs: SELECT (id, company_id, title)
    board_email_worker mail_batches: SELECT; INSERT; UPDATE; DELETE
    board_email_worker outbox: SELECT; UPDATE (state, batch_id, alone, due_at, provider_id, error, settled_at); DELETE
    board_email_worker people: SELECT (id, email, name)
    board_email_worker sign_ins: SELECT (id, email, key_id, expires_at)
    ");
    let mut wanted: Vec<_> = migrate::group_roles();
    wanted.sort_unstable();
    let read = |role| format!("{role} refinery_schema_history: SELECT (version, name)");
    assert_eq!(history, wanted.into_iter().map(read).collect::<Vec<_>>(), "each reads what was applied");
}

#[tokio::test]
async fn a_login_of_no_group_has_no_right_at_all() {
    let database = Database::migrated().await;
    let _nobody = database.login(&[]).await;
    assert_eq!(matrix(&database, &format!("^{}_$", database.name)).await, "");
}

#[tokio::test]
async fn a_right_that_was_given_by_hand_is_taken_away_again() {
    let database = Database::migrated().await;
    let before = database.dump().await;
    database
        .execute(&format!(
            "GRANT SELECT ON refinery_schema_history TO PUBLIC;
             GRANT SELECT (letter) ON applications TO PUBLIC;
             GRANT UPDATE (letter), TRUNCATE ON applications TO board_api;
             GRANT ALL ON jobs TO board_email_worker WITH GRANT OPTION;
             CREATE SEQUENCE by_hand; GRANT ALL ON SEQUENCE by_hand TO board_api; DROP SEQUENCE by_hand;
             GRANT CREATE ON SCHEMA public TO PUBLIC, board_api;
             GRANT CREATE, TEMPORARY ON DATABASE {} TO PUBLIC, board_applications",
            database.name
        ))
        .await;
    assert_ne!(database.dump().await, before);
    database.migrate().await;
    assert_eq!(database.dump().await, before);
}

#[tokio::test]
async fn a_table_that_is_new_belongs_to_nobody_until_a_grant_names_it() {
    let database = Database::migrated().await;
    database.execute("CREATE TABLE salaries (n int)").await;
    database.migrate().await;
    assert!(!matrix(&database, &all_groups()).await.contains("salaries"));
}
