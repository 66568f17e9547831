//! Each call as it is sent, each recorded answer as it is read, and each way to get none.

use std::time::Duration;

use deploy::machines::{Call, CheckStatus, Doubt, HostStatus, Meaning, Signal, State};
use serde_json::{Value, json};

use super::answers::{self, MACHINE, id, ok};
use super::scripted::{Scripted, Step};

const STOP: Duration = Duration::from_millis(30_500);

type Means = fn(&Meaning) -> bool;

#[tokio::test(start_paused = true)]
async fn a_recorded_machine_is_read() {
    let script = Scripted::new([Step::Json(200, answers::machine())]);
    let machine = script.machines().get(&id()).await.expect("a machine");
    assert_eq!((machine.id.as_str(), machine.name.as_str()), (MACHINE, "stub-name-3"));
    assert_eq!((&machine.state, machine.region.as_str()), (&State::Started, "ams"));
    assert_eq!(machine.instance_id.as_str(), "01M8DF8TC8H34TZSKKYVB7621S");
    assert_eq!(machine.image_ref.digest, Some(format!("sha256:{}", "2".repeat(64))));
    assert_eq!((&machine.host_status, machine.cordoned), (&HostStatus::Ok, true));
    assert_eq!(machine.config().and_then(|config| config.metadata("fly_process_group")), Some("app"));
    let checks: Vec<_> = machine.checks().map(|check| (check.name.as_str(), check.status.clone())).collect();
    assert_eq!(checks, [("servicecheck-00-http-8080", CheckStatus::Passing)]);
    let events: Vec<_> = machine.events.iter().map(|event| (event.kind.as_str(), event.timestamp)).collect();
    assert_eq!(events, [("start", 1_795_748_555_224), ("launch", 1_795_748_555_144)]);
}

#[tokio::test(start_paused = true)]
async fn what_fly_adds_leaves_out_or_writes_as_null_does_not_hinder_the_reading() {
    let mut machine = answers::machine();
    machine["brand_new"] = json!({"a": [1]});
    machine["state"] = json!("levitating");
    machine["host_status"] = json!("unreachable");
    machine["config"] = Value::Null;
    machine["incomplete_config"] = json!({"metadata": {"ship_release": "42.f.d"}});
    for field in ["cordoned", "events", "image_ref"] {
        machine[field] = Value::Null;
    }
    let compat = json!({"name": "bg_deployments_compat_1", "status": "critical"});
    machine["checks"] = json!([compat, {"name": "alive", "status": "warning", "output": null}]);
    let script = Scripted::new([Step::Json(200, machine)]);
    let machine = script.machines().get(&id()).await.expect("a machine");
    assert_eq!(machine.state, State::Other("levitating".to_owned()));
    assert_eq!(machine.host_status, HostStatus::Ill("unreachable".to_owned()));
    assert_eq!((machine.cordoned, machine.events.len(), machine.image_ref.digest.as_ref()), (false, 0, None));
    assert_eq!(machine.metadata("ship_release"), Some("42.f.d"));
    let checks: Vec<_> = machine.checks().map(|check| check.status.clone()).collect();
    assert_eq!(checks, [CheckStatus::Failing("warning".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn every_call_is_sent_as_flys_own_tools_send_it() {
    let mut secrets = answers::secrets();
    let first = json!({"name": "0", "digest": "d"});
    secrets["secrets"].as_array_mut().expect("a list").push(first);
    let answers = [answers::app(), secrets, answers::list(), answers::machine(), ok(), ok(), ok(), ok()];
    let more = [ok(), ok(), json!({"fly_process_group": "app"})];
    let steps = answers.into_iter().chain(more).map(|answer| Step::Json(200, answer));
    let script = Scripted::new(steps.chain([Step::Text(204, "")]));
    let (machines, id) = (script.machines(), id());
    let app = machines.app().await.expect("an app");
    assert_eq!((app.name.as_str(), app.organization.slug.as_str()), ("web", "stub-org"));
    let secrets = machines.secrets().await.expect("secrets");
    assert_eq!((secrets[1].name.as_str(), secrets[1].digest.as_str()), ("A", "3e23e8160039594a"));
    assert_eq!(machines.list().await.expect("machines").len(), 2);
    machines.get(&id).await.expect("a machine");
    machines.start(&id).await.expect("started");
    machines.stop(&id, Signal::Term, STOP).await.expect("stopped");
    machines.cordon(&id).await.expect("cordoned");
    machines.uncordon(&id).await.expect("uncordoned");
    machines.destroy(&id, false).await.expect("destroyed");
    machines.destroy(&id, true).await.expect("destroyed");
    assert_eq!(machines.metadata(&id).await.expect("metadata")["fly_process_group"], "app");
    machines.set_metadata(&id, &"ship_passed".parse().expect("a key"), "42.f.d").await.expect("set");
    let seen = script.seen();
    let calls: Vec<_> = seen.iter().map(|seen| seen.call.replace(MACHINE, "M")).collect();
    assert_eq!(
        calls,
        [
            "GET ",
            "GET /secrets",
            "GET /machines",
            "GET /machines/M",
            "POST /machines/M/start",
            "POST /machines/M/stop",
            "POST /machines/M/cordon",
            "POST /machines/M/uncordon",
            "DELETE /machines/M",
            "DELETE /machines/M?force=true",
            "GET /machines/M/metadata",
            "POST /machines/M/metadata/ship_passed",
        ]
    );
    assert_eq!(seen[5].body, Some(json!({"signal": "SIGTERM", "timeout": "30500ms"})));
    assert_eq!(seen[11].body, Some(json!({"value": "42.f.d"})));
    assert!(seen.iter().all(|seen| seen.nonce.is_none()));
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_meaning_and_names_call_machine_status_and_request() {
    let said = |text: &str| json!({ "error": text });
    let held = "machine ID 9080a0b0c0d003 lease currently held by a@b, expires at 2026-05-14T10:41:08Z";
    let refusals: [(u16, Value, Means); 9] = [
        (400, said("no"), |meaning| matches!(meaning, Meaning::Invalid(_))),
        (401, said("token validation error"), |meaning| matches!(meaning, Meaning::Unauthorized(_))),
        (403, said("no"), |meaning| matches!(meaning, Meaning::Forbidden(_))),
        (404, said("no"), |meaning| matches!(meaning, Meaning::NotFound(_))),
        (409, said("aborted: concurrent update"), |meaning| matches!(meaning, Meaning::Conflict(_))),
        (409, json!({"status": "error", "message": held}), |meaning| matches!(meaning, Meaning::LeaseHeld(_))),
        (409, said("aborted: no capacity"), |meaning| matches!(meaning, Meaning::RegionFull(_))),
        (412, said("failed_precondition: no"), |meaning| matches!(meaning, Meaning::WrongState(_))),
        (422, said("invalid_argument: no"), |meaning| matches!(meaning, Meaning::Invalid(_))),
    ];
    for (status, body, means) in refusals {
        let script = Scripted::new([Step::Json(status, body)]);
        let error = script.machines().start(&id()).await.expect_err("refused");
        assert!(means(&error.meaning), "{status}: {error:?}");
        assert_eq!((error.call(), error.machine(), error.request_id()), (Call::Start, Some(&id()), Some("01K-ams")));
        let text = error.to_string();
        assert!(text.starts_with("start of 9080a0b0c0d003: "), "{text}");
        assert!(text.ends_with(&format!("(status {status}, fly-request-id 01K-ams)")), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_without_an_answer_is_unknown_and_a_read_changed_nothing() {
    for step in [Step::Hang, Step::Cut, Step::Text(500, "no"), Step::Text(503, "<html>"), Step::Text(408, "")] {
        let error = Scripted::new([step]).machines().cordon(&id()).await.expect_err("no answer");
        assert!(matches!(error.meaning, Meaning::Unknown(_)), "{error:?}");
    }
    for step in [Step::Hang, Step::Cut, Step::Text(500, "no"), Step::Text(503, "<html>"), Step::Text(408, "")] {
        let error = Scripted::new([step]).machines().get(&id()).await.expect_err("no answer");
        assert!(matches!(error.meaning, Meaning::Unanswered(_)), "{error:?}");
    }
    let error = Scripted::new([Step::NotSent]).machines().cordon(&id()).await.expect_err("no answer");
    assert_eq!(error.meaning, Meaning::Unanswered(Doubt::Disconnected("connection refused".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_cut_after_fifteen_seconds() {
    let script = Scripted::new([Step::Hang]);
    let begun = tokio::time::Instant::now();
    let error = script.machines().stop(&id(), Signal::Term, STOP).await.expect_err("no answer");
    assert_eq!((error.meaning, begun.elapsed().as_secs()), (Meaning::Unknown(Doubt::TimedOut), 15));
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_gone_is_destroyed() {
    let script = Scripted::new([Step::Json(404, json!({"error": "machine not found"}))]);
    script.machines().destroy(&id(), true).await.expect("gone");
}
