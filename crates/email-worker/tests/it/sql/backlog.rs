//! What a look costs, by what PostgreSQL counts, whatever waits.

use email_worker::store::{CLAIM, EXPIRE, FREE_LATE, GIVE_UP, Store};
use platform::postgres::outbox::DEPTH;
use platform::postgres::queue::PLAN_ANEW;
use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use super::super::board::Board;
use super::{KINDS, LEASE};

/// Pages and rows that a statement touched.
#[derive(Clone, Copy, Debug, Default)]
struct Touched {
    pages: u64,
    rows: u64,
}

/// What the planner knows of the tables.
#[derive(Clone, Copy, Debug)]
enum Statistics {
    /// Nothing.
    None,
    /// That they are empty, which they were.
    OfEmptyTables,
    /// What stands there.
    Fresh,
}

/// Each statement that looks for something in the queue, with its values.
fn looks() -> [(&'static str, &'static str, String); 6] {
    let kinds = format!("'{{{}}}'", KINDS.join(","));
    [
        (CLAIM.sql, "(text[], bigint, float8, float8)", format!("({kinds}, 100, 20, 82800)")),
        // For whoever knows the kind of a batch that is due: it is claimed again.
        (CLAIM.sql, "(text[], bigint, float8, float8)", "('{new_application}', 100, 20, 82800)".to_owned()),
        (EXPIRE.sql, "(bigint)", "(10)".to_owned()),
        (FREE_LATE.sql, "(bigint)", "(10)".to_owned()),
        (GIVE_UP.sql, "(float8, bigint)", "(82800, 10)".to_owned()),
        (DEPTH.sql, "(bigint)", "(10)".to_owned()),
    ]
}

/// A board with so many of everything that could stand before the next mail: others' kinds, what is late, what goes
/// alone, batches at rest and in doubt.
async fn crowded(rows: usize, statistics: Statistics) -> Board {
    let board = Board::new().await;
    for table in ["outbox", "mail_batches"] {
        board.run(&format!("ALTER TABLE {table} SET (autovacuum_enabled = off)")).await;
        if matches!(statistics, Statistics::OfEmptyTables) {
            board.run(&format!("VACUUM ANALYZE {table}")).await;
        }
    }
    let of_each = rows / 4;
    let mails = [
        ("decision", 0, "interval '1 hour'", false),
        ("sign_in_link", 0, "interval '-1 hour'", false),
        // In this order they are due: the claim takes a batch of the former.
        ("application_received", 1, "interval '1 hour'", false),
        ("application_received", 1, "interval '1 hour'", true),
    ];
    for (kind, priority, left, alone) in mails {
        board
            .run(&format!(
                "INSERT INTO outbox (id, kind, reason, payload, priority, send_before, alone)
                 SELECT id, '{kind}', id::text, '{{}}', {priority}, now() + {left} + n * interval '1 ms', {alone}
                 FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, {of_each}) n) AS new"
            ))
            .await;
    }
    for (kind, due, late, unknown) in [
        ("decision", "interval '-1 hour'", "interval '1 hour'", "NULL"),
        ("application_received", "interval '1 hour'", "interval '1 hour'", "NULL"),
        ("application_received", "interval '1 hour'", "interval '-1 hour'", "now() - interval '1 hour'"),
    ] {
        board
            .run(&format!(
                "INSERT INTO mail_batches (kind, priority, due_at, late_at, request, unknown_since)
                 SELECT '{kind}', 1, now() + {due}, now() + {late}, 'x', {unknown} FROM generate_series(1, {rows} / 10)"
            ))
            .await;
    }
    let again = "WITH made AS (
                     INSERT INTO mail_batches (kind, priority, request) VALUES ('new_application', 1, 'x') RETURNING id
                 )
                 INSERT INTO outbox (id, kind, reason, payload, priority, send_before, batch_id)
                 SELECT new, 'new_application', new::text, '{}', 1, now() + interval '1 hour', made.id
                 FROM made, (SELECT gen_random_uuid() AS new FROM generate_series(1, 100)) AS ids";
    board.run(again).await;
    if matches!(statistics, Statistics::Fresh) {
        board.run("ANALYZE outbox, mail_batches").await;
    }
    board
}

/// What a statement touches here; nothing of it stays done.
async fn touched(board: &Board, (sql, types, values): &(&str, &str, String)) -> Touched {
    let prepare = format!("PREPARE look {types} AS {sql}");
    board.run(&format!("BEGIN; {}; {prepare}", PLAN_ANEW.sql)).await;
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE look {values}");
    let told = board.client.simple_query(&explain).await.expect("a plan");
    board.run("ROLLBACK; DEALLOCATE look").await;
    let lines = told.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let plan: Value = serde_json::from_str(&lines.collect::<String>()).expect("JSON");
    let plan = &plan[0]["Plan"];
    let pages = |name: &str| plan[name].as_u64().unwrap_or_default();
    Touched { pages: pages("Shared Hit Blocks") + pages("Shared Read Blocks"), rows: rows(plan) }
}

/// Rows that the nodes of a plan that read tables have read, also those that they left out.
fn rows(plan: &Value) -> u64 {
    let number = |name: &str| plan[name].as_f64().unwrap_or_default();
    let read = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    let own = if plan["Relation Name"].is_string() { (read * number("Actual Loops")) as u64 } else { 0 };
    own + plan["Plans"].as_array().into_iter().flatten().map(rows).sum::<u64>()
}

#[actix_web::test]
async fn a_look_touches_as_little_before_a_hundred_times_as_many() {
    for statistics in [Statistics::None, Statistics::OfEmptyTables, Statistics::Fresh] {
        let (few, many) = (crowded(1_000, statistics).await, crowded(100_000, statistics).await);
        for look in looks() {
            let (few, many) = (touched(&few, &look).await, touched(&many, &look).await);
            let told = format!("{statistics:?}: {few:?} of 1,000 and {many:?} of 100,000 by {look:?}");
            // Of a table of some pages all of it may be read, of a large one nothing that is not asked for.
            assert!(many.rows <= 700, "{told}");
            assert!(many.pages <= few.pages + few.pages / 2 + 50 && many.pages <= 4_000, "{told}");
        }
    }
}

/// Guards: plan anew.
#[actix_web::test]
async fn no_plan_is_kept_from_when_the_queue_was_empty() {
    let board = Board::new().await;
    let pool = board.pool_of(1);
    let store = Store::new(pool.clone());
    for _ in 0..10 {
        assert!(store.claim(&KINDS, 100, LEASE).await.expect("an answer").is_none());
        assert_eq!(store.free_late(10).await.expect("an answer"), 0);
        assert!(store.expire(10).await.expect("an answer").is_empty());
        assert!(store.give_up(LEASE, 10).await.expect("an answer").is_empty());
    }
    let kept = platform::postgres::Statement::new(
        "select plans",
        "SELECT count(*), sum(generic_plans)::bigint FROM pg_prepared_statements
         WHERE statement ~ 'outbox' AND statement !~ 'pg_prepared'",
    );
    let row = pool.query_opt(&kept, &[]).await.expect("an answer").expect("a row");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (4, 0), "one of four statements has a plan that is kept");
}
