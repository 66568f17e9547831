//! What browsers ask before they let a page of another origin ask, and what they let it read.

use testbed::wait;

use super::support::{Answer, Connection, Request, Running, SOON, bare};

const ORIGIN: &str = "https://board.example";

async fn running() -> Running {
    bare().env("ALLOWED_ORIGINS", "https://board.example,http://localhost:3000").ready().await
}

async fn preflight(function: &Running, origin: &str, method: &str, headers: &str) -> Answer {
    let request = Request::new("OPTIONS", "/echo").header("Origin", origin);
    let request = request.header("Access-Control-Request-Method", method);
    request.header("Access-Control-Request-Headers", headers).ask(function.address).await
}

/// The words of a list in a header.
fn words(answer: &Answer, name: &str) -> Vec<String> {
    let list = answer.header(name).unwrap_or_default().split(',');
    list.map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty()).collect()
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_ask_with_what_the_api_takes() {
    let function = running().await;
    let asked = "authorization, content-type, idempotency-key, traceparent";
    let answer = preflight(&function, ORIGIN, "POST", asked).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert!(words(&answer, "access-control-allow-methods").contains(&"post".to_owned()), "{}", answer.head);
    let taken = words(&answer, "access-control-allow-headers");
    assert!(asked.split(", ").all(|name| taken.contains(&name.to_owned())), "{}", answer.head);
    assert_eq!(answer.header("access-control-max-age"), Some("7200"));
    assert_eq!(answer.header("access-control-allow-credentials"), None, "tokens are no cookies");
}

#[tokio::test]
async fn others_may_not_and_are_told_nothing() {
    let function = running().await;
    for (origin, method, headers) in [
        ("https://elsewhere.example", "POST", "authorization"),
        ("https://board.example.elsewhere.example", "POST", "authorization"),
        ("http://board.example", "POST", "authorization"),
        ("null", "POST", "authorization"),
        (ORIGIN, "PUT", "authorization"),
        (ORIGIN, "POST", "x-other"),
    ] {
        let answer = preflight(&function, origin, method, headers).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad-request"), "{origin} {method} {headers}");
        assert!(!answer.head.to_ascii_lowercase().contains("access-control-allow"), "{}", answer.head);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let line = r#"board_problems_total{problem="bad-request",route="/echo"}"#;
    assert_eq!(function.metric(line).await, Some(6.0), "{}", function.metrics_page().await);
    let answer =
        Request::new("GET", "/work/1").header("Origin", "https://elsewhere.example").ask(function.address).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
}

#[tokio::test]
async fn what_only_looks_like_a_question_for_leave_is_counted_once() {
    let function = running().await;
    for method in ["", "a b"] {
        assert_eq!(preflight(&function, ORIGIN, method, "authorization").await.status, 405, "{method}");
    }
    let name = "http_server_request_duration_seconds_count";
    let line = format!(r#"{name}{{http_request_method="OPTIONS",http_route="/echo",http_response_status_code="405"}}"#);
    assert_eq!(function.metric(&line).await, Some(2.0), "{}", function.metrics_page().await);
}

#[tokio::test]
async fn a_page_reads_answers_and_refusals_with_their_fields() {
    let function = running().await;
    for (path, status) in [("/work/1", 200), ("/nowhere", 404), ("/panic", 500)] {
        let answer = Request::new("GET", path).header("Origin", ORIGIN).ask(function.address).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, Some(ORIGIN)), "{path}");
        let read = words(&answer, "access-control-expose-headers");
        for name in ["retry-after", "ratelimit", "etag", "location"] {
            assert!(read.contains(&name.to_owned()), "{name}: {}", answer.head);
        }
        let vary = words(&answer, "vary");
        assert!(vary.contains(&"origin".to_owned()) && vary.contains(&"authorization".to_owned()), "{}", answer.head);
    }
}

#[tokio::test]
async fn whoever_is_refused_because_too_many_are_at_work_may_read_it_and_ask_for_leave() {
    let function = bare().env("ALLOWED_ORIGINS", ORIGIN).env("AT_WORK_MAX", "1").ready().await;
    let mut holder = Connection::open(function.address).await.expect("it listens");
    holder.send(&Request::new("GET", "/work/5000").text()).await.expect("it reads");
    let at_work = async || function.metric("board_requests_at_work").await == Some(1.0);
    wait::until(SOON, "a request at work", at_work).await.expect("it works");
    assert_eq!(preflight(&function, ORIGIN, "POST", "authorization").await.status, 200);
    for (origin, read) in [(ORIGIN, Some(ORIGIN)), ("https://elsewhere.example", None)] {
        let answer = Request::new("GET", "/work/1").header("Origin", origin).ask(function.address).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (503, read), "{}", answer.head);
        assert!(words(&answer, "vary").contains(&"origin".to_owned()), "{}", answer.head);
    }
}

#[tokio::test]
async fn by_default_no_page_of_another_origin_may_ask() {
    let function = bare().ready().await;
    assert_eq!(preflight(&function, ORIGIN, "POST", "authorization").await.status, 405);
    let answer = Request::new("GET", "/work/1").header("Origin", ORIGIN).ask(function.address).await;
    assert!(!answer.head.to_ascii_lowercase().contains("access-control"), "{}", answer.head);
    assert_eq!(answer.header("vary"), Some("Authorization"));
}
