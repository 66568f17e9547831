//! Metrics, as Prometheus and people see them.

use platform::clock::Clock;
use testbed::otlp::Receiver;
use testbed::wait;

use super::support::{Answer, Connection, Request, Running, SOON, bare, database};

const OPEN: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// Seconds since 1970.
fn now() -> f64 {
    Clock::system().now().unix_timestamp_nanos() as f64 / 1e9
}

async fn asked(function: &Running, method: &str, accept: Option<&str>) -> Answer {
    let request = Request::new(method, "/metrics");
    accept.into_iter().fold(request, |request, accept| request.header("Accept", accept)).ask(function.metrics).await
}

#[tokio::test]
async fn the_page_is_text_for_people_and_open_metrics_for_who_asks_for_it() {
    let function = bare().ready().await;
    let (text, open) = (asked(&function, "GET", None).await, asked(&function, "GET", Some(OPEN)).await);
    assert_eq!(text.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(text.body.contains("# TYPE board_spans_dropped_total counter\n") && !text.body.contains("# EOF"));
    assert_eq!(open.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(open.body.contains("# TYPE board_spans_dropped counter\n") && open.body.ends_with("# EOF\n"));
    for answer in [text, open] {
        assert_eq!((answer.header("vary"), answer.header("cache-control")), (Some("Accept"), Some("no-store")));
        // Each sample of the one stands in the other.
        assert!(answer.body.contains("\nboard_spans_dropped_total 0"), "{}", answer.body);
    }
}

#[tokio::test]
async fn head_has_no_body_and_other_methods_and_paths_are_refused_by_name() {
    let function = bare().ready().await;
    let mut connection = Connection::open(function.metrics).await.expect("it listens");
    connection.send(&Request::new("HEAD", "/metrics").text()).await.expect("it reads");
    let head = connection.head().await.expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    // What comes next is the next answer, so there was no body.
    assert_eq!(connection.ask(&Request::new("GET", "/metrics")).await.expect("an answer").status, 200);
    let post = asked(&function, "POST", None).await;
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(Request::new("GET", "/").ask(function.metrics).await.status, 404);
}

#[tokio::test]
async fn what_runs_and_how_the_process_does_is_told() {
    let before = now();
    let start = bare().env("SERVICE_VERSION", "3b0a553").env("AT_WORK_MAX", "7");
    let function = start.ready().await;
    let build = r#"board_build_info{service="bare_function",version="3b0a553"}"#;
    assert_eq!(function.metric(build).await, Some(1.0));
    assert_eq!(function.metric("board_requests_at_work_limit").await, Some(7.0));
    let told = async |name: &str| function.metric(name).await.unwrap_or_else(|| panic!("{name} is not told"));
    // The boot's time is known to a second, and when that was to another.
    assert!((told("process_start_time_seconds").await - before).abs() < 10.0);
    assert!(told("process_open_fds").await > 5.0 && told("process_max_fds").await > told("process_open_fds").await);
    assert!(told("process_threads").await >= 3.0);
    let resident = told("process_resident_memory_bytes").await;
    assert!((4e6..1e9).contains(&resident) && told("process_virtual_memory_bytes").await > resident, "{resident}");
    let used = told("process_cpu_seconds_total").await;
    let more = async || {
        function.get("/work/0").await;
        told("process_cpu_seconds_total").await > used
    };
    wait::until(SOON, "CPU time", more).await.expect("it works");
}

#[tokio::test]
async fn problems_are_counted_by_type_and_route() {
    let function = bare().ready().await;
    for path in ["/nowhere", "/elsewhere", "/things/7", "/panic"] {
        function.get(path).await;
    }
    Request::post("/echo", "{}").ask(function.address).await;
    for (problem, route, count) in [
        ("not-found", "unmatched", 2.0),
        ("not-found", "/things/{id}", 1.0),
        ("internal", "/panic", 1.0),
        ("validation-failed", "/echo", 1.0),
    ] {
        let line = format!(r#"board_problems_total{{problem="{problem}",route="{route}"}}"#);
        assert_eq!(function.metric(&line).await, Some(count), "{line}: {}", function.metrics_page().await);
    }
}

#[tokio::test]
async fn statements_are_measured_by_name_and_error_and_pools_by_their_size() {
    let database = database().await;
    let function = database.small().await.env("POOL_SIZE", "3").ready().await;
    assert_eq!(function.get("/sql/20").await.status, 200);
    function.get("/fail/23505").await;
    let name = "board_postgres_statement_duration_seconds";
    let slept = function.metric(&format!(r#"{name}_sum{{statement="select sleep",error=""}}"#)).await;
    assert!(slept.is_some_and(|slept| (0.02..5.0).contains(&slept)), "{slept:?}");
    let failed = function.metric(&format!(r#"{name}_count{{statement="select failure",error="23505"}}"#)).await;
    assert_eq!(failed, Some(1.0), "{}", function.metrics_page().await);
    // Three for requests, and the background's own.
    let limit = function.metric("board_postgres_pool_limit").await.expect("it is told");
    let size = async || function.metric("board_postgres_pool_size").await.expect("it is told");
    assert!(limit > 3.0 && (1.0..=limit).contains(&size().await), "{limit}");
    assert!(function.metric("board_postgres_pool_idle").await.is_some_and(|idle| idle >= 1.0));
}

#[tokio::test]
async fn a_bucket_names_a_trace_that_was_kept() {
    let receiver = Receiver::start().expect("it listens");
    let start = bare().env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url()).env("OTEL_BSP_SCHEDULE_DELAY", "10");
    let function = start.ready().await;
    assert_eq!(function.metric("board_spans_last_export_timestamp_seconds").await, Some(0.0));
    function.get("/work/1").await;
    let trace = function.requests("GET /work/{ms}")[0]["trace_id"].as_str().expect("a trace").to_owned();
    let page = asked(&function, "GET", Some(OPEN)).await.body;
    let named = |line: &&str| line.starts_with("http_server_request_duration_seconds_bucket") && line.contains(&trace);
    let line = page.lines().find(named).unwrap_or_else(|| panic!("{page}"));
    let span = receiver.wait_for(&trace, |trace| !trace.spans().is_empty(), SOON).await.expect("it was kept");
    assert!(line.contains(&format!(r#"# {{trace_id="{trace}",span_id="{}"}}"#, span.spans()[0].span_id)), "{line}");
    let exported = async || function.metric("board_spans_exported_total").await == Some(1.0);
    wait::until(SOON, "the count", exported).await.expect("it is counted");
    let last = function.metric("board_spans_last_export_timestamp_seconds").await.expect("it is told");
    assert!((0.0..60.0).contains(&(now() - last)), "{last}");
    assert!(!function.metrics_page().await.contains("trace_id"), "text has no exemplars");
}

#[tokio::test]
async fn a_trace_that_is_not_kept_is_not_named() {
    for (name, value) in [("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_SDK_DISABLED", "true")] {
        let function = bare().env(name, value).ready().await;
        function.get("/work/1").await;
        let page = asked(&function, "GET", Some(OPEN)).await.body;
        assert!(page.contains("http_server_request_duration_seconds_bucket") && !page.contains("trace_id"), "{page}");
    }
}

#[tokio::test]
async fn the_metrics_page_tells_requests_by_route_and_never_by_path() {
    let function = bare().ready().await;
    for path in ["/work/1", "/work/2", "/nowhere", "/panic", "/healthz"] {
        function.get(path).await;
    }
    let name = "http_server_request_duration_seconds_count";
    for (route, status, count) in [("/work/{ms}", 200, 2.0), ("unmatched", 404, 1.0), ("/panic", 500, 1.0)] {
        let labelled =
            format!(r#"{name}{{http_request_method="GET",http_route="{route}",http_response_status_code="{status}"}}"#);
        assert_eq!(function.metric(&labelled).await, Some(count), "{}", function.metrics_page().await);
    }
    let page = function.metrics_page().await;
    assert!(!page.contains("/work/1") && !page.contains("nowhere") && !page.contains("healthz"), "{page}");
    assert!(page.contains(r#"board_probe_good{check="switch"} 1"#), "{page}");
}

/// Each part declares its own metrics: only here is it seen that all are there before anything happens, and none twice.
#[tokio::test]
async fn every_part_shows_its_metrics_from_the_start_and_once() {
    let function = database().await.small().await.ready().await;
    let page = function.metrics_page().await;
    let mut names: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    names.sort_unstable();
    insta::assert_snapshot!(names.join("\n"), @"
    board_breaker_refused_total counter
    board_breaker_state gauge
    board_breaker_transitions_total counter
    board_build_info gauge
    board_client_connections gauge
    board_drain_phase gauge
    board_log_lines_lost_total counter
    board_postgres_pool_idle gauge
    board_postgres_pool_in_use gauge
    board_postgres_pool_limit gauge
    board_postgres_pool_size gauge
    board_postgres_pool_wait_seconds histogram
    board_postgres_pool_waiting gauge
    board_postgres_repeated_total counter
    board_postgres_statement_duration_seconds histogram
    board_probe_good gauge
    board_redis_wait_seconds histogram
    board_requests_at_work gauge
    board_requests_at_work_limit gauge
    board_requests_overloaded_total counter
    board_spans_dropped_total counter
    board_spans_exported_total counter
    board_spans_last_export_timestamp_seconds gauge
    process_cpu_seconds_total counter
    process_max_fds gauge
    process_open_fds gauge
    process_resident_memory_bytes gauge
    process_start_time_seconds gauge
    process_threads gauge
    process_virtual_memory_bytes gauge
    ");
}
