//! What `up` says.

use serde_json::{Value, json};
use testbed::board::{Board, Given, Part};
use testbed::otlp::Trace;

use super::start::Running;
use super::traces::span_as_json;
use crate::smoke_test::SmokeTest;

/// What runs where, and what to try; `pages` is where traces are shown.
pub(super) fn ready(board: &Board, running: &Running, pages: &str) {
    let (api, inbox) = (board.url(Part::Api), board.url(Part::ResendStandIn));
    println!("\nThe board is up.\n\n  {:<16} {:<28} log", "what", "where");
    for (part, process) in Part::all().into_iter().zip(&running.0) {
        println!("  {:<16} {:<28} {}", part.name(), board.url(part), process.log().display());
    }
    for (name, place, log) in servers(board) {
        println!("  {name:<16} {place:<28} {log}");
    }
    println!(
        "\nMails arrive at {inbox}/\nTraces are shown at {pages}/\n\nTry, in another terminal:\n\
         \n  # the newest jobs\
         \n  curl -s '{api}/v1/jobs?limit=3'\
         \n  # ask for a mail that signs you in, then look at {inbox}/\
         \n  curl -si {api}/v1/sign-in -H 'Content-Type: application/json' -d '{{\"email\":\"candidate@example.com\"}}'\
         \n  # the whole way from sign-in to mail, with its trace\
         \n  scripts/up --check   (after Ctrl-C here)\n\
         \nCtrl-C drains everything."
    );
}

fn servers(board: &Board) -> Vec<(&'static str, String, String)> {
    let others = "(yours)".to_owned();
    let postgres = match &board.servers.postgres {
        Given::Own(server) => (server.address().to_string(), server.process().log().display().to_string()),
        Given::Others(_) => (others.clone(), String::new()),
    };
    let redis = match &board.servers.redis {
        Given::Own(server) => (server.address().to_string(), server.process().log().display().to_string()),
        Given::Others(_) => (others, String::new()),
    };
    let traces = (board.servers.otlp.url(), "(within boardctl)".to_owned());
    [("PostgreSQL", postgres), ("Redis", redis), ("traces (OTLP)", traces)]
        .map(|(name, (place, log))| (name, place, log))
        .to_vec()
}

/// The steps with their times, the trace as a tree, and what is missing.
pub(super) fn test(test: &SmokeTest, trace: &Trace, missing: &[String]) {
    println!("\nThe smoke test:\n");
    for step in &test.steps {
        println!("  {:>9.1} ms  {}", step.took.as_secs_f64() * 1_000.0, step.name);
    }
    if let Some(failure) = &test.failure {
        println!("             failed: {failure}");
    }
    println!("\nIts trace, {} with {} spans:\n\n{}", test.trace_id, trace.spans().len(), trace.tree());
    if missing.is_empty() {
        println!("Everything is there.");
    } else {
        println!("Missing:\n  {}", missing.join("\n  "));
    }
}

/// The same for programs, in milliseconds.
pub(super) fn json(test: &SmokeTest, trace: &Trace, missing: &[String]) -> Value {
    let steps: Vec<_> =
        test.steps.iter().map(|step| json!({ "name": step.name, "ms": step.took.as_secs_f64() * 1_000.0 })).collect();
    let spans: Vec<_> = trace.spans().iter().map(span_as_json).collect();
    json!({
        "ok": missing.is_empty(),
        "missing": missing,
        "trace_id": test.trace_id,
        "steps": steps,
        "failure": test.failure,
        "spans": spans,
    })
}
