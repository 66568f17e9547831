//! An answer without what is relied on names its call and the field.

use deploy::machines::{Call, Error, Meaning};
use serde_json::{Value, json};

use super::answers::{self, id};
use super::scripted::{Scripted, Step};

fn field(error: &Error) -> (Call, String) {
    match &error.meaning {
        Meaning::Unreadable(wrong) => (error.call(), wrong.field.clone()),
        _ => panic!("{error:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_a_field_that_is_relied_on_cannot_be_read() {
    for name in ["id", "name", "state", "region", "instance_id", "host_status"] {
        for wrong in [None, Some(Value::Null), Some(json!(7))] {
            let mut machine = answers::machine();
            match wrong {
                None => drop(machine.as_object_mut().expect("an object").remove(name)),
                Some(value) => machine[name] = value,
            }
            let script = Scripted::new([Step::Json(200, machine)]);
            let error = script.machines().get(&id()).await.expect_err("unreadable");
            assert_eq!(field(&error), (Call::Get, name.to_owned()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_machine_that_cannot_be_read_spoils_the_list_and_is_named() {
    let mut list = answers::list();
    list[1].as_object_mut().expect("an object").remove("state");
    let error = Scripted::new([Step::Json(200, list)]).machines().list().await.expect_err("unreadable");
    assert_eq!(field(&error), (Call::List, "[1].state".to_owned()));
    let mut list = answers::list();
    list[0]["checks"][0].as_object_mut().expect("an object").remove("status");
    let error = Scripted::new([Step::Json(200, list)]).machines().list().await.expect_err("unreadable");
    assert_eq!(field(&error), (Call::List, "[0].checks[0].status".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_json_or_no_answer_of_this_api_cannot_be_read() {
    for step in [Step::Text(200, "<html>"), Step::Text(200, ""), Step::Text(302, ""), Step::Text(200, "[{")] {
        let error = Scripted::new([step]).machines().list().await.expect_err("unreadable");
        assert_eq!(field(&error).0, Call::List);
        assert_eq!(error.request_id(), Some("01K-ams"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_status_is_enough_for_a_change_unless_the_body_contradicts_it() {
    for step in [Step::Text(200, ""), Step::Text(204, ""), Step::Json(200, json!({"new": 1})), Step::Text(200, "fine")]
    {
        Scripted::new([step]).machines().cordon(&id()).await.expect("cordoned");
    }
    let script = Scripted::new([Step::Json(200, json!({"ok": false}))]);
    assert_eq!(field(&script.machines().cordon(&id()).await.expect_err("not ok")), (Call::Cordon, "ok".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn app_secrets_and_metadata_are_read_as_strictly() {
    let error = Scripted::new([Step::Json(200, json!({"name": "web"}))]).machines().app().await.expect_err("no owner");
    assert_eq!(field(&error), (Call::App, "organization".to_owned()));
    let secrets = json!({"secrets": [{"name": "A"}]});
    let error = Scripted::new([Step::Json(200, secrets)]).machines().secrets().await.expect_err("no digest");
    assert_eq!(field(&error), (Call::Secrets, "secrets[0].digest".to_owned()));
    let metadata = json!({"a": 7});
    let error = Scripted::new([Step::Json(200, metadata)]).machines().metadata(&id()).await.expect_err("no text");
    assert_eq!(field(&error), (Call::Metadata, "a".to_owned()));
}
