//! Exits, and what comes of them.

use deploy::machines::{Exit, State};
use fly_stand_in::{Behaviour, Happening};
use serde_json::{Value, json};

use super::rig::{Rig, config, rules, with_config};

rules![
    a_failure_is_mended_as_often_as_the_policy_says,
    a_good_end_is_mended_only_by_always,
    without_a_policy_ten_failures_are_mended,
    a_machine_that_is_never_mended_stays_stopped_with_its_code,
    a_machine_may_remove_itself,
    a_stop_that_was_asked_for_is_no_failure,
];

async fn machine(rig: &Rig, restart: Value) -> deploy::machines::MachineId {
    let mut config = config();
    config["restart"] = restart;
    let id = rig.made(&with_config("a", config)).await;
    rig.happen(&id, Happening::LaidOut);
    rig.happen(&id, Happening::Booted);
    id
}

fn fails(code: i64) -> Happening {
    Happening::Exited { code, oom: code == 137 }
}

async fn a_failure_is_mended_as_often_as_the_policy_says(rig: Rig) {
    let id = machine(&rig, json!({"policy": "on-failure", "max_retries": 2})).await;
    for time in 1..=2 {
        rig.happen(&id, fails(1));
        let machine = rig.look(&id).await;
        let exit = machine.events[0].exit.expect("an exit");
        assert_eq!(exit, Exit { exit_code: 1, restarting: true, ..Exit::default() });
        assert_eq!((machine.state, rig.view(&id).restarts), (State::Restarting, time));
        rig.happen(&id, Happening::Booted);
        assert_eq!(rig.look(&id).await.state, State::Started);
    }
    rig.happen(&id, fails(137));
    let machine = rig.look(&id).await;
    let exit = Exit { exit_code: 137, oom_killed: true, ..Exit::default() };
    assert_eq!((machine.state, machine.events[0].exit), (State::Stopped, Some(exit)));
    // Started by somebody, it has all its tries again.
    rig.machines.start(&id).await.expect("started");
    assert_eq!(rig.view(&id).restarts, 0);
}

async fn a_good_end_is_mended_only_by_always(rig: Rig) {
    let id = machine(&rig, json!({"policy": "always"})).await;
    rig.happen(&id, fails(0));
    assert_eq!(rig.look(&id).await.state, State::Restarting);
    let path = format!("/machines/{id}");
    let event = rig.ask("GET", &path, None).await.1["events"][0].clone();
    let exit = &event["request"]["MonitorEvent"]["exit_event"];
    assert_eq!((exit.get("exit_code"), &exit["restarting"]), (None, &json!(true)), "zeros are left out");
    rig.happen(&id, Happening::Booted);
    let start = rig.ask("GET", &path, None).await.1["events"][0].clone();
    assert_eq!(start["request"]["restart_count"], 1);
}

async fn without_a_policy_ten_failures_are_mended(rig: Rig) {
    let id = machine(&rig, Value::Null).await;
    for _ in 0..10 {
        rig.happen(&id, fails(1));
        rig.happen(&id, Happening::Booted);
    }
    rig.happen(&id, fails(1));
    assert_eq!((rig.look(&id).await.state, rig.view(&id).boots), (State::Stopped, 11));
}

async fn a_machine_that_is_never_mended_stays_stopped_with_its_code(rig: Rig) {
    let id = machine(&rig, json!({"policy": "no"})).await;
    rig.happen(&id, fails(3));
    let machine = rig.look(&id).await;
    assert_eq!((machine.state, machine.events[0].exit.map(|exit| exit.exit_code)), (State::Stopped, Some(3)));
}

async fn a_machine_may_remove_itself(rig: Rig) {
    let mut config = config();
    config["auto_destroy"] = json!(true);
    config["restart"] = json!({"policy": "no"});
    let id = rig.made(&with_config("a", config)).await;
    rig.happen(&id, Happening::LaidOut);
    rig.happen(&id, fails(1));
    let machine = rig.look(&id).await;
    assert_eq!(machine.state, State::Destroyed);
    assert!(machine.events.iter().any(|event| event.exit.is_some_and(|exit| exit.exit_code == 1)));
}

async fn a_stop_that_was_asked_for_is_no_failure(rig: Rig) {
    let id = machine(&rig, json!({"policy": "always"})).await;
    rig.machines.stop(&id, deploy::machines::Signal::Term, super::rig::HOUR).await.expect("told");
    rig.happen(&id, fails(137));
    let machine = rig.look(&id).await;
    assert!(machine.state == State::Stopped && machine.events[0].exit.is_some_and(|exit| exit.requested_stop));
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_its_behaviour_has_comes_each_time_it_was_started() {
    use std::time::Duration;
    let rig = Rig::here();
    let exits = fly_stand_in::Exits { after: Duration::from_secs(5), code: 1, oom: false };
    let at_once = Some(Duration::ZERO);
    rig.behave(Behaviour { lays_out: at_once, boots: at_once, exits: Some(exits), ..Behaviour::told() });
    let id = rig.made(&super::rig::new("a")).await;
    tokio::time::sleep(Duration::from_secs(16)).await;
    assert_eq!(rig.look(&id).await.events.iter().filter(|event| event.exit.is_some()).count(), 3);
}
