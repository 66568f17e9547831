//! One call a second for each kind and machine.

use std::time::Duration;

use deploy::machines::{MachineId, Meaning};
use serde_json::json;

use super::answers::{self, id, ok};
use super::scripted::{Scripted, Step};

fn other() -> MachineId {
    "9080a0b0c0d001".parse().expect("an id")
}

fn times(script: &Scripted) -> Vec<u128> {
    script.seen().iter().map(|seen| seen.at.as_millis()).collect()
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_kind_on_one_machine_go_a_second_apart_and_others_do_not_wait() {
    let script = Scripted::new((0..5).map(|_| Step::Json(200, ok())));
    let machines = script.machines();
    machines.cordon(&id()).await.expect("first");
    machines.cordon(&other()).await.expect("another machine");
    machines.uncordon(&id()).await.expect("another kind");
    machines.cordon(&id()).await.expect("second");
    machines.cordon(&id()).await.expect("third");
    assert_eq!(times(&script), [0, 0, 0, 1_000, 2_000]);
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_take_turns() {
    let script = Scripted::new((0..3).map(|_| Step::Json(200, ok())));
    let (machines, id) = (script.machines(), id());
    let all = tokio::join!(machines.cordon(&id), machines.cordon(&id), machines.cordon(&id));
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
    assert_eq!(times(&script), [0, 1_000, 2_000]);
}

#[tokio::test(start_paused = true)]
async fn creates_share_one_turn_and_lists_go_two_seconds_apart() {
    let script = Scripted::new([Step::Json(200, answers::created()), Step::Json(200, answers::created())]);
    let (machines, mut new) = (script.machines(), answers::new_machine());
    machines.create(&new).await.expect("made");
    new.name = "web-42-1".parse().expect("a name");
    machines.create(&new).await.expect("made");
    assert_eq!(times(&script), [0, 1_000]);
    let script = Scripted::new((0..3).map(|_| Step::Json(200, json!([]))));
    let machines = script.machines();
    for _ in 0..3 {
        machines.list().await.expect("machines");
    }
    assert_eq!(times(&script), [0, 2_000, 4_000]);
}

#[tokio::test(start_paused = true)]
async fn time_that_passed_is_no_credit() {
    let script = Scripted::new((0..3).map(|_| Step::Json(200, ok())));
    let machines = script.machines();
    machines.cordon(&id()).await.expect("first");
    tokio::time::advance(Duration::from_millis(10_500)).await;
    machines.cordon(&id()).await.expect("at once");
    machines.cordon(&id()).await.expect("a second later");
    assert_eq!(times(&script), [0, 10_500, 11_500]);
}

#[tokio::test(start_paused = true)]
async fn a_429_tells_its_wait_and_the_next_call_keeps_it() {
    let script = Scripted::new([Step::RetryAfter("5"), Step::Json(200, ok()), Step::Json(200, ok())]);
    let machines = script.machines();
    let error = machines.cordon(&id()).await.expect_err("limited");
    assert_eq!(error.meaning, Meaning::RateLimited { wait: Duration::from_secs(5) });
    machines.cordon(&other()).await.expect("another machine");
    machines.cordon(&id()).await.expect("later");
    assert_eq!(times(&script), [0, 0, 5_000]);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_wait_doubles_it_until_a_call_passes() {
    let unsaid = || Step::Text(429, "too many");
    let steps = [unsaid(), unsaid(), unsaid(), Step::Text(429, ""), unsaid(), Step::Json(200, ok()), unsaid()];
    let script = Scripted::new(steps);
    let machines = script.machines();
    let mut waits = Vec::new();
    for _ in 0..7 {
        waits.push(match machines.cordon(&id()).await.map_err(|error| error.meaning) {
            Ok(()) => 0,
            Err(Meaning::RateLimited { wait }) => wait.as_secs(),
            Err(other) => panic!("{other:?}"),
        });
    }
    assert_eq!(waits, [1, 2, 4, 8, 8, 0, 1]);
    assert_eq!(times(&script), [0, 1_000, 3_000, 7_000, 15_000, 23_000, 24_000]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_none_or_would_last_for_ever_is_not_believed() {
    for (said, seconds) in [("86400", 60), ("Wed, 21 Oct 2026 07:28:00 GMT", 1), ("-3", 1)] {
        let error = Scripted::new([Step::RetryAfter(said)]).machines().cordon(&id()).await.expect_err("limited");
        assert_eq!(error.meaning, Meaning::RateLimited { wait: Duration::from_secs(seconds) }, "{said}");
    }
}
