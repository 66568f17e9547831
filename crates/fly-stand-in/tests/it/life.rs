//! What a machine goes through, and what is refused on the way.

use std::time::Duration;

use deploy::machines::{Meaning, NewMachine, Signal, State};
use fly_stand_in::{Behaviour, Happening};
use serde_json::json;

use super::rig::{HOUR, Rig, meaning, new, rules};

rules![
    a_machine_is_made_laid_out_booted_and_started,
    a_machine_may_be_born_cordoned,
    a_machine_that_is_not_launched_is_laid_out_and_waits_to_be_started,
    a_start_is_refused_in_every_state_that_is_none_to_start_from,
    a_machine_that_has_just_stopped_refuses_to_start,
    a_stop_sends_the_signal_and_is_over_when_the_process_is,
    a_stop_that_says_nothing_is_as_the_configuration_has_it,
    a_running_machine_is_destroyed_by_force_alone,
    what_is_gone_is_shown_for_a_time,
    a_machine_sleeps_and_wakes,
    an_update_is_another_version_of_the_same_machine,
    metadata_are_set_and_dropped_without_a_restart,
    secrets_are_known_by_their_digests_and_reach_a_machine_when_it_starts,
];

async fn a_machine_is_made_laid_out_booted_and_started(rig: Rig) {
    let id = rig.made(&new("a")).await;
    let mut seen = vec![rig.look(&id).await.state];
    for step in [Happening::LaidOut, Happening::Booted] {
        rig.happen(&id, step);
        seen.push(rig.look(&id).await.state);
    }
    assert_eq!(seen, [State::Created, State::Starting, State::Started]);
    let events = rig.look(&id).await.events;
    let events: Vec<_> = events.iter().map(|event| (&*event.kind, &*event.status, &*event.source)).collect();
    assert_eq!(events, [("start", "started", "flyd"), ("launch", "created", "user")]);
}

async fn a_machine_may_be_born_cordoned(rig: Rig) {
    let id = rig.made(&NewMachine { cordoned: true, ..new("a") }).await;
    let other = rig.made(&new("b")).await;
    assert!(rig.look(&id).await.cordoned && !rig.look(&other).await.cordoned);
    rig.machines.uncordon(&id).await.expect("uncordoned");
    rig.machines.cordon(&other).await.expect("cordoned");
    assert!(!rig.look(&id).await.cordoned && rig.look(&other).await.cordoned);
}

async fn a_machine_that_is_not_launched_is_laid_out_and_waits_to_be_started(rig: Rig) {
    let id = rig.made(&NewMachine { skip_launch: true, ..new("a") }).await;
    assert!(matches!(meaning(rig.machines.start(&id).await), Meaning::WrongState(_)));
    rig.happen(&id, Happening::LaidOut);
    assert_eq!(rig.look(&id).await.state, State::Stopped);
    rig.machines.start(&id).await.expect("started");
    assert_eq!(rig.look(&id).await.state, State::Starting);
    let (status, body) = rig.ask("POST", &format!("/machines/{id}/stop"), None).await;
    assert_eq!((status, body), (200, json!({"ok": true})));
}

async fn a_start_is_refused_in_every_state_that_is_none_to_start_from(rig: Rig) {
    let refused = async |id, state| {
        assert_eq!(rig.look(id).await.state, state);
        assert!(matches!(meaning(rig.machines.start(id).await), Meaning::WrongState(_)), "{state}");
    };
    let id = rig.made(&new("a")).await;
    refused(&id, State::Created).await;
    rig.happen(&id, Happening::LaidOut);
    refused(&id, State::Starting).await;
    rig.happen(&id, Happening::Booted);
    refused(&id, State::Started).await;
    rig.machines.stop(&id, Signal::Term, HOUR).await.expect("told");
    refused(&id, State::Stopping).await;
    rig.set(|settings| settings.destroys = HOUR);
    rig.machines.destroy(&id, true).await.expect("told");
    refused(&id, State::Destroying).await;
}

async fn a_machine_that_has_just_stopped_refuses_to_start(rig: Rig) {
    rig.set(|settings| settings.still_active = HOUR);
    let id = rig.started("a").await;
    rig.machines.stop(&id, Signal::Term, HOUR).await.expect("told");
    rig.happen(&id, Happening::Exited { code: 0, oom: false });
    assert_eq!(rig.look(&id).await.state, State::Stopped);
    let Meaning::WrongState(said) = meaning(rig.machines.start(&id).await) else { panic!("another") };
    assert!(said.to_string().contains("still active"), "{said}");
    rig.set(|settings| settings.still_active = Duration::ZERO);
    rig.machines.start(&id).await.expect("started");
}

async fn a_stop_sends_the_signal_and_is_over_when_the_process_is(rig: Rig) {
    let id = rig.started("a").await;
    rig.machines.stop(&id, Signal::Int, HOUR).await.expect("told");
    let stop = rig.view(&id).stop.expect("under way");
    assert_eq!((rig.look(&id).await.state, &*stop.signal), (State::Stopping, "SIGINT"));
    rig.happen(&id, Happening::Exited { code: 0, oom: false });
    let machine = rig.look(&id).await;
    let exit = machine.events[0].exit.expect("an exit");
    assert_eq!((machine.state, exit.exit_code, exit.requested_stop), (State::Stopped, 0, true));
    rig.machines.stop(&id, Signal::Int, HOUR).await.expect("nothing is to be done");
}

async fn a_stop_that_says_nothing_is_as_the_configuration_has_it(rig: Rig) {
    let id = rig.started("a").await;
    let (status, _) = rig.ask("POST", &format!("/machines/{id}/stop"), Some(json!({"id": id, "timeout": "0s"}))).await;
    let stop = rig.view(&id).stop.expect("under way");
    let left = stop.deadline - rig.fly.now();
    assert!(status == 200 && stop.signal == "SIGTERM" && left <= Duration::from_secs(30), "{stop:?}");
    assert!(left > Duration::from_secs(20), "{stop:?}");
    for wrong in [json!({"signal": "SIGFOO"}), json!({"timeout": "soon"})] {
        let path = format!("/machines/{id}/stop");
        assert_eq!(rig.ask("POST", &path, Some(wrong)).await.0, 400);
    }
}

async fn a_running_machine_is_destroyed_by_force_alone(rig: Rig) {
    let (id, other) = (rig.started("a").await, rig.started("b").await);
    let Meaning::WrongState(said) = meaning(rig.machines.destroy(&id, false).await) else { panic!("another") };
    assert!(said.to_string().contains("not currently stopped"), "{said}");
    rig.machines.destroy(&id, true).await.expect("by force");
    // As flyctl says it.
    let (status, _) = rig.ask("DELETE", &format!("/machines/{other}?kill=true"), None).await;
    assert_eq!((status, rig.look(&other).await.state), (200, State::Destroyed));
    let stopped = rig.stopped("c").await;
    rig.machines.destroy(&stopped, false).await.expect("without");
}

async fn what_is_gone_is_shown_for_a_time(rig: Rig) {
    let id = rig.started("a").await;
    rig.machines.destroy(&id, true).await.expect("by force");
    assert_eq!(rig.look(&id).await.state, State::Destroyed);
    assert!(matches!(meaning(rig.machines.cordon(&id).await), Meaning::NotFound(_)));
    rig.machines.destroy(&id, true).await.expect("as good as destroyed");
    assert_eq!(rig.machines.list().await.expect("a list").len(), 0);
    let (_, all) = rig.ask("GET", "/machines?include_deleted=true", None).await;
    assert_eq!(all[0]["state"], "destroyed");
    // Of another, nothing is remembered.
    rig.set(|settings| settings.remembers = Duration::ZERO);
    let other = rig.started("b").await;
    rig.machines.destroy(&other, true).await.expect("by force");
    assert!(matches!(meaning(rig.machines.get(&other).await), Meaning::NotFound(_)));
}

async fn a_machine_sleeps_and_wakes(rig: Rig) {
    let id = rig.started("a").await;
    assert_eq!(rig.ask("POST", &format!("/machines/{id}/suspend"), None).await.0, 200);
    assert_eq!(rig.look(&id).await.state, State::Suspended);
    assert_eq!(rig.ask("POST", &format!("/machines/{id}/suspend"), None).await.0, 412);
    rig.machines.start(&id).await.expect("woken");
    rig.happen(&id, Happening::Booted);
    assert_eq!(rig.look(&id).await.state, State::Started);
}

async fn an_update_is_another_version_of_the_same_machine(rig: Rig) {
    let id = rig.started("a").await;
    let before = rig.look(&id).await;
    let path = format!("/machines/{id}");
    let update = |version: &str| {
        let config = json!({"image": "registry.fly.io/web:deployment-2@sha256:22"});
        Some(json!({"config": config, "current_version": version}))
    };
    assert_eq!(rig.ask("POST", &path, update("01K")).await.0, 409);
    let (status, _) = rig.ask("POST", &path, update(before.instance_id.as_str())).await;
    assert_eq!((status, rig.look(&id).await.state), (200, State::Replacing));
    assert!(matches!(meaning(rig.machines.start(&id).await), Meaning::WrongState(_)));
    rig.happen(&id, Happening::LaidOut);
    rig.happen(&id, Happening::Booted);
    let after = rig.look(&id).await;
    assert_eq!((&after.state, after.image_ref.digest.as_deref()), (&State::Started, Some("sha256:22")));
    assert!(after.instance_id != before.instance_id && after.metadata("ship_release").is_none());
}

async fn metadata_are_set_and_dropped_without_a_restart(rig: Rig) {
    let id = rig.started("a").await;
    let version = rig.look(&id).await.instance_id;
    rig.machines.set_metadata(&id, &"ship_passed".parse().expect("a key"), "1").await.expect("set");
    let metadata = rig.machines.metadata(&id).await.expect("metadata");
    assert_eq!(metadata.into_keys().collect::<Vec<_>>(), ["ship_passed", "ship_release"]);
    let machine = rig.look(&id).await;
    assert_eq!((machine.metadata("ship_passed"), &machine.state), (Some("1"), &State::Started));
    assert_eq!((machine.instance_id, rig.view(&id).boots), (version, 1));
    assert_eq!(rig.ask("DELETE", &format!("/machines/{id}/metadata/ship_release"), None).await.0, 204);
    assert_eq!(rig.look(&id).await.metadata("ship_release"), None);
}

async fn secrets_are_known_by_their_digests_and_reach_a_machine_when_it_starts(rig: Rig) {
    assert_eq!(rig.machines.secrets().await.expect("secrets"), []);
    let set = async |values| rig.ask("POST", "/secrets", Some(json!({ "values": values }))).await;
    assert_eq!(set(json!({"A": "one", "B": "two"})).await.1["version"], 1);
    let id = rig.stopped("a").await;
    let first = rig.machines.secrets().await.expect("secrets");
    assert_eq!(set(json!({"A": "other", "B": null})).await.1["version"], 2);
    let second = rig.machines.secrets().await.expect("secrets");
    assert_eq!((first.len(), second.len(), &*second[0].name), (2, 1, "A"));
    assert!(first[0].digest != second[0].digest);
    rig.machines.start(&id).await.expect("started");
    assert_eq!(rig.view(&id).secrets_version, 2);
    let shown = rig.fly.with(|fly, _| format!("{} {fly:?}", fly.state()));
    assert!(!shown.contains("other"), "no value is shown: {shown}");
}

#[tokio::test(start_paused = true)]
async fn what_a_machine_does_is_said_by_machine_then_by_image_then_for_all() {
    use fly_stand_in::Whose;
    let rig = Rig::here();
    let after = |seconds| {
        let after = Some(Duration::from_secs(seconds));
        Behaviour { lays_out: after, boots: after, ..Behaviour::told() }
    };
    rig.fly.with(|fly, _| {
        fly.behave(Whose::All, after(1));
        fly.behave(Whose::Image("sha256:11".to_owned()), after(2));
        fly.behave(Whose::Machine("a".to_owned()), after(3));
    });
    let other = json!({"image": "registry.fly.io/web:deployment-2"});
    let made = [new("a"), new("b"), super::rig::with_config("c", other)];
    for (new, seconds) in made.iter().zip([6, 4, 2]) {
        let begun = tokio::time::Instant::now();
        let id = rig.made(new).await;
        rig.machines.wait(&id, &State::Started, None, HOUR).await.expect("started");
        assert_eq!(begun.elapsed().as_secs(), seconds);
    }
}
