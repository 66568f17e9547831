//! All or nothing, on servers of its own: the test breaks the outbox and reads the server's log.

use serde_json::{Value, json};
use testbed::board::{Board as Whole, Secrets, Servers};
use uuid::Uuid;

use super::board::{Board, Employer, Running, Someone};

/// Refuses the second mail of an application: by then the application, its history and the first are written.
const BREAK: &str = "ALTER TABLE outbox ADD CONSTRAINT broken_by_test CHECK (kind <> 'new_application') NOT VALID";
const MEND: &str = "ALTER TABLE outbox DROP CONSTRAINT broken_by_test";

#[tokio::test]
async fn an_application_whose_mails_cannot_be_written_is_not_made() {
    let settings = [("log_statement", "all"), ("log_line_prefix", "%p ")];
    let servers = Servers::temporary(&settings).await.expect("servers");
    let whole = Whole::migrated(servers, Secrets::generate(), testbed::cargo::binary, |_| 0).await.expect("a board");
    let running = Running::on(whole).await;
    let board = running.seen().await;
    let (ada, employer) = (board.someone().await, board.employer().await);

    board.run(BREAK).await;
    let answer = ada.apply(&employer.job, "A private letter").await;
    let problem = answer.problem(500, "internal");
    assert_eq!(problem.as_object().map(serde_json::Map::len), Some(4), "no more than type, title, status and trace");
    assert_eq!(board.written(&ada).await, [0, 0, 0]);
    assert_eq!(board.number("SELECT count(*) FROM outbox").await, 0);
    one_line_tells_it(&board, &ada, problem["trace_id"].as_str().expect("a trace"));

    board.run(MEND).await;
    ada.apply(&employer.job, "A private letter").await.expect(201);
    assert_eq!(board.written(&ada).await, [1, 1, 2]);
    one_transaction_in_order(&board);
    as_many_at_once_as_the_pool_has(&board, &employer).await;
}

/// The request has one line, which says what failed and nothing personal.
fn one_line_tells_it(board: &Board<'_>, ada: &Someone, trace: &str) {
    let output = board.running.applications.output();
    let errors: Vec<&str> = output.lines().filter(|line| line.contains("\"level\":\"error\"")).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let line: Value = serde_json::from_str(errors[0]).expect("a JSON line");
    for (name, value) in [
        ("trace_id", json!(trace)),
        ("user_id", json!(ada.person.id)),
        ("operation", json!("POST /v1/jobs/{id}/applications")),
        ("service", json!("applications")),
        ("status", json!(500)),
    ] {
        assert_eq!(line[name], value, "{line}");
    }
    assert!(line["span_id"].as_str().is_some_and(|id| id.len() == 16), "{line}");
    assert!(line["duration_ms"].as_f64().is_some_and(|took| took > 0.0), "{line}");
    let error = line["error"].as_str().expect("a cause");
    assert!(error.contains("insert application, history and mails"), "{error}");
    assert!(error.contains("23514") && error.contains("broken_by_test"), "{error}");
    let of_request = output.lines().filter(|line| line.contains(trace)).count();
    assert_eq!(of_request, 1, "a failure adds fields to the request's line, never a line");
    for personal in ["private", "people.example", "Lovelace", &ada.person.token] {
        assert!(!output.contains(personal), "{personal} was logged");
    }
}

/// What the server ran for the good application: `BEGIN`, the person's lock, one statement, `COMMIT`, on one
/// connection.
fn one_transaction_in_order(board: &Board<'_>) {
    let log = board.running.whole.servers.postgres.own().expect("our own server").log_text();
    let at = log.rfind("INSERT INTO applications (id").expect("the statement");
    let start = log[..at].rfind("LOG:").map(|mark| log[..mark].rfind('\n').map_or(0, |line| line + 1));
    let pid = log[start.expect("its line")..].split(' ').next().expect("a process id");
    let entry = |line: &str| line.strip_prefix(&format!("{pid} LOG:  ")).map(str::to_owned);
    let entries: Vec<String> = log.lines().filter_map(entry).collect();
    let applied = entries.iter().rposition(|line| line.contains("execute") && line.contains("WITH moment AS"));
    let applied = applied.unwrap_or_else(|| panic!("not among {entries:?}"));
    assert!(entries[applied - 1].contains("pg_advisory_xact_lock"), "{}", entries[applied - 1]);
    assert_eq!(entries[applied - 2], "statement: BEGIN");
    assert_eq!(entries[applied + 1], "statement: COMMIT");
}

/// More callers than connections: all get in, none twice.
async fn as_many_at_once_as_the_pool_has(board: &Board<'_>, employer: &Employer) {
    let mut people = Vec::new();
    for _ in 0..32 {
        people.push(board.someone().await);
    }
    let letters: Vec<String> = people.iter().map(|_| Uuid::new_v4().to_string()).collect();
    let all = people.iter().zip(&letters).map(|(person, letter)| person.apply(&employer.job, letter));
    for answer in futures_util::future::join_all(all).await {
        answer.expect(201);
    }
    for (person, letter) in people.iter().zip(&letters) {
        let kept = format!("SELECT letter FROM applications WHERE person_id = '{}'", person.person.id);
        assert_eq!(board.text(&kept).await, *letter, "somebody else's letter");
    }
}
