//! Kept answers belong to the function that gave them, though all stand in one table.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::support::Database;

const API: &str = "board_api";
const APPLICATIONS: &str = "board_applications";
const OF_API: &str = "POST /v1/jobs";
const OF_APPLICATIONS: &str = "POST /v1/jobs/{id}/applications";

fn insert(route: &str) -> String {
    format!(
        "INSERT INTO idempotency_keys (person_id, route, key_hash, fingerprint, status, body)
         VALUES (gen_random_uuid(), '{route}', sha256('k'), sha256('f'), 201, '{{}}')"
    )
}

async fn routes(client: &Client) -> Vec<String> {
    let rows = client.query("SELECT route FROM idempotency_keys ORDER BY 1", &[]).await.expect("it may look");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn deleted(client: &Client) -> u64 {
    client
        .execute("DELETE FROM idempotency_keys WHERE created_at < now() + interval '1 day'", &[])
        .await
        .expect("it may")
}

#[tokio::test]
async fn no_function_reads_makes_or_deletes_the_answers_of_another() {
    let database = Database::migrated().await;
    let (api, applications) = (database.login(&[API]).await, database.login(&[APPLICATIONS]).await);
    for (client, own, others) in [(&api, OF_API, OF_APPLICATIONS), (&applications, OF_APPLICATIONS, OF_API)] {
        client.batch_execute(&insert(own)).await.expect("its own");
        let refused = client.batch_execute(&insert(others)).await.expect_err("not its own");
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    }
    api.batch_execute(&insert("POST /v1/companies")).await.expect("its own");
    assert_eq!(routes(&api).await, ["POST /v1/companies", OF_API]);
    assert_eq!(routes(&applications).await, [OF_APPLICATIONS]);
    assert_eq!(deleted(&applications).await, 1);
    assert_eq!((routes(&applications).await.len(), routes(&api).await.len()), (0, 2));
}

/// The rule on rows must not hide a key from its index, or each look-up would read the whole table.
#[tokio::test]
async fn look_ups_and_sweeps_still_go_by_their_index() {
    let database = Database::migrated().await;
    let api = database.login(&[API]).await;
    // An empty table is read as a whole, unless that is forbidden.
    api.batch_execute("SET enable_seqscan = off; SET enable_sort = off").await.expect("anybody may");
    for (condition, wanted) in [
        (
            "person_id = '00000000-0000-7000-8000-000000000000' AND route = 'POST /v1/jobs' AND key_hash = sha256('k')",
            "key_hash = ",
        ),
        ("created_at < now() - interval '24 hours' ORDER BY created_at LIMIT 10", "created_at < "),
    ] {
        let rows =
            api.query(&format!("EXPLAIN SELECT FROM idempotency_keys WHERE {condition}"), &[]).await.expect("a plan");
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let indexed = plan.iter().any(|line| line.contains("Index Cond") && line.contains(wanted));
        assert!(indexed, "{}", plan.join("\n"));
    }
}

#[tokio::test]
async fn a_rule_that_was_changed_by_hand_is_set_right_and_one_that_is_right_is_left_alone() {
    let database = Database::migrated().await;
    let before = database.dump().await;
    let ids = "SELECT string_agg(oid::text, ' ' ORDER BY oid) FROM pg_policy";
    let made = database.text(ids).await;
    database.migrate().await;
    assert_eq!(database.text(ids).await, made, "nobody waited for it");
    for by_hand in [
        "ALTER TABLE idempotency_keys DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY everything ON idempotency_keys USING (true)",
        "ALTER POLICY board_applications ON idempotency_keys USING (true)",
        "ALTER POLICY board_applications ON idempotency_keys WITH CHECK (true)",
        "ALTER POLICY board_api ON idempotency_keys TO PUBLIC",
        "DROP POLICY board_api ON idempotency_keys",
    ] {
        database.execute(by_hand).await;
        assert_ne!(database.dump().await, before, "{by_hand}");
        database.migrate().await;
        assert_eq!(database.dump().await, before, "{by_hand}");
    }
}
