//! Waiting for as long as the caller says.

use std::time::Duration;

use deploy::machines::{Meaning, State};
use serde_json::json;
use tokio::time::Instant;

use super::answers::{self, MACHINE, id};
use super::scripted::{Scripted, Step};

fn over() -> Step {
    let text = "deadline_exceeded: machine failed to reach desired state, started, currently created";
    Step::Json(408, json!({ "error": text }))
}

fn unknown() -> Step {
    Step::Json(404, json!({"error": "machine not found"}))
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test(start_paused = true)]
async fn a_wait_asks_for_a_minute_at_most_and_goes_on() {
    let script = Scripted::new([Step::Hang, over(), Step::Json(200, answers::wait())]);
    let version = "01M8DF8TC8H34TZSKKYVB7621S".parse().expect("an instance");
    script.machines().wait(&id(), &State::Started, Some(&version), seconds(90)).await.expect("started");
    let wait = |count: u64| format!("GET /machines/{MACHINE}/wait?state=started&timeout={count}&version={version}");
    // One that hangs is cut 5 s after Fly should have answered.
    assert_eq!(script.calls(), [wait(60), wait(25), wait(25)]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_by_the_callers_time() {
    let script = Scripted::new([over(), over(), over()]);
    let (begun, within) = (Instant::now(), Duration::from_millis(2_500));
    let error = script.machines().wait(&id(), &State::Stopped, None, within).await.expect_err("too long");
    assert_eq!((error.meaning, begun.elapsed()), (Meaning::NotReached(State::Stopped), within));
    let script = Scripted::new([Step::Hang]);
    let (begun, within) = (Instant::now(), Duration::from_millis(2_500));
    script.machines().wait(&id(), &State::Stopped, None, within).await.expect_err("too long");
    assert_eq!(begun.elapsed(), within, "also where nothing comes back");
}

#[tokio::test(start_paused = true)]
async fn no_answer_does_not_end_a_wait_and_a_refusal_does() {
    let good = || Step::Json(200, answers::wait());
    let script = Scripted::new([Step::Cut, Step::NotSent, Step::Text(502, ""), Step::RetryAfter("2"), good()]);
    script.machines().wait(&id(), &State::Started, None, seconds(60)).await.expect("started");
    assert_eq!(script.seen().last().map(|seen| seen.at), Some(seconds(5)));
    let script = Scripted::new([Step::Json(401, json!({"error": "no"}))]);
    let error = script.machines().wait(&id(), &State::Started, None, seconds(60)).await.expect_err("refused");
    assert!(matches!(error.meaning, Meaning::Unauthorized(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_not_known_is_destroyed_or_young_or_gone() {
    Scripted::new([unknown()]).machines().wait(&id(), &State::Destroyed, None, seconds(60)).await.expect("destroyed");
    let young = Scripted::new([unknown(), unknown(), Step::Json(200, answers::wait())]);
    young.machines().wait(&id(), &State::Started, None, seconds(60)).await.expect("started");
    let gone = Scripted::new((0..11).map(|_| unknown()));
    let error = gone.machines().wait(&id(), &State::Started, None, seconds(60)).await.expect_err("gone");
    assert!(matches!(error.meaning, Meaning::NotFound(_)), "{error:?}");
    assert_eq!(gone.seen().len(), 11);
}
