//! What the server refuses, told so that somebody can mend it: the table, who stands in the way, and the credential.

use serde_json::{Value, json};
use testbed::otlp::Receiver;
use testbed::wait;

use super::support::{Database, Request, Running, SOON, database, servers, small};

async fn write(function: &Running, path: &str) -> Value {
    let body = json!({ "n": 1, "first": 1, "second": 2, "between_ms": 0 });
    let answer = match path {
        "/rows" => Request::post(path, json!({ "n": body["n"] })),
        _ => Request::post(path, json!({ "first": body["first"], "second": body["second"] })),
    };
    assert!(answer.ask(function.address).await.status >= 500);
    function.requests(&format!("POST {path}")).pop().expect("a line")
}

/// The function on this database as another role, which may do nothing yet.
async fn as_role(database: &Database, password: &str) -> super::support::Start {
    let role = database.url.rsplit(['/', '?']).nth(1).expect("a name").to_owned();
    let made = format!("CREATE ROLE {role} LOGIN PASSWORD 'a-right-word'");
    database.client.batch_execute(&made).await.expect("a role");
    let url = servers().await.postgres.url(&role, password, &role) + "?sslmode=disable";
    small(&url, &servers().await.redis.url(), &database.keys.public_jwks())
}

#[tokio::test]
async fn a_right_that_is_missing_is_told_with_its_table() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let start = as_role(&database, "a-right-word").await.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url());
    let function = start.ready().await;
    let line = write(&function, "/rows").await;
    assert_eq!(line["error"], "the server refused insert row with SQLSTATE 42501 on rows", "{line}");
    let span = async || receiver.spans().into_iter().find(|span| span.name == "insert row");
    let span = wait::until_some(SOON, "the span", span).await.expect("it arrives");
    assert_eq!((span.attribute("db.response.status_code"), span.attribute("db.collection.name")), ("42501", "rows"));
}

#[tokio::test]
async fn a_refused_credential_is_an_error_and_is_not_shown() {
    let database = database().await;
    let function = as_role(&database, "a-wrong-word").await.alive().await;
    let told = function.line("PostgreSQL gives no connection").await;
    assert_eq!((&told["level"], &told["class"]), (&json!("error"), &json!("28P01")), "{told}");
    assert!(!function.output().contains("a-wrong-word"), "{}", function.output());
}

/// The whole table is locked: already what prepares a statement waits.
#[tokio::test]
async fn a_lock_that_is_waited_for_in_vain_is_told_with_its_table_and_its_holder() {
    let (database, receiver) = (database().await, Receiver::start().expect("it listens"));
    let start = database.small().await.env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url());
    let function = start.ready().await;
    let locked = "SET application_name = 'a_migration'; BEGIN; LOCK TABLE rows IN ACCESS EXCLUSIVE MODE";
    database.client.batch_execute(locked).await.expect("it is locked");
    for path in ["/rows", "/flushes"] {
        let line = write(&function, path).await;
        let error = line["error"].as_str().expect("an error");
        let wanted = "another transaction stood in the way of insert row with SQLSTATE 55P03 on rows, held by a_migration since 2";
        assert!(error.starts_with(wanted), "{path}: {line}");
        let id = line["trace_id"].as_str().expect("a trace");
        let told = receiver.wait_for(id, |trace| !trace.named("insert row").is_empty(), SOON).await.expect("a span");
        let span = told.named("insert row")[0];
        assert_eq!(span.attribute("db.collection.name"), "rows", "{path}: {}", told.tree());
        assert!(span.attribute("app.db.lock.held_by").starts_with("a_migration since 2"), "{path}: {span:?}");
    }
}
