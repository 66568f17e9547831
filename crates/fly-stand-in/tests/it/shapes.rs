//! The recorded answers, key by key: each key that they have is in the stand-in's answers, with its type.

use deploy::machines::{Config, NewMachine};
use fly_stand_in::{Behaviour, Happening};
use serde_json::{Value, json};

use super::rig::{ROUTABLE, Rig, new, rules};

macro_rules! recorded {
    ($($name:ident),+) => {$(
        fn $name() -> Value {
            let text = include_str!(concat!("../../../deploy/tests/it/machines/answers/", stringify!($name), ".json"));
            serde_json::from_str(text).expect("JSON")
        }
    )+};
}

recorded!(app, created, lease, list, machine, secrets, wait);

rules![
    what_is_made_looked_at_and_listed_has_the_recorded_shape,
    what_is_said_of_apps_secrets_waits_and_leases_has_the_recorded_shape,
    refusals_have_the_recorded_shape,
];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What the answer lacks of the recording, by place.
fn lacking(recorded: &Value, answer: &Value, place: &str, into: &mut Vec<String>) {
    if kind(recorded) != kind(answer) {
        into.push(format!("{place}: {}, not {}", kind(answer), kind(recorded)));
        return;
    }
    match (recorded, answer) {
        (Value::Object(recorded), Value::Object(answer)) => {
            for (key, value) in recorded {
                match answer.get(key) {
                    Some(found) => lacking(value, found, &format!("{place}.{key}"), into),
                    None => into.push(format!("{place}.{key}: is not there")),
                }
            }
        }
        (Value::Array(recorded), Value::Array(answer)) => {
            for (one, value) in recorded.iter().enumerate() {
                match answer.get(one) {
                    Some(found) => lacking(value, found, &format!("{place}[{one}]"), into),
                    None => into.push(format!("{place}[{one}]: is not there")),
                }
            }
        }
        _ => {}
    }
}

#[track_caller]
fn assert_shape(recorded: &Value, answer: &Value) {
    let mut lacks = Vec::new();
    lacking(recorded, answer, "", &mut lacks);
    assert!(lacks.is_empty(), "{}", lacks.join("\n"));
}

/// The recorded machine, made.
fn recording() -> NewMachine {
    NewMachine { config: Config::new(created()["config"].clone()), cordoned: true, ..new("a") }
}

async fn what_is_made_looked_at_and_listed_has_the_recorded_shape(rig: Rig) {
    let config = created()["config"].clone();
    let body = json!({
        "config": config, "name": "a", "region": "ams", "skip_service_registration": true, "skip_secrets": false,
    });
    let (status, made) = rig.ask("POST", "/machines", Some(body)).await;
    assert_eq!(status, 200);
    assert_shape(&created(), &made);
    assert_eq!(made["config"], config, "what was sent comes back, as it was recorded");
    assert_eq!(made["image_ref"], created()["image_ref"]);
    assert_eq!((&made["state"], &made["cordoned"]), (&created()["state"], &created()["cordoned"]));
    let id = rig.made(&recording()).await;
    rig.happen(&id, Happening::LaidOut);
    rig.happen(&id, Happening::Booted);
    rig.happen(&id, Happening::Checked { check: ROUTABLE.to_owned(), passing: true });
    let looked = rig.ask("GET", &format!("/machines/{id}"), None).await.1;
    assert_shape(&machine(), &looked);
    for place in ["/checks/0/name", "/checks/0/status", "/checks/0/output", "/state", "/host_status", "/events/0/type"]
    {
        assert_eq!(looked.pointer(place), machine().pointer(place), "{place}");
    }
    let other = rig.made(&NewMachine { config: recording().config, ..new("b") }).await;
    rig.happen(&other, Happening::LaidOut);
    rig.happen(&other, Happening::Booted);
    rig.happen(&other, Happening::Checked { check: ROUTABLE.to_owned(), passing: true });
    assert_shape(&list(), &rig.ask("GET", "/machines", None).await.1);
}

async fn what_is_said_of_apps_secrets_waits_and_leases_has_the_recorded_shape(rig: Rig) {
    let id = rig.started("a").await;
    assert_shape(&app(), &rig.ask("GET", "", None).await.1);
    let stored = rig.ask("POST", "/secrets", Some(json!({"values": {"A": "b"}}))).await;
    assert!(stored.0 == 200 && stored.1["version"] == 1, "{stored:?}");
    assert_shape(&secrets(), &rig.ask("GET", "/secrets", None).await.1);
    assert_shape(&wait(), &rig.ask("GET", &format!("/machines/{id}/wait?state=started&timeout=60"), None).await.1);
    let (status, taken) = rig.ask("POST", &format!("/machines/{id}/lease?ttl=13"), None).await;
    assert_eq!(status, 201);
    assert_shape(&lease(), &taken);
    assert_eq!(taken["data"]["description"], "");
}

async fn refusals_have_the_recorded_shape(rig: Rig) {
    rig.behave(Behaviour::told());
    let id = rig.started("a").await;
    let (status, none) = rig.ask("GET", &format!("/machines/{id}/lease"), None).await;
    assert_eq!((status, none), (404, json!({"error": "lease not found"})));
    rig.ask("POST", &format!("/machines/{id}/lease?ttl=13"), None).await;
    let (status, held) = rig.ask("POST", &format!("/machines/{id}/lease?ttl=13"), None).await;
    assert_eq!((status, &held["status"], &held["code"]), (409, &json!("error"), &json!("invalid")));
    let text = held["message"].as_str().expect("a text");
    assert!(text.starts_with(&format!("machine ID {id} lease currently held by ")), "{text}");
}

#[test]
fn a_key_that_is_not_there_and_one_of_another_type_are_found() {
    let recorded = json!({"a": 1, "b": [{"c": "x"}]});
    let mut lacks = Vec::new();
    lacking(&recorded, &json!({"a": "1", "b": [{}], "more": 1}), "", &mut lacks);
    assert_eq!(lacks, [".a: a text, not a number", ".b[0].c: is not there"]);
}
