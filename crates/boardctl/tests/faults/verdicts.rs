//! What must be true in the database and at Resend once everything is whole again.

use std::collections::BTreeMap;

use reqwest::Method;
use testbed::wait;
use tokio_postgres::Client;

use super::fleet::Fleet;
use super::scene::{database, resend};
use super::times;

const ONCE: &str = "SELECT count(*) FROM applications WHERE id = ANY($1::text[]::uuid[])";

/// Applications without the history, the mails or the kept answer that were written with them, or with several.
const HALVES: &str = "
    WITH events AS (
        SELECT application_id AS id, count(*) AS n FROM application_events GROUP BY 1
    ), mails AS (
        SELECT split_part(reason, ':', 2) AS id, array_agg(split_part(reason, ':', 3) ORDER BY reason) AS all
        FROM outbox WHERE reason LIKE 'application:%' GROUP BY 1
    ), answers AS (
        SELECT resource_id AS id, count(*) AS n FROM idempotency_keys GROUP BY 1
    )
    SELECT count(*) FROM applications AS a
    LEFT JOIN events ON events.id = a.id
    LEFT JOIN mails ON mails.id = a.id::text
    LEFT JOIN answers ON answers.id = a.id
    WHERE (events.n, mails.all, answers.n) IS DISTINCT FROM (1, '{new,received}', 1)";

const OF_PEOPLE: &str = "SELECT count(*) FROM applications WHERE person_id = ANY($1::text[]::uuid[])";

const MOST_IN_AN_HOUR: &str = "
    SELECT coalesce(max(n), 0) FROM (
        SELECT count(*) OVER (PARTITION BY person_id ORDER BY created_at
                              RANGE BETWEEN interval '1 hour' PRECEDING AND CURRENT ROW) AS n
        FROM applications
    ) AS hours";

const WAITING: &str = "SELECT count(*) FROM outbox WHERE state = 'queued'";

const SENT: &str = "SELECT id::text FROM outbox WHERE state = 'sent'";

const NOT_SENT: &str = "SELECT count(*) FROM outbox WHERE state <> 'sent'";

async fn number(client: &Client, statement: &str) -> i64 {
    client.query_one(statement, &[]).await.expect("the database answers").get(0)
}

/// Nothing is lost, doubled or half-written: each accepted application is one row, each row has its mail, nobody has
/// over ten in an hour, and every mail has reached Resend once. Returns how many rows the people at hand have.
pub(super) async fn nothing_is_lost_or_doubled(fleet: &Fleet, accepted: &[String], people: &[String]) -> usize {
    let client = database(fleet).await;
    let mut distinct = accepted.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), accepted.len(), "an id was given twice");
    let rows: i64 = client.query_one(ONCE, &[&accepted]).await.expect("the database answers").get(0);
    assert_eq!(usize::try_from(rows), Ok(accepted.len()), "each 201 has its row");
    assert_eq!(number(&client, HALVES).await, 0, "each row has its history, mails and answer");
    assert!(number(&client, MOST_IN_AN_HOUR).await <= 10, "nobody has more than ten in an hour");
    every_mail_arrived_once(fleet, &client).await;
    let all: i64 = client.query_one(OF_PEOPLE, &[&people]).await.expect("the database answers").get(0);
    usize::try_from(all).expect("a count")
}

/// The outbox empties, and Resend accepted each of its mails once.
async fn every_mail_arrived_once(fleet: &Fleet, client: &Client) {
    let empty = wait::until(times::mails_leave(), "an empty outbox", async || number(client, WAITING).await == 0).await;
    empty.expect("the mails leave");
    assert_eq!(number(client, NOT_SENT).await, 0, "no mail is dead, late or uncertain");
    let report = resend(fleet).get("/control/deliveries").await.expect(200);
    let deliveries = report["deliveries"].as_array().expect("a list");
    let mut arrived = BTreeMap::<&str, usize>::new();
    for delivery in deliveries {
        *arrived.entry(delivery["tags"]["outbox_id"].as_str().expect("a tag")).or_default() += 1;
    }
    let sent = client.query(SENT, &[]).await.expect("the database answers");
    let lost: Vec<String> =
        sent.iter().map(|row| row.get::<_, String>(0)).filter(|id| !arrived.contains_key(id.as_str())).collect();
    let doubled: Vec<_> = arrived.iter().filter(|(_, times)| **times > 1).collect();
    assert!(lost.is_empty() && doubled.is_empty(), "mails lost: {lost:?}, doubled: {doubled:?}");
}

/// Forgets every application and mail, so that the next fault is counted by itself.
pub(super) async fn forget(fleet: &Fleet) {
    let client = database(fleet).await;
    // The functions go on reading and claiming, in orders of their own: whoever waited for them would be in a deadlock.
    let truncate = "SET lock_timeout = '100ms'; TRUNCATE applications, application_events, outbox, mail_batches";
    let emptied =
        wait::until(times::mails_leave(), "empty tables", async || client.batch_execute(truncate).await.is_ok());
    emptied.await.expect("nobody holds them for long");
    let cleared = resend(fleet).request(Method::DELETE, "/control/deliveries").send().await;
    cleared.expect("the stand-in answers").error_for_status().expect("it forgets");
}

/// Requests that took longer than that by the functions' own histograms, over their whole lives.
pub(super) fn later_than_ten_seconds(metrics: &[String]) -> f64 {
    let sum = |ending: &str, label: &str| -> f64 {
        let lines = metrics.iter().flat_map(|text| text.lines());
        let named = lines.filter(|line| line.starts_with(&format!("http_server_request_duration_seconds_{ending}{{")));
        named.filter(|line| line.contains(label)).filter_map(value).sum()
    };
    sum("count", "") - sum("bucket", "le=\"10.0\"")
}

fn value(line: &str) -> Option<f64> {
    line.rsplit(' ').next()?.parse().ok()
}
