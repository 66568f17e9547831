//! The log: one line for each finished request, with what is wanted in it and nothing personal.

use serde_json::{Value, json};

use super::support::{Connection, Request, Running, bare};

async fn asked() -> Running {
    let function = bare().ready().await;
    let marked =
        |request: Request| request.header("Authorization", "Bearer private-token").header("X-Mail", "a@b.example");
    for (request, status) in [
        (Request::new("GET", "/work/1?mail=private-query"), 200),
        (Request::post("/echo", json!({ "text": "private-body" })), 200),
        (Request::post("/echo", json!({ "text": 5, "private-field": 1 })), 422),
        (Request::new("GET", "/private-path"), 404),
        (Request::new("GET", "/panic?private-query"), 500),
    ] {
        assert_eq!(marked(request).ask(function.address).await.status, status);
    }
    function
}

fn only(function: &Running, operation: &str, status: u16) -> Value {
    let lines = function.requests(operation).into_iter().filter(|line| line["status"] == status);
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{operation} {status} in {}", function.output());
    lines[0].clone()
}

#[tokio::test]
async fn every_finished_request_is_one_line_with_its_ids() {
    let function = asked().await;
    let lines: Vec<_> = function.lines().into_iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(lines.len(), 5, "{}", function.output());
    for line in lines {
        assert_eq!(line["service"], "bare_function");
        assert_eq!(line["trace_id"].as_str().map(str::len), Some(32), "{line}");
        assert_eq!(line["span_id"].as_str().map(str::len), Some(16), "{line}");
        assert!(line["duration_ms"].is_f64() && line["timestamp"].is_string(), "{line}");
        assert!(line.get("user_id").is_none(), "nobody was signed in: {line}");
    }
}

#[tokio::test]
async fn a_failure_adds_fields_to_its_line() {
    let function = asked().await;
    let good = only(&function, "GET /work/{ms}", 200);
    assert!(good["level"] == "info" && good.get("error").is_none() && good.get("problem").is_none(), "{good}");
    let refused = only(&function, "POST /echo", 422);
    assert!(refused["level"] == "info" && refused["problem"] == "validation-failed", "{refused}");
    assert!(refused.get("error").is_none(), "{refused}");
    assert_eq!(only(&function, "GET unmatched", 404)["level"], "info");
    let failed = only(&function, "GET /panic", 500);
    assert!(failed["level"] == "error" && failed["error"].is_string(), "{failed}");
}

#[tokio::test]
async fn nothing_that_a_person_sent_is_in_the_log() {
    let output = asked().await.output();
    for private in ["private-", "a@b.example"] {
        assert!(!output.contains(private), "{output}");
    }
}

#[tokio::test]
async fn probes_leave_no_line() {
    let function = bare().ready().await;
    for path in ["/healthz", "/readyz", "/routable", "/version"] {
        assert_eq!(function.get(path).await.status, 200);
    }
    assert!(function.lines().iter().all(|line| line["message"] != "request"), "{}", function.output());
}

/// Guards: slow requests told.
#[tokio::test]
async fn a_request_that_took_longer_than_a_second_is_a_warning() {
    let function = bare().ready().await;
    for ms in [0, 1_100] {
        assert_eq!(function.get(&format!("/work/{ms}")).await.status, 200);
    }
    let levels: Vec<_> = function.requests("GET /work/{ms}").iter().map(|line| line["level"].clone()).collect();
    assert_eq!(levels, ["info", "warn"], "{}", function.output());
}

#[tokio::test]
async fn a_head_that_nobody_can_parse_is_a_counted_problem_and_no_error_of_ours() {
    let function = bare().ready().await;
    let heads = ["GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nno field\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n"];
    for head in heads {
        let mut connection = Connection::open(function.address).await.expect("it listens");
        connection.send(head).await.expect("it reads");
        let answer = connection.answer().await.expect("an answer");
        assert_eq!((answer.status, answer.problem().as_str(), answer.closes()), (400, "bad-request", true), "{head:?}");
    }
    let page = function.metrics_page().await;
    let of_400 =
        |line: &&str| line.starts_with("http_server_request_duration_seconds_count") && line.contains("\"400\"");
    assert!(page.lines().any(|line| of_400(&line) && line.ends_with(" 3")), "{page}");
    assert!(function.lines().iter().all(|line| line["level"] == "info"), "{}", function.output());
}
