//! One machine for one name, whatever becomes of the answers.

use deploy::machines::{Call, Meaning};
use serde_json::{Value, json};

use super::answers::{self, MACHINE, id, named, new_machine};
use super::scripted::{Scripted, Step};

fn conflict() -> Step {
    let text = format!(
        "already_exists: unique machine name violation, machine ID {MACHINE} already exists with name \"web-42-0\""
    );
    Step::Json(409, json!({ "error": text }))
}

fn ours() -> Value {
    named("web-42-0", &json!({"ship_release": "42.f.d", "ship_passed": "42.f.d"}))
}

fn empty() -> Step {
    Step::Json(200, json!([]))
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_made_by_its_name_cordoned_from_its_birth() {
    let script = Scripted::new([Step::Json(200, answers::created())]);
    assert_eq!(script.machines().create(&new_machine()).await.expect("made"), id());
    let seen = script.seen();
    assert_eq!(seen[0].call, "POST /machines");
    assert_eq!(
        seen[0].body,
        Some(json!({
            "name": "web-42-0",
            "region": "ams",
            "config": {"image": "registry.fly.io/web:deployment-42", "metadata": {"ship_release": "42.f.d"}},
            "skip_launch": false,
            "skip_service_registration": true,
            "skip_secrets": false,
        }))
    );
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_lost_is_looked_up_by_its_name_before_another_is_sent() {
    for lost in [Step::Hang, Step::Cut, Step::Text(503, "<html>"), Step::Text(408, "{}")] {
        let script = Scripted::new([lost, Step::Json(200, json!([ours()]))]);
        assert_eq!(script.machines().create(&new_machine()).await.expect("found"), id());
        assert_eq!(script.calls(), ["POST /machines", "GET /machines"]);
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_list_lags_the_name_finds_the_machine_and_there_is_one() {
    let young = Step::Json(404, json!({"error": "machine not found"}));
    let script = Scripted::new([Step::Cut, empty(), conflict(), young, Step::Json(200, ours())]);
    assert_eq!(script.machines().create(&new_machine()).await.expect("found"), id());
    let get = format!("GET /machines/{MACHINE}");
    assert_eq!(script.calls(), ["POST /machines", "GET /machines", "POST /machines", &get, &get]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_names_no_machine_is_looked_up_for_as_long_as_the_list_may_lag() {
    let nameless = || Step::Json(409, json!({"error": "no", "status": "name_taken"}));
    let script = Scripted::new([nameless(), empty(), Step::Text(500, ""), Step::Json(200, json!([ours()]))]);
    assert_eq!(script.machines().create(&new_machine()).await.expect("found"), id());
    let script = Scripted::new([nameless()].into_iter().chain((0..6).map(|_| empty())));
    let error = script.machines().create(&new_machine()).await.expect_err("not found");
    assert_eq!((error.call(), error.meaning), (Call::Create, Meaning::NameTaken(None)));
    assert_eq!(script.seen().last().map(|seen| seen.at.as_secs()), Some(10));
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_not_made_is_sent_again_and_three_times_at_most() {
    let script = Scripted::new([Step::Cut, empty(), Step::Json(200, answers::created())]);
    assert_eq!(script.machines().create(&new_machine()).await.expect("made"), id());
    let steps = [Step::Cut, empty(), Step::Cut, Step::Text(502, ""), Step::Cut, empty()];
    let script = Scripted::new(steps);
    let error = script.machines().create(&new_machine()).await.expect_err("no answer");
    assert!(matches!(error.meaning, Meaning::Unknown(_)) && error.call() == Call::Create, "{error:?}");
    assert_eq!(script.seen().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_answer_does_not_say_that_nothing_was_made() {
    let script = Scripted::new([Step::Cut, empty(), Step::Json(422, json!({"status": "insufficient_capacity"}))]);
    let error = script.machines().create(&new_machine()).await.expect_err("unknown");
    assert!(matches!(error.meaning, Meaning::Unknown(_)), "{error:?}");
    let script = Scripted::new([Step::Json(422, json!({"status": "insufficient_capacity"}))]);
    let error = script.machines().create(&new_machine()).await.expect_err("full");
    assert!(matches!(error.meaning, Meaning::RegionFull(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_that_name_that_is_another_is_not_taken_for_ours() {
    let others = [json!({"ship_release": "41.f.d"}), json!({}), Value::Null];
    for other in others {
        let script = Scripted::new([conflict(), Step::Json(200, named("web-42-0", &other))]);
        let error = script.machines().create(&new_machine()).await.expect_err("taken");
        assert_eq!(error.meaning, Meaning::NameTaken(Some(id())), "{other}");
    }
    let mut nobodys = new_machine();
    nobodys.config = deploy::machines::Config::new(json!({"image": "x"}));
    let script = Scripted::new([conflict(), Step::Json(200, ours())]);
    let error = script.machines().create(&nobodys).await.expect_err("taken");
    assert_eq!(error.meaning, Meaning::NameTaken(Some(id())), "without metadata nothing tells whose it is");
}

#[tokio::test(start_paused = true)]
async fn a_destroyed_machine_has_its_name_no_more() {
    let mut gone = ours();
    gone["state"] = json!("destroyed");
    gone["id"] = json!("9080a0b0c0d000");
    let script = Scripted::new([Step::Cut, Step::Json(200, json!([gone])), Step::Json(200, answers::created())]);
    assert_eq!(script.machines().create(&new_machine()).await.expect("made"), id());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_ends_it_before_another_is_made() {
    let script = Scripted::new([Step::Json(200, json!({"name": "web-42-0"}))]);
    let error = script.machines().create(&new_machine()).await.expect_err("unreadable");
    assert_eq!(error.meaning.to_string(), "the answer cannot be read: id is missing");
    let script = Scripted::new([Step::Cut, empty(), Step::Json(200, json!({"name": "web-42-0"}))]);
    let error = script.machines().create(&new_machine()).await.expect_err("unreadable");
    assert_eq!(error.meaning.to_string(), "the answer cannot be read: id is missing");
    let script = Scripted::new([Step::Cut, Step::Json(200, json!([{"id": "a"}]))]);
    let error = script.machines().create(&new_machine()).await.expect_err("unreadable");
    assert_eq!(
        (error.call(), error.meaning.to_string()),
        (Call::List, "the answer cannot be read: [0].name is missing".to_owned())
    );
}
