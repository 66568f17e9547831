//! Whether a process has been well for a while: what gates a deploy.

use testbed::wait;

use super::support::{Answer, Database, Request, Running, SOON, bare, database};

async fn steady(function: &Running, lasting: &str) -> Answer {
    function.get(&format!("/readyz?steady={lasting}")).await
}

async fn wait_until_steady(function: &Running) {
    let good = async || steady(function, "1s").await.status == 200;
    wait::until(SOON, "steady", good).await.expect("it is well for a second");
}

async fn with_critical_request() -> (Database, Running) {
    let database = database().await;
    let function = database.small().await.env("CRITICAL", "1").ready().await;
    (database, function)
}

#[tokio::test]
async fn a_process_is_steady_when_it_has_been_ready_for_as_long_as_was_asked() {
    let function = bare().ready().await;
    let early = steady(&function, "60s").await;
    assert_eq!((early.status, &early.json()["ready"]), (503, &true.into()), "{}", early.body);
    let because = early.json()["unsteady"][0].as_str().map(str::to_owned).expect("a reason");
    assert!(because.starts_with("it has been ready for "), "{because}");
    wait_until_steady(&function).await;
    let now = steady(&function, "1s").await.json();
    assert_eq!((&now["ready"], &now["unsteady"]), (&true.into(), &serde_json::json!([])), "{now}");
    assert!(function.get("/readyz").await.json()["unsteady"].is_null(), "it was not asked");
}

#[tokio::test]
async fn what_is_asked_wrong_is_refused_by_name() {
    let function = bare().ready().await;
    for wrong in ["steady=10", "steady=0s", "steady=61s", "steady=ten", "steady=-1s", "steady=", "steady=1s&steady=1s"]
    {
        let answer = function.get(&format!("/readyz?{wrong}")).await;
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["parameter"], "steady", "{wrong}: {}", answer.body);
    }
    let unknown = function.get("/readyz?steadily=1s").await;
    assert_eq!((unknown.status, &unknown.json()["errors"][0]["parameter"]), (422, &"steadily".into()));
}

#[tokio::test]
async fn failures_of_its_own_make_it_unsteady_and_leave_it_ready() {
    let (_database, function) = with_critical_request().await;
    wait_until_steady(&function).await;
    for _ in 0..20 {
        assert_eq!(function.get("/fail/22012").await.status, 500);
    }
    let answer = steady(&function, "10s").await;
    assert_eq!((answer.status, function.get("/readyz").await.status), (503, 200), "{}", answer.body);
    assert!(answer.body.contains("20 of 20 answers were a failure of its own (5xx)"), "{}", answer.body);
}

/// Readiness asks whether the database can do what is needed; whether people get what they need is seen by asking for it.
#[tokio::test]
async fn a_critical_request_that_fails_makes_it_unsteady_until_it_is_answered_again() {
    let (database, function) = with_critical_request().await;
    wait_until_steady(&function).await;
    database.client.batch_execute("ALTER TABLE rows RENAME TO gone").await.expect("it is renamed");
    let because = r#""its critical request failed: status 500""#;
    let told = async || steady(&function, "1s").await.body.contains(because);
    wait::until(SOON, "unsteady", told).await.expect("it is noticed");
    let ready = function.get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert!(
        ready.json()["degraded"][0]
            .as_str()
            .is_some_and(|part| part.starts_with("critical request: status 500 since "))
    );
    let line = function.line("the critical request failed").await;
    assert_eq!((&line["level"], &line["class"]), (&"warn".into(), &"internal".into()), "{line}");
    assert!(line["error"].as_str().is_some_and(|error| error.contains("42P01")), "{line}");
    let good = r#"board_probe_good{check="critical request"}"#;
    assert_eq!(function.metric(good).await, Some(0.0));
    database.client.batch_execute("ALTER TABLE gone RENAME TO rows").await.expect("it is back");
    wait_until_steady(&function).await;
    assert_eq!(function.get("/readyz").await.json()["degraded"], serde_json::json!([]));
    assert_eq!(function.metric(good).await, Some(1.0));
}

#[tokio::test]
async fn the_critical_request_is_nobodys_and_leaves_no_trace() {
    let (_database, function) = with_critical_request().await;
    wait_until_steady(&function).await;
    assert!(function.requests("GET /rows").is_empty(), "{}", function.output());
    assert!(!function.metrics_page().await.contains(r#"route="/rows""#));
    // Nobody else can pass for it.
    let forged = Request::new("GET", "/me").header("Critical-Request", "0123456789abcdef0123456789abcdef");
    assert_eq!(forged.ask(function.address).await.status, 401);
    assert_eq!(function.requests("GET /me").len(), 1);
}
