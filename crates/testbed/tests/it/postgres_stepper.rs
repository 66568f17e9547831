//! Two connections, step by step.

use testbed::Error;
use testbed::postgres::{Options, Postgres, Stepper};

async fn two(server: &Postgres) -> [Stepper; 2] {
    let connect = async || Stepper::new(server, "postgres").await.expect("the superuser may in");
    [connect().await, connect().await]
}

#[tokio::test]
async fn a_statement_is_seen_to_wait_and_ends_when_the_other_commits() {
    let server = Postgres::start(Options::temporary()).await.expect("postgres starts");
    let [first, second] = two(&server).await;
    first.client.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(7)").await.expect("nobody has it");
    second.client.batch_execute("BEGIN").await.expect("it begins");
    let waiting = second.waits(second.client.batch_execute("SELECT pg_advisory_xact_lock(7)")).await;
    let waiting = waiting.expect("it waits");
    first.client.batch_execute("COMMIT").await.expect("it commits");
    waiting.end().await.expect("it has the lock");
}

#[tokio::test]
async fn a_statement_that_does_not_wait_is_told() {
    let server = Postgres::start(Options::temporary()).await.expect("postgres starts");
    let [first, _] = two(&server).await;
    let ended = first.waits(first.client.batch_execute("SELECT 1")).await;
    assert!(matches!(ended, Err(Error::Unfit(text)) if text.contains("without waiting")));
}
