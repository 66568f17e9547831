//! What never shows: tokens, nonces, and what machines are configured with.

use std::time::Duration;

use deploy::machines::{Config, Machine, Request};
use serde_json::json;

use super::answers::{self, id, new_machine};
use super::scripted::{Scripted, Step};
use super::server::{Reply, Server, TOKEN};

/// Each piece of the token, which is two macaroons, and the nonce.
fn hidden(text: &str) -> bool {
    let nonce = "c85f903715c8";
    TOKEN.split(',').chain([nonce, "hunter2"]).all(|secret| !text.contains(secret))
}

#[test]
fn the_search_for_secrets_finds_each() {
    assert!(hidden("fm2_ and more"));
    for text in [TOKEN, "x fm2_b3RoZXJzZWNyZXQ", "c85f903715c8", "a hunter2"] {
        assert!(!hidden(text), "{text}");
    }
}

#[tokio::test]
async fn a_token_that_an_answer_repeats_is_in_no_error() {
    let body = json!({"error": format!("Authenticate: bad token FlyV1 {TOKEN}")}).to_string();
    for status in [401, 403, 409, 422, 500] {
        let server = Server::start(vec![Reply::Whole(status, "", body.clone())]).await;
        let error = server.machines().cordon(&id()).await.expect_err("refused");
        let text = format!("{error} {error:?}");
        assert!(hidden(&text) && text.contains("bad token FlyV1 [token],[token]"), "{text}");
    }
}

#[tokio::test]
async fn neither_client_nor_settings_nor_lost_connections_show_a_secret() {
    let server = Server::start(vec![Reply::Cut]).await;
    let machines = server.machines();
    let error = machines.cordon(&id()).await.expect_err("no answer");
    let text = format!("{machines:?} {machines:#?} {:?} {error} {error:?}", server.settings());
    assert!(hidden(&text), "{text}");
}

#[tokio::test(start_paused = true)]
async fn leases_requests_and_configurations_are_not_printed() {
    let mut machine = answers::machine();
    machine["nonce"] = json!("c85f903715c8");
    machine["config"]["env"]["PASSWORD"] = json!("hunter2");
    let script = Scripted::new([Step::Json(201, answers::lease()), Step::Json(200, machine.clone())]);
    let machines = script.machines();
    let lease = machines.take(&id(), Duration::from_secs(60), "x").await.expect("a lease");
    let seen: Machine = machines.get(&id()).await.expect("a machine");
    let mut new = new_machine();
    new.config = Config::new(machine["config"].clone());
    let request = Request {
        method: reqwest::Method::POST,
        path: "/v1".to_owned(),
        nonce: Some("c85f903715c8".to_owned().try_into().expect("a nonce")),
        body: Some(machine),
    };
    let text = format!("{lease:?} {seen:?} {new:?} {request:?} {:?}", request.nonce);
    assert!(hidden(&text), "{text}");
}
