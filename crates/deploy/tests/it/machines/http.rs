//! The same client over a real network: what is on the wire, and what becomes of a connection that fails.

use std::time::Duration;

use deploy::machines::{Doubt, FlySettings, Http, Limits, Machines, Meaning, Signal, Unreadable, Why};
use serde_json::json;

use super::answers::{self, MACHINE, id};
use super::server::{Reply, Server, TOKEN};

fn whole(status: u16, body: impl ToString) -> Reply {
    Reply::Whole(status, "fly-request-id: 01KB-ams\r\n", body.to_string())
}

#[tokio::test]
async fn a_call_carries_who_we_are_the_lease_and_json() {
    let server = Server::start(vec![whole(201, answers::lease()), whole(200, r#"{"ok":true}"#)]).await;
    let machines = server.machines();
    let lease = machines.take(&id(), Duration::from_secs(60), "boardctl 42").await.expect("a lease");
    machines.stop(&lease, Signal::Term, Duration::from_secs(30)).await.expect("stopped");
    let requests = server.requests();
    let (head, body) = requests[1].split_once("\r\n\r\n").expect("a request");
    let lines: Vec<_> = head.lines().collect();
    assert_eq!(lines[0], format!("post /v1/apps/web/machines/{MACHINE}/stop http/1.1"));
    let authorization = format!("authorization: FlyV1 {TOKEN}").to_ascii_lowercase();
    for wanted in [&*authorization, "fly-machine-lease-nonce: c85f903715c8", "content-type: application/json"] {
        assert!(lines.contains(&wanted), "{wanted}: {head}");
    }
    assert!(lines.iter().any(|line| line.starts_with("user-agent: boardctl/")), "{head}");
    assert_eq!(body, r#"{"signal":"SIGTERM","timeout":"30000ms"}"#);
    assert!(!requests[0].contains("nonce"), "{}", requests[0]);
}

#[tokio::test]
async fn recorded_answers_are_read() {
    let server = Server::start(vec![whole(200, answers::list()), whole(200, answers::machine())]).await;
    let machines = server.machines();
    assert_eq!(machines.list().await.expect("machines").len(), 2);
    assert_eq!(machines.get(&id()).await.expect("a machine").id, id());
}

#[tokio::test]
async fn a_connection_that_fails_before_the_whole_answer_leaves_a_write_unknown_and_is_not_tried_again() {
    for reply in [Reply::Cut, Reply::Half] {
        let server = Server::start(vec![reply]).await;
        let error = server.machines().cordon(&id()).await.expect_err("no answer");
        assert!(matches!(error.meaning, Meaning::Unknown(Doubt::Disconnected(_))), "{error:?}");
        assert_eq!(server.requests().len(), 1);
    }
    let server = Server::start(vec![Reply::Cut]).await;
    let error = server.machines().get(&id()).await.expect_err("no answer");
    assert!(matches!(error.meaning, Meaning::Unanswered(Doubt::Disconnected(_))), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_call_that_hangs_is_cut() {
    let server = Server::start(vec![Reply::Hang]).await;
    let limits = Limits { call: Duration::from_millis(300), ..Limits::default() };
    let error = server.with_limits(limits).destroy(&id(), true).await.expect_err("no answer");
    assert_eq!(error.meaning, Meaning::Unknown(Doubt::TimedOut));
}

#[tokio::test]
async fn a_call_that_was_never_sent_changed_nothing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    drop(taken);
    let settings = FlySettings {
        address: format!("http://{address}").parse().expect("an address"),
        token: deploy::machines::Token::parse(TOKEN).expect("a token"),
    };
    let machines = Machines::new(Http::new(&settings).expect("an HTTP stack"), "web".parse().expect("a name"));
    let error = machines.cordon(&id()).await.expect_err("no answer");
    assert!(matches!(error.meaning, Meaning::Unanswered(Doubt::Disconnected(_))), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let lines = "location: http://127.0.0.1:1/\r\n";
    let server = Server::start(vec![Reply::Whole(307, lines, String::new())]).await;
    let error = server.machines().cordon(&id()).await.expect_err("no answer");
    let wrong = Unreadable { field: "the whole of it".to_owned(), why: Why::Status(307) };
    assert_eq!(error.meaning, Meaning::Unreadable(wrong));
}

#[tokio::test]
async fn a_refusal_brings_its_wait_and_its_request_id() {
    let lines = "retry-after: 3\r\nFly-Request-Id: 01KC-ams\r\n";
    let server = Server::start(vec![Reply::Whole(429, lines, String::new())]).await;
    let error = server.machines().cordon(&id()).await.expect_err("limited");
    assert_eq!(error.meaning, Meaning::RateLimited { wait: Duration::from_secs(3) });
    assert_eq!(error.request_id(), Some("01KC-ams"));
}

#[tokio::test]
async fn an_answer_without_a_request_id_says_so() {
    let body = json!({"error": "failed_precondition: no"}).to_string();
    let server = Server::start(vec![Reply::Whole(412, "", body)]).await;
    let error = server.machines().start(&id()).await.expect_err("refused");
    assert!(error.to_string().ends_with("(status 412, no fly-request-id)"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_longer_than_any_of_flys_is_given_up() {
    let mut list = answers::list();
    list[0]["padding"] = json!("x".repeat(9 << 20));
    let server = Server::start(vec![whole(200, list)]).await;
    let error = server.machines().list().await.expect_err("no list");
    assert!(matches!(error.meaning, Meaning::Unreadable(_)), "{error:?}");
}
