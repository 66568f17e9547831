//! Requests that come while machines sleep.

use std::time::Duration;

use deploy::machines::{MachineId, State};
use fly_stand_in::Settings;
use serde_json::json;
use testbed::http::Answer;

use super::{PATIENCE, Rig, config, guest, options};

/// A machine that has served and sleeps.
async fn asleep(rig: &Rig, name: &str) -> MachineId {
    let id = rig.serving(name, config(json!({}))).await;
    rig.stop(&id).await;
    rig.is(&id, State::Stopped).await;
    rig.routed(&id, false).await;
    id
}

async fn answered(asked: impl Future<Output = Answer>) -> Answer {
    tokio::time::timeout(PATIENCE, asked).await.expect("it is answered")
}

/// How often machines were started, those of all together.
async fn boots(rig: &Rig) -> u64 {
    let state = rig.site.control().state().await.expect("told");
    state["machines"].as_array().into_iter().flatten().filter_map(|machine| machine["boots"].as_u64()).sum()
}

#[tokio::test]
async fn a_request_wakes_a_machine_that_sleeps() {
    let rig = Rig::new().await;
    let id = asleep(&rig, "a").await;
    assert_eq!(answered(rig.ask().get("/")).await.text, id.as_str());
    assert_eq!(rig.guest(&id).await.boots, 2);
}

#[tokio::test]
async fn requests_wake_one_machine_and_let_the_others_sleep() {
    let rig = Rig::new().await;
    for name in ["a", "b"] {
        asleep(&rig, name).await;
    }
    let (one, two) = (rig.ask(), rig.ask());
    let (one, two) = tokio::join!(answered(one.get("/")), answered(two.get("/")));
    assert_eq!((one.status, one.text), (200, two.text));
    assert_eq!(boots(&rig).await, 3, "one was woken");
}

#[tokio::test]
async fn another_machine_is_woken_where_the_first_dies_on_its_way() {
    // The proxies hear of it a second later: time enough to die in.
    let settings = Settings { gossip: Duration::from_secs(10), ..Settings::default() };
    let rig = Rig::with(options().program(guest()).settings(settings)).await;
    for name in ["a", "b"] {
        asleep(&rig, name).await;
    }
    let client = rig.ask();
    let asked = tokio::spawn(async move { client.get("/").await });
    let killed = async || {
        let guests = rig.site.control().guests().await.expect("told");
        let woken = guests.into_iter().find(|guest| guest.boots == 2).map(|guest| guest.machine);
        match woken {
            Some(woken) => rig.site.control().signal(&woken, "SIGKILL").await.is_ok(),
            None => false,
        }
    };
    testbed::wait::until(PATIENCE, "the one that was woken is killed", killed).await.expect("it is");
    assert_eq!(answered(async { asked.await.expect("no panic") }).await.status, 200);
    assert_eq!(boots(&rig).await, 4, "two were woken, one after the other");
}
