//! What a run needs from outside, over a real network: the proxy before the machines, and release records as flyctl was seen
//! to write them.

use deploy::machines::{ApiAddress, MachineId};
use deploy::run::{HttpProxy, HttpRecords, NewRecord, Proxy, Record, RecordEnd, Records, Reply as Answer};
use serde_json::json;

use crate::it::machines::server::{Reply, Server, TOKEN};

/// As an answer of flyctl's recordings has it, with what it has beyond what is read.
const RECORD: &str = r#"{"id":"rel58d07674","version":2,"stable":false,"in_progress":true,"status":"pending","strategy":"BLUEGREEN",
    "user":"stub@example.test","created_at":"2026-11-27T03:02:35.138Z",
    "image_ref":"registry.fly.io/web:deployment-2@sha256:22"}"#;

fn whole(status: u16, body: impl ToString) -> Reply {
    Reply::Whole(status, "", body.to_string())
}

fn records(server: &Server) -> HttpRecords {
    let settings = server.settings();
    let (address, token) = (settings.address, settings.token);
    HttpRecords::new(address, token, "web".parse().expect("a name")).expect("an HTTP stack")
}

fn new() -> NewRecord {
    let definition = json!({"app": "web", "deploy": {"strategy": "bluegreen"}});
    NewRecord { image: "registry.fly.io/web:deployment-2@sha256:22".to_owned(), definition }
}

#[tokio::test]
async fn a_record_is_made_and_then_runs_under_a_bearer_token() {
    let made = format!(r#"{{"release":{RECORD}}}"#);
    let server = Server::start(vec![whole(201, made), whole(200, RECORD)]).await;
    let record = records(&server).open(&new()).await.expect("made");
    assert_eq!((record.id.as_str(), record.version, record.is_running()), ("rel58d07674", 2, true));
    let requests = server.requests();
    assert!(requests[0].starts_with("post /api/v1/releases http/1.1"), "{}", requests[0]);
    assert!(requests[0].contains(&format!("authorization: bearer {}", TOKEN.to_ascii_lowercase())));
    let body: serde_json::Value =
        serde_json::from_str(requests[0].split_once("\r\n\r\n").expect("a body").1).expect("JSON");
    assert_eq!((&body["app_name"], &body["strategy"]), (&json!("web"), &json!("BLUEGREEN")));
    assert_eq!(body["definition"]["deploy"]["strategy"], "bluegreen");
    assert!(requests[1].starts_with("patch /api/v1/releases/rel58d07674 http/1.1"));
    assert!(requests[1].ends_with(r#"{"metadata":null,"status":"running"}"#), "{}", requests[1]);
}

#[tokio::test]
async fn it_is_closed_with_how_it_ended_and_why() {
    for (end, word) in
        [(RecordEnd::Complete, "complete"), (RecordEnd::Failed, "failed"), (RecordEnd::Interrupted, "interrupted")]
    {
        let server = Server::start(vec![whole(200, RECORD)]).await;
        records(&server).close("rel58d07674", end, "why").await.expect("closed");
        let request = &server.requests()[0];
        assert!(
            request.contains(&format!(r#""status":"{word}""#)) && request.contains(r#""error":"why""#),
            "{request}"
        );
    }
}

#[tokio::test]
async fn the_newest_are_read_whichever_shape_they_come_in() {
    let server =
        Server::start(vec![whole(200, format!("[{RECORD}]")), whole(200, format!(r#"{{"releases":[{RECORD}]}}"#))])
            .await;
    let records = records(&server);
    let bare: Vec<Record> = records.newest(1).await.expect("records");
    assert_eq!(bare, records.newest(1).await.expect("records"));
    assert_eq!(bare[0].image_ref.as_deref(), Some("registry.fly.io/web:deployment-2@sha256:22"));
    assert!(server.requests()[0].starts_with("get /api/v1/apps/web/releases?limit=1 "));
}

#[tokio::test]
async fn what_fails_there_names_the_call_and_no_secret() {
    let server = Server::start(vec![whole(500, format!("bad token {TOKEN}")), whole(201, "<html>"), Reply::Cut]).await;
    let records = records(&server);
    for told in ["status 500", "cannot be read", "POST /api/v1/releases"] {
        let error = records.open(&new()).await.expect_err("it fails").to_string();
        assert!(error.contains(told), "{error}");
        assert!(!error.contains("fm2_") && !error.contains("127.0.0.1"), "{error}");
    }
    assert!(HttpRecords::FLY.parse::<ApiAddress>().is_ok());
}

#[tokio::test]
async fn a_machine_is_asked_for_by_its_id_through_the_proxy() {
    let server = Server::start(vec![whole(503, r#"{"ready":false}"#), Reply::Cut]).await;
    let proxy = HttpProxy::new(server.url()).expect("an HTTP stack");
    let machine: MachineId = "9080a0b0c0d001".parse().expect("an id");
    let answer = proxy.ask(&machine, "/readyz?steady=10s").await.expect("an answer");
    assert_eq!(answer, Answer { status: 503, body: r#"{"ready":false}"#.to_owned() });
    let request = &server.requests()[0];
    assert!(request.starts_with("get /readyz?steady=10s "), "{request}");
    assert!(request.contains("fly-force-instance-id: 9080a0b0c0d001"), "{request}");
    let unreached = proxy.ask(&machine, "/routable").await.expect_err("cut").0;
    assert!(!unreached.contains("127.0.0.1"), "{unreached}");
}
