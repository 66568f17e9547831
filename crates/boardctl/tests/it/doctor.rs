//! What is assumed of Fly, held against the stand-in.

use std::path::Path;
use std::time::Duration;

use fly_stand_in::site::{Options, Site};
use serde_json::{Value, json};
use testbed::process::Process;

const PATIENCE: Duration = Duration::from_secs(120);

/// Fly with one machine of one app. Nothing real runs: it does what it is told.
async fn fly() -> Site {
    // What has started is listed as started at once.
    let settings = fly_stand_in::Settings { list_lag: Duration::ZERO, ..Default::default() };
    let options = Options { programs: None, settings, ..Options::new(["board-api"]) };
    let site = Site::start(options).await.expect("a stand-in");
    let image = format!("registry.fly.io/board-api:deployment-1@sha256:{}", "11".repeat(32));
    let config = json!({"image": image, "metadata": {"fly_platform_version": "v2"}, "guest": {"cpus": 1},
                        "checks": {"alive": {"type": "http", "port": 8080, "interval": "1s", "timeout": "1s"}}});
    call(&site, "/machines", json!({ "name": "one", "config": config, "region": "ams" })).await;
    site
}

async fn call(site: &Site, path: &str, body: Value) {
    let http = platform::http::client::stack().expect("a client");
    let url = format!("{}/v1/apps/board-api{path}", site.doors().api);
    let sent = http.post(url).bearer_auth(&site.doors().token).json(&body).send().await.expect("answered");
    assert!(sent.status().is_success(), "{:?}", sent.text().await);
}

/// The state of each machine that is not gone, and its metadata.
async fn machines(site: &Site) -> Vec<(Value, Value)> {
    let state = site.control().state().await.expect("a state");
    let all = state["machines"].as_array().cloned().unwrap_or_default();
    let living = all.into_iter().filter(|machine| machine["state"] != "destroyed");
    living.map(|machine| (machine["state"].clone(), machine["config"]["metadata"].clone())).collect()
}

async fn doctor(site: &Site, more: &[&str]) -> Vec<Value> {
    let doors = site.doors();
    let command = Process::command(testbed::cargo::binary("boardctl").expect("built")).clean_env();
    let command =
        command.in_folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).args(["doctor", "fly", "--json"]);
    let command =
        command.args(more.iter().copied()).env("FLY_API_TOKEN", &doors.token).env("FLY_APP_URL", "http://127.0.0.1:9");
    let command = command.env("FLY_FLAPS_BASE_URL", &doors.api).env("FLY_API_BASE_URL", &doors.api);
    let process = command.start().expect("started");
    process.wait(PATIENCE).await.expect("it ends");
    let output = process.output();
    assert!(!output.contains(&doors.token), "{output}");
    output.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{output}"))).collect()
}

#[tokio::test]
async fn a_doctor_that_may_not_write_has_a_line_an_assumption_and_changes_nothing() {
    let site = fly().await;
    let started = async || machines(&site).await.iter().all(|(state, _)| state == "started");
    testbed::wait::until(PATIENCE, "the machine is up", started).await.expect("up");
    let before = machines(&site).await;
    let told = doctor(&site, &[]).await;
    assert_eq!(machines(&site).await, before);
    let (last, items) = told.split_last().expect("lines");
    let verdict = |item: &str| items.iter().find(|line| line["item"] == item).map(|line| line["verdict"].clone());
    for item in
        ["token", "app", "list", "list-read", "image-ref", "instance-id", "lease-read", "wait", "secrets", "releases"]
    {
        assert_eq!(verdict(item), Some("ok".into()), "{item}: {told:?}");
    }
    assert_eq!(verdict("registry"), Some("not_seen".into()), "the stand-in has none");
    assert_eq!(verdict("skip-launch"), None, "that is a write");
    assert_eq!(
        last["ok"].as_u64().unwrap_or_default()
            + last["differs"].as_u64().unwrap_or_default()
            + last["not_seen"].as_u64().unwrap_or_default(),
        items.len() as u64
    );
}

#[tokio::test]
async fn a_doctor_that_may_write_removes_what_it_made() {
    let site = fly().await;
    let started = async || machines(&site).await.iter().all(|(state, _)| state == "started");
    testbed::wait::until(PATIENCE, "the machine is up", started).await.expect("up");
    let before = machines(&site).await;
    let told = doctor(&site, &["--write"]).await;
    let verdict = |item: &str| told.iter().find(|line| line["item"] == item).map(|line| line["verdict"].clone());
    for item in
        ["skip-launch", "name-once", "list-lag", "metadata", "lease-ttl", "lease-refresh", "lease-foreign", "destroyed"]
    {
        assert_eq!(verdict(item), Some("ok".into()), "{item}: {told:?}");
    }
    // For a moment it is on its way out.
    let as_before = async || machines(&site).await == before;
    testbed::wait::until(PATIENCE, "the scratch machine is gone", as_before).await.expect("gone");
}
