//! The control surface, over HTTP.

use deploy::machines::{FlySettings, Http, Machines, Meaning, Token};
use fly_stand_in::State;
use reqwest::Method;
use serde_json::{Value, json};

use super::rig::{Rig, meaning, new};

async fn control(rig: &Rig, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let client = platform_client();
    let request = client.request(method, format!("{}/control{path}", rig.url));
    let request = request.header("authorization", "Bearer fm2_c3RhbmQtaW4");
    let request = body.into_iter().fold(request, |request, body| request.json(&body));
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

fn platform_client() -> reqwest::Client {
    platform::http::client::builder().build().expect("an HTTP stack")
}

async fn post(rig: &Rig, path: &str, body: Value) -> Value {
    let (status, answer) = control(rig, Method::POST, path, Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[actix_web::test]
async fn behaviours_happenings_and_the_state_are_said_and_seen() {
    let rig = Rig::http();
    post(&rig, "/behaviour", json!({"of": {"image": "sha256:11"}, "behaviour": {"lays_out_ms": 0, "boots_ms": null}}))
        .await;
    let id = rig.made(&new("a")).await;
    assert_eq!(rig.view(&id).state, State::Starting);
    post(&rig, "/happen", json!({"machine": "a", "what": "booted"})).await;
    post(&rig, "/happen", json!({"machine": id, "what": {"exited": {"code": 1}}})).await;
    let (_, state) = control(&rig, Method::GET, "/state", None).await;
    let machine = &state["machines"][0];
    assert_eq!((&machine["state"], &machine["restarts"]), (&json!("restarting"), &json!(1)));
    assert_eq!((&state["calls"]["create"], &state["apps"]), (&json!(1), &json!(["web"])));
    let refused = control(&rig, Method::POST, "/happen", Some(json!({"machine": "b", "what": "booted"}))).await;
    assert_eq!(refused.0, 400);
}

#[actix_web::test]
async fn faults_are_planned_and_given_up() {
    let rig = Rig::http();
    let fault = json!({"call": "list", "times": 5, "answer": {"status": {"status": 503}}});
    post(&rig, "/faults", json!([fault])).await;
    assert!(matches!(meaning(rig.machines.list().await), Meaning::Unanswered(_)));
    assert_eq!(control(&rig, Method::DELETE, "/faults", None).await.0, 200);
    rig.machines.list().await.expect("a list");
}

#[actix_web::test]
async fn settings_change_as_far_as_they_are_named() {
    let rig = Rig::http();
    let all = post(&rig, "/settings", json!({"full_regions": ["ams"]})).await;
    assert_eq!((&all["full_regions"], &all["list_lag_ms"]), (&json!(["ams"]), &json!(0)));
    assert!(matches!(meaning(rig.machines.create(&new("a")).await), Meaning::RegionFull(_)));
    for wrong in [json!({"list_lag": 1}), json!({"list_lag_ms": "long"}), json!([])] {
        assert_eq!(control(&rig, Method::POST, "/settings", Some(wrong)).await.0, 400);
    }
}

#[actix_web::test]
async fn apps_are_added_and_the_proxies_are_asked() {
    let rig = Rig::http();
    post(&rig, "/apps", json!({"name": "other"})).await;
    let other = Machines::new(rig.way.clone(), "other".parse().expect("a name"));
    other.app().await.expect("it is there");
    let id = rig.stopped("a").await;
    assert_eq!(post(&rig, "/knock", json!({"name": "web"})).await, json!({"woken": id}));
    let (_, routed) = control(&rig, Method::GET, "/routed?name=web", None).await;
    assert_eq!(routed, json!({"routed": []}));
}

#[actix_web::test]
async fn nothing_is_answered_to_who_does_not_show_the_token() {
    let rig = Rig::http();
    let settings =
        FlySettings { address: rig.url.parse().expect("an address"), token: Token::parse("fm2_b3RoZXI").expect("one") };
    let other = Machines::new(Http::new(&settings).expect("an HTTP stack"), "web".parse().expect("a name"));
    let error = other.app().await.expect_err("refused");
    assert!(matches!(error.meaning, Meaning::Unauthorized(_)) && error.request_id().is_some(), "{error}");
    for path in ["/control/state", "/v1/apps/web"] {
        let response = platform_client().get(format!("{}{path}", rig.url)).send().await.expect("an answer");
        assert_eq!(response.status(), 401, "{path}");
    }
}
