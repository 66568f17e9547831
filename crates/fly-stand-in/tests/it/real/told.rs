//! What a machine's process is told.

use serde_json::json;

use super::{IMAGE, Rig, SECRET, config, guest, options};

/// Its environment, as it says itself.
async fn environment(rig: &Rig) -> Vec<String> {
    let told = rig.ask().get("/env").await.text;
    told.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn it_is_told_who_it_is_what_is_configured_and_the_secrets() {
    let program = guest().env("OF_THE_IMAGE", "1").here("OF_HERE", "here");
    let rig = Rig::with(options().program(program)).await;
    let values = json!({"values": {"API_KEY": SECRET, "OF_THE_CONFIG": "the secret wins"}});
    api(&rig, reqwest::Method::POST, "/v1/apps/web/secrets", Some(values)).await;
    let id = rig.serving("a", config(json!({"OF_THE_CONFIG": "2", "OF_HERE": "there"}))).await;
    let told = environment(&rig).await;
    let machine = rig.machines.get(&id).await.expect("it is there");
    for line in [
        "OF_THE_IMAGE=1".to_owned(),
        "OF_THE_CONFIG=the secret wins".to_owned(),
        "OF_HERE=here".to_owned(),
        format!("API_KEY={SECRET}"),
        "FLY_APP_NAME=web".to_owned(),
        format!("FLY_MACHINE_ID={id}"),
        "FLY_REGION=ams".to_owned(),
        format!("FLY_IMAGE_REF={IMAGE}"),
        format!("FLY_MACHINE_VERSION={}", machine.instance_id),
        "FLY_PROCESS_GROUP=app".to_owned(),
        "PRIMARY_REGION=ams".to_owned(),
        format!("LISTEN={}:8080", rig.guest(&id).await.address),
    ] {
        assert!(told.contains(&line), "{line} is missing: {told:?}");
    }
}

#[tokio::test]
async fn no_answer_and_no_log_shows_a_secret() {
    let rig = Rig::new().await;
    let values = json!({"values": {"API_KEY": SECRET}});
    let stored = api(&rig, reqwest::Method::POST, "/v1/apps/web/secrets", Some(values)).await;
    let id = rig.serving("a", config(json!({}))).await;
    let mut shown = vec![stored, std::fs::read_to_string(rig.guest(&id).await.log).expect("a log")];
    for path in ["/v1/apps/web/secrets", "/v1/apps/web/machines", "/v1/apps/web", "/control/state", "/control/guests"] {
        shown.push(api(&rig, reqwest::Method::GET, path, None).await);
    }
    shown.push(api(&rig, reqwest::Method::GET, &format!("/v1/apps/web/machines/{id}"), None).await);
    shown.push(format!("{:?}", guest().here("API_KEY", SECRET).env("API_KEY", SECRET)));
    assert!(shown.iter().all(|text| text.len() > 1 && !text.contains(SECRET)));
}

#[tokio::test]
async fn a_secret_that_changed_is_told_at_the_next_start() {
    let rig = Rig::new().await;
    let store = async |value: &str| {
        let values = json!({"values": {"API_KEY": value}});
        api(&rig, reqwest::Method::POST, "/v1/apps/web/secrets", Some(values)).await;
    };
    store("old").await;
    let id = rig.serving("a", config(json!({}))).await;
    store("new").await;
    assert!(environment(&rig).await.contains(&"API_KEY=old".to_owned()));
    rig.stop(&id).await;
    rig.is(&id, deploy::machines::State::Stopped).await;
    rig.start(&id).await;
    rig.routed(&id, true).await;
    assert!(environment(&rig).await.contains(&"API_KEY=new".to_owned()));
}

async fn api(rig: &Rig, method: reqwest::Method, path: &str, body: Option<serde_json::Value>) -> String {
    let client = platform::http::client::builder().build().expect("an HTTP stack");
    let request = client.request(method, format!("{}{path}", rig.site.doors().api));
    let request = request.header("authorization", format!("FlyV1 {}", rig.site.doors().token));
    let response = body.into_iter().fold(request, |request, body| request.json(&body)).send().await;
    let response = response.expect("an answer");
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.text().await.expect("a body")
}
