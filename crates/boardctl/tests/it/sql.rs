//! The SQL spans against what PostgreSQL itself says that it ran.

use testbed::otlp::Trace;

use super::whole::{Whole, trace_of};

/// Every statement goes to the log, each line after the application that sent it.
const LOGGED: [(&str, &str); 2] = [("log_statement", "all"), ("log_line_prefix", "<%a> ")];

fn on_one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The statements that a service's spans name, in the order in which they began.
fn of_spans(trace: &Trace, service: &str) -> Vec<String> {
    let mut spans: Vec<_> = trace
        .spans()
        .iter()
        .filter(|span| span.service == service && !span.attribute("db.query.text").is_empty())
        .collect();
    spans.sort_by_key(|span| span.start);
    spans.iter().map(|span| on_one_line(span.attribute("db.query.text"))).collect()
}

/// Spans leave comments out, and no text of a board's statements has two dashes.
fn without_comment(line: &str) -> &str {
    line.split("--").next().unwrap_or_default()
}

/// The statements that the log has of an application. A statement of several lines goes on after tabs.
fn of_log(log: &str, application: &str) -> Vec<String> {
    let prefix = format!("<{application}> LOG:  ");
    let mut statements: Vec<String> = Vec::new();
    let mut ours = false;
    for line in log.lines() {
        if let (true, Some(more)) = (ours, line.strip_prefix('\t')) {
            if let Some(statement) = statements.last_mut() {
                statement.push(' ');
                statement.push_str(without_comment(more));
            }
            continue;
        }
        let entry = line.strip_prefix(&prefix).and_then(|entry| entry.split_once(": "));
        let begun = entry.filter(|(what, _)| *what == "statement" || what.starts_with("execute "));
        ours = begun.is_some();
        statements.extend(begun.map(|(_, sql)| without_comment(sql).to_owned()));
    }
    statements.iter().map(|sql| on_one_line(sql)).collect()
}

/// Functions ask themselves for lists each second, without spans: in the log there may be more of those.
fn is_of_a_list(sql: &str) -> bool {
    sql.rsplit_once(" DESC LIMIT $").is_some_and(|(_, last)| last.parse::<u8>().is_ok())
}

#[tokio::test]
async fn the_sql_spans_of_a_smoke_test_are_the_statements_in_the_log() {
    let whole = Whole::start(&LOGGED).await;
    // The first smoke test opens the connections and prepares the statements.
    assert_eq!(whole.smoke_test().await.failure, None);
    let server = whole.board.servers.postgres.own().expect("a server of ours");
    let before = server.log_text().len();
    let test = whole.smoke_test().await;
    assert_eq!(test.failure, None);
    let trace = trace_of(&test).await;
    let log = server.log_text();
    for service in ["api", "applications"] {
        let is_of_a_list = |sql: &String| is_of_a_list(sql);
        let (lists, spans): (Vec<_>, Vec<_>) = of_spans(&trace, service).into_iter().partition(is_of_a_list);
        let statements = of_log(&log[before..], &format!("{service}/pool"));
        let (logged, statements): (Vec<_>, Vec<_>) = statements.into_iter().partition(is_of_a_list);
        assert_eq!(spans, statements, "of {service}");
        assert!(lists.iter().all(|list| logged.contains(list)), "of {service}");
        assert!(spans.iter().any(|sql| sql == "BEGIN") && spans.iter().any(|sql| sql == "COMMIT"));
    }
}

#[test]
fn a_log_is_read_by_application() {
    let log = "<api/pool> LOG:  statement: BEGIN\n<api/pool> LOG:  execute s1: SELECT 1, -- one\n\t  2\n\
               <api/pool> DETAIL:  parameters: $1 = '7'\n\t8\n<api/probe> LOG:  statement: SELECT 1\n\
               <api/pool> LOG:  duration: 7 ms\n";
    assert_eq!(of_log(log, "api/pool"), ["BEGIN", "SELECT 1, 2"]);
}
