//! What is assumed of Fly, held against the stand-in.

use std::path::Path;
use std::time::Duration;

use fly_stand_in::site::{Options, Site};
use fly_stand_in::{Act, Fault, Instead, Lands};
use serde_json::{Value, json};
use testbed::board::app;
use testbed::process::Process;

const PATIENCE: Duration = Duration::from_secs(120);

/// An exit code of ours.
const NEEDS_A_PERSON: i32 = 5;

/// Fly with one app and no machine. Nothing real runs: it does what it is told.
async fn bare() -> Site {
    // What has started is listed as started at once; and a test may ask as often as it likes.
    let (list_lag, rate, look_rate) = (Duration::ZERO, None, None);
    let settings = fly_stand_in::Settings { list_lag, rate, look_rate, ..Default::default() };
    let options = Options { programs: None, settings, ..Options::new([app("api")]) };
    Site::start(options).await.expect("a stand-in")
}

/// The same with one machine that is up.
async fn fly() -> Site {
    let site = bare().await;
    let image = format!("registry.fly.io/{}:deployment-1@sha256:{}", app("api"), "11".repeat(32));
    let config = json!({"image": image, "metadata": {"fly_platform_version": "v2"}, "guest": {"cpus": 1},
                        "checks": {"alive": {"type": "http", "port": 8080, "interval": "1s", "timeout": "1s"}}});
    call(&site, "/machines", json!({ "name": "one", "config": config, "region": "ams" })).await;
    // Checks come into the list one by one, after the start.
    let looked = async || has_checks(&site).await;
    testbed::wait::until(PATIENCE, "the machine is up, and its check is listed", looked).await.expect("up");
    site
}

async fn has_checks(site: &Site) -> bool {
    let http = platform::http::client::stack().expect("a client");
    let url = format!("{}/v1/apps/{}/machines", site.doors().api, app("api"));
    let listed = http.get(url).bearer_auth(&site.doors().token).send().await.expect("answered");
    let listed: Value = listed.json().await.expect("JSON");
    let one = &listed[0];
    one["state"] == "started" && one["checks"].as_array().is_some_and(|checks| !checks.is_empty())
}

async fn call(site: &Site, path: &str, body: Value) {
    let http = platform::http::client::stack().expect("a client");
    let url = format!("{}/v1/apps/{}{path}", site.doors().api, app("api"));
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

/// What it says, line by line, and its exit code.
async fn doctor(site: &Site, more: &[&str]) -> (Vec<Value>, Option<i32>) {
    let doors = site.doors();
    let command = Process::command(testbed::cargo::binary("boardctl").expect("built")).clean_env();
    let command =
        command.in_folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).args(["doctor", "fly", "--json"]);
    let command =
        command.args(more.iter().copied()).env("FLY_API_TOKEN", &doors.token).env("FLY_APP_URL", "http://127.0.0.1:9");
    let command = command.env("FLY_FLAPS_BASE_URL", &doors.api).env("FLY_API_BASE_URL", &doors.api);
    let process = command.start().expect("started");
    let status = process.wait(PATIENCE).await.expect("it ends");
    let output = process.output();
    assert!(!output.contains(&doors.token), "{output}");
    let line = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{output}"));
    (output.lines().map(line).collect(), status.code())
}

/// Of the line of this item.
fn verdict<'a>(told: &'a [Value], item: &str) -> Option<&'a str> {
    told.iter().find(|line| line["item"] == item)?["verdict"].as_str()
}

#[tokio::test]
async fn a_doctor_that_may_not_write_has_a_line_an_assumption_and_changes_nothing() {
    let site = fly().await;
    let before = machines(&site).await;
    let (told, exit) = doctor(&site, &[]).await;
    assert_eq!(machines(&site).await, before);
    let (last, items) = told.split_last().expect("lines");
    for item in
        ["token", "app", "list", "list-read", "image-ref", "checks", "lease-read", "wait", "metadata-read", "secrets"]
    {
        assert_eq!(verdict(items, item), Some("ok"), "{item}: {told:?}");
    }
    for item in ["app-status", "list-nonce", "ps", "prometheus"] {
        assert_eq!(verdict(items, item), Some("noted"), "{item}: {told:?}");
    }
    for item in ["registry", "releases"] {
        assert_eq!(verdict(items, item), Some("not_seen"), "the stand-in has none: {told:?}");
    }
    assert_eq!(verdict(items, "skip-launch"), None, "that is a write");
    let counted = ["ok", "differs", "noted", "not_seen"].map(|verdict| last[verdict].as_u64().expect("a number"));
    assert_eq!(counted.iter().sum::<u64>(), items.len() as u64);
    assert_eq!((verdict(items, "force-instance"), counted[1]), (Some("differs"), 1), "nobody listens there: {told:?}");
    assert_eq!((exit, &last["exit"]), (Some(NEEDS_A_PERSON), &NEEDS_A_PERSON.into()));
}

#[tokio::test]
async fn what_no_machine_shows_is_not_seen_and_no_reason_to_call_anybody() {
    let site = bare().await;
    let (told, exit) = doctor(&site, &["--write"]).await;
    for item in ["list", "list-nonce", "list-read", "checks", "releases", "force-instance", "skip-launch"] {
        assert_eq!(verdict(&told, item), Some("not_seen"), "{item}: {told:?}");
    }
    assert_eq!(exit, Some(0), "{told:?}");
}

#[tokio::test]
async fn a_refusal_is_no_metadata() {
    let site = fly().await;
    let answer = Instead::Status { status: 500, body: Some(r#"{"error":"planned"}"#.to_owned()), retry_after_s: None };
    let fault = Fault { call: Some(Act::Metadata), answer, ..Fault::default() };
    site.control().plan(&[fault]).await.expect("planned");
    let (told, exit) = doctor(&site, &[]).await;
    assert_eq!(verdict(&told, "metadata-read"), Some("differs"), "{told:?}");
    assert_eq!(exit, Some(NEEDS_A_PERSON));
}

#[tokio::test]
async fn a_doctor_that_may_write_removes_what_it_made() {
    let site = fly().await;
    let before = machines(&site).await;
    let (told, _) = doctor(&site, &["--write"]).await;
    for item in
        ["skip-launch", "name-once", "list-lag", "metadata", "lease-ttl", "lease-refresh", "lease-foreign", "destroyed"]
    {
        assert_eq!(verdict(&told, item), Some("ok"), "{item}: {told:?}");
    }
    // For a moment it is on its way out.
    let as_before = async || machines(&site).await == before;
    testbed::wait::until(PATIENCE, "the scratch machine is gone", as_before).await.expect("gone");
}

/// A create whose answer never comes.
async fn lost(site: &Site, lands: Lands) {
    let fault = Fault { call: Some(Act::Create), lands, answer: Instead::Cut, ..Fault::default() };
    site.control().plan(&[fault]).await.expect("planned");
}

#[tokio::test]
async fn a_scratch_machine_whose_answer_is_lost_is_found_by_its_name_and_removed() {
    let site = fly().await;
    let before = machines(&site).await;
    lost(&site, Lands::AtOnce).await;
    let (told, _) = doctor(&site, &["--write"]).await;
    assert_eq!(verdict(&told, "skip-launch"), Some("ok"), "{told:?}");
    let as_before = async || machines(&site).await == before;
    testbed::wait::until(PATIENCE, "the scratch machine is gone", as_before).await.expect("gone");
}

#[tokio::test]
async fn a_scratch_machine_of_which_nothing_is_known_is_left_to_a_person_by_the_command_that_shows_it() {
    let site = fly().await;
    lost(&site, Lands::Never).await;
    let (told, exit) = doctor(&site, &["--write"]).await;
    let line = told.iter().find(|line| line["item"] == "skip-launch").expect("a line");
    let seen = line["seen"].as_str().expect("words");
    assert!(seen.ends_with(&format!("look whether it is there: fly machine list --app {}", app("api"))), "{seen}");
    assert_eq!((line["verdict"].as_str(), exit), (Some("differs"), Some(NEEDS_A_PERSON)));
}
