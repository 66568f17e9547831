//! Ready means able: a database that answers, and cannot serve this function, is told by name. Each test harms a board of
//! its own.

use std::time::Duration;

use serde_json::Value;
use testbed::board::{Board as Whole, Part};
use testbed::http::Client;
use testbed::process::Process;
use testbed::wait;

use super::board::{Board, PATIENCE};
use super::own::Own;

/// What `/readyz` says of PostgreSQL: nothing where it is good.
async fn told(api: &Client) -> Option<String> {
    let report: Value = serde_json::from_str(&api.get("/readyz").await.text).expect("a report");
    let checks = report["checks"].as_array().expect("a list").clone();
    let check = checks.into_iter().find(|check| check["name"] == "postgres").expect("it is a check");
    if check["good"] == true { None } else { check["error"].as_str().map(str::to_owned) }
}

/// It is asked once a second, and what it says is known after two rounds.
const ROUNDS: Duration = Duration::from_secs(10);

/// Waits until it says this, and is not ready but routable.
async fn is_told(api: &Client, wanted: &str) {
    let says = async || told(api).await.as_deref() == Some(wanted);
    let seen = wait::until(ROUNDS, wanted, says).await;
    assert!(seen.is_ok(), "instead: {:?}", told(api).await);
    assert_eq!((api.get("/readyz").await.status, api.get("/routable").await.status), (503, 200));
}

async fn is_ready(api: &Client) {
    let ready = async || api.get("/readyz").await.status == 200;
    let seen = wait::until(PATIENCE, "ready", ready).await;
    assert!(seen.is_ok(), "instead: {:?}", told(api).await);
}

/// Beside it, its critical request is answered well.
#[tokio::test]
async fn on_a_whole_board_it_is_steady() {
    let board = Board::new().await;
    let steady = async || board.api.get("/readyz?steady=1s").await.status == 200;
    wait::until(PATIENCE, "steady", steady).await.expect("it is well");
}

/// Guards: schema readiness.
#[tokio::test]
async fn a_database_that_was_not_brought_forward_is_told_by_the_first_missing_migration_until_it_was() {
    let whole = Whole::temporary().await.expect("a board");
    let server = whole.servers.postgres.own().expect("a server of our own");
    server.create_database("behind", None).await.expect("an empty database");
    let url = format!("{}?sslmode=disable", server.superuser_url("behind"));
    let process = whole.command(Part::Api).expect("a binary").env("DATABASE_URL", &url).start().expect("it starts");
    process.wait_until_ok(&format!("{}/routable", whole.url(Part::Api)), PATIENCE).await.expect("it lives");
    let api = Client::new(platform::http::client::stack().expect("an HTTP stack"), whole.url(Part::Api));
    let all = contracts::schema::of("api").migrations;
    is_told(&api, &format!("the migration {} was not applied, and {} more", all[0], all.len() - 1)).await;
    let migrate = Process::command(testbed::cargo::binary("migrate").expect("a binary")).clean_env();
    migrate.env("DATABASE_URL", &url).run().expect("it is brought forward");
    is_ready(&api).await;
    // One that is newer is fine, and one that lacks the last is not.
    let rows = server.client("behind").await.expect("a connection");
    rows.batch_execute("INSERT INTO refinery_schema_history VALUES (9999, 'later', '', '')").await.expect("a row");
    let last = all.last().expect("there are some");
    let number: i32 = last[1..5].parse().expect("a number");
    is_ready(&api).await;
    let delete = "DELETE FROM refinery_schema_history WHERE version = $1";
    assert_eq!(rows.execute(delete, &[&number]).await.expect("it is deleted"), 1);
    is_told(&api, &format!("the migration {last} was not applied")).await;
}

/// Guards: rights readiness.
#[tokio::test]
async fn a_right_that_the_login_lacks_is_named() {
    let own = Own::start(&[]).await;
    let rows = own.whole.client().await.expect("a connection");
    rows.batch_execute("REVOKE UPDATE (used_at) ON sign_ins FROM board_api").await.expect("it is taken");
    is_told(&own.api, "the login lacks the right to UPDATE on sign_ins.used_at").await;
    rows.batch_execute("REVOKE DELETE ON sign_ins FROM board_api").await.expect("it is taken");
    is_told(&own.api, "the login lacks the right to UPDATE on sign_ins.used_at, and 1 more").await;
    rows.batch_execute("GRANT UPDATE (used_at), DELETE ON sign_ins TO board_api").await.expect("they are given");
    is_ready(&own.api).await;
    rows.batch_execute("REVOKE board_api FROM board_api_login").await.expect("it is taken");
    wait::until(PATIENCE, "no right at all", async || told(&own.api).await.is_some()).await.expect("it is told");
}

/// Guards: read-only readiness.
#[tokio::test]
async fn a_database_that_takes_no_writes_is_told_and_reads_go_on() {
    let own = Own::start(&[]).await;
    let server = own.postgres().client("postgres").await.expect("a connection");
    let read_only = async |on: &str| {
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {on}");
        server.batch_execute("SET default_transaction_read_only = off").await.expect("for this session");
        server.batch_execute(&set).await.expect("it is set");
        server.batch_execute("SELECT pg_reload_conf()").await.expect("it is read");
    };
    read_only("on").await;
    is_told(&own.api, "it is read-only").await;
    assert_eq!(own.api.get("/v1/jobs").await.status, 200, "reads go on");
    read_only("off").await;
    is_ready(&own.api).await;
}
