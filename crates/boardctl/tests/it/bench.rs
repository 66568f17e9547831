//! What the guards cost, as far as it is counted: builds without optimization tell nothing of speed.

use std::time::Duration;

use serde_json::Value;
use testbed::process::Process;

/// More than the bench gives itself.
const PATIENCE: Duration = Duration::from_secs(240);

async fn table() -> Vec<Value> {
    // Beside it are the functions, once cargo has built them.
    let boardctl = testbed::cargo::binary("boardctl").expect("built");
    let bench = Process::command(boardctl).clean_env().args(["bench", "--quick", "--json"]).start().expect("started");
    let status = bench.wait(PATIENCE).await.expect("it ends");
    assert_eq!(status.code(), Some(0), "{}", bench.output());
    let output = bench.output();
    let json = output.lines().find(|line| line.starts_with('[')).expect("a line of JSON");
    serde_json::from_str(json).expect("JSON")
}

/// A figure of a row.
#[track_caller]
fn figure(table: &[Value], name: &str, figure: &str) -> f64 {
    let row = table.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name:?} in {table:?}"));
    row[figure].as_f64().unwrap_or_else(|| panic!("no {figure} in {row}"))
}

#[tokio::test]
async fn a_refusal_by_redis_and_an_open_breaker_cost_postgres_nothing_and_a_look_is_one_command() {
    let table = table().await;
    let of = |name: &str, what: &str| figure(&table, name, what);
    for free in [
        "job page, breaker open: from memory",
        "job page, breaker open: nothing in memory",
        "the eleventh, refused by Redis",
    ] {
        // The prober asks once a second; a request that asked would ask each time.
        assert!(of(free, "transactions") < 0.1, "{free}: {table:?}");
        assert!(of(free, "table_uses") < 0.01, "{free}: {table:?}");
    }
    for asked in ["job page, breaker closed", "apply", "apply again under the same key"] {
        assert!(of(asked, "transactions") >= 1.0 && of(asked, "table_uses") > 0.0, "{asked}: {table:?}");
    }
    // Whoever was not answered in time on a busy machine goes without the look, or without the note after it.
    let look = of("the eleventh, refused by Redis", "redis_commands");
    assert!((0.99..=1.0).contains(&look), "{look}");
    // The look, and the note of what was accepted.
    let noted = of("apply", "redis_commands");
    assert!((1.9..=2.0).contains(&noted), "{noted}");
    for page in ["job page, breaker closed", "job page, breaker open: from memory"] {
        assert!(of(page, "redis_commands") < 0.01, "{page}: {table:?}");
    }
    assert_eq!(table.len(), 10, "{table:?}");
}
