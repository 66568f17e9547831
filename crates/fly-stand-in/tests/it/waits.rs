//! Waiting for a state.

use std::time::Duration;

use deploy::machines::{Meaning, Signal, State};
use fly_stand_in::Happening;
use serde_json::json;
use tokio::time::Instant;

use super::rig::{HOUR, Rig, meaning, new, rules};

/// Over HTTP it is real time, in which a test should fail and not hang.
const PATIENCE: Duration = Duration::from_secs(20);

rules![
    a_wait_is_over_when_the_state_is_there,
    a_wait_that_runs_out_says_where_the_machine_stands,
    a_wait_for_another_version_is_not_met_by_this_one,
    a_machine_on_its_way_out_counts_as_destroyed,
    a_wait_that_cannot_be_is_refused,
];

async fn a_wait_is_over_when_the_state_is_there(rig: Rig) {
    let id = rig.made(&new("a")).await;
    let tell = async {
        tokio::task::yield_now().await;
        rig.happen(&id, Happening::LaidOut);
        tokio::task::yield_now().await;
        rig.happen(&id, Happening::Booted);
    };
    let (waited, ()) = tokio::join!(rig.machines.wait(&id, &State::Started, None, PATIENCE), tell);
    waited.expect("started");
    let body = rig.ask("GET", &format!("/machines/{id}/wait?state=stopped&state=settled"), None).await.1;
    assert_eq!((&body["ok"], &body["state"]), (&json!(true), &json!("started")));
}

async fn a_wait_that_runs_out_says_where_the_machine_stands(rig: Rig) {
    let id = rig.made(&new("a")).await;
    let outcome = rig.machines.wait(&id, &State::Started, None, Duration::from_secs(1)).await;
    assert_eq!(meaning(outcome), Meaning::NotReached(State::Started));
    let (status, body) = rig.ask("GET", &format!("/machines/{id}/wait?timeout=1"), None).await;
    let text = "deadline_exceeded: machine failed to reach desired state, started, currently created";
    assert_eq!((status, &body["error"]), (408, &json!(text)));
}

async fn a_wait_for_another_version_is_not_met_by_this_one(rig: Rig) {
    let id = rig.started("a").await;
    let instance = rig.look(&id).await.instance_id;
    rig.machines.wait(&id, &State::Started, Some(&instance), PATIENCE).await.expect("this one");
    let (status, _) = rig.ask("GET", &format!("/machines/{id}/wait?timeout=1&version=01K"), None).await;
    assert_eq!(status, 408);
}

async fn a_machine_on_its_way_out_counts_as_destroyed(rig: Rig) {
    rig.set(|settings| settings.destroys = HOUR);
    let id = rig.started("a").await;
    rig.machines.destroy(&id, true).await.expect("by force");
    rig.machines.wait(&id, &State::Destroyed, None, PATIENCE).await.expect("as good as gone");
    assert_eq!(rig.look(&id).await.state, State::Destroying);
}

async fn a_wait_that_cannot_be_is_refused(rig: Rig) {
    let id = rig.started("a").await;
    for wrong in ["timeout=61", "timeout=0", "timeout=x", "state=starting"] {
        assert_eq!(rig.ask("GET", &format!("/machines/{id}/wait?{wrong}"), None).await.0, 400, "{wrong}");
    }
    assert_eq!(rig.ask("GET", &format!("/machines/{id}/wait?from_event_id=01K"), None).await.0, 501);
    let (status, _) = rig.ask("GET", "/machines/148e0000000000/wait", None).await;
    assert_eq!(status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_wait_takes_a_minute_at_most_and_the_client_goes_on_for_longer() {
    let rig = Rig::here();
    let id = rig.started("a").await;
    let begun = Instant::now();
    assert_eq!(rig.ask("GET", &format!("/machines/{id}/wait?state=stopped"), None).await.0, 408);
    assert_eq!(begun.elapsed().as_secs(), 60);
    let stop = async {
        tokio::time::sleep(Duration::from_secs(150)).await;
        rig.machines.stop(&id, Signal::Term, Duration::from_secs(10)).await
    };
    let (waited, stopped) = tokio::join!(rig.machines.wait(&id, &State::Stopped, None, HOUR), stop);
    waited.expect("stopped");
    stopped.expect("told");
    assert_eq!(begun.elapsed().as_secs(), 60 + 150 + 10, "it heeds no signal, and is killed");
}
