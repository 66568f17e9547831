//! What the proxies know, and whom they put to sleep and wake.

use std::time::Duration;

use deploy::machines::{MachineId, Signal};
use fly_stand_in::{Happening, State};
use serde_json::json;

use super::rig::{HOUR, ROUTABLE, Rig, config, new, rules, with_config};

rules![
    a_machine_is_routed_to_when_it_is_started_checked_and_uncordoned,
    a_check_that_does_not_route_changes_nothing,
    the_proxies_hear_of_a_cordon_later,
    a_request_wakes_a_machine_that_sleeps_unless_it_is_cordoned_leased_or_may_not,
];

fn routed(rig: &Rig) -> Vec<String> {
    rig.fly.with(|fly, now| fly.routed(now, "web"))
}

fn check(rig: &Rig, id: &MachineId, check: &str, passing: bool) {
    rig.happen(id, Happening::Checked { check: check.to_owned(), passing });
}

async fn a_machine_is_routed_to_when_it_is_started_checked_and_uncordoned(rig: Rig) {
    let id = rig.started("a").await;
    assert_eq!(routed(&rig), [""; 0], "before its first look");
    check(&rig, &id, ROUTABLE, true);
    assert_eq!(routed(&rig), [id.as_str()]);
    check(&rig, &id, ROUTABLE, false);
    assert_eq!(routed(&rig), [""; 0]);
    check(&rig, &id, ROUTABLE, true);
    rig.machines.cordon(&id).await.expect("cordoned");
    assert_eq!(routed(&rig), [""; 0]);
    rig.machines.uncordon(&id).await.expect("uncordoned");
    assert_eq!(routed(&rig), [id.as_str()]);
    rig.machines.stop(&id, Signal::Term, HOUR).await.expect("told");
    assert_eq!(routed(&rig), [""; 0]);
    let worker = with_config("b", json!({"image": "i"}));
    let worker = rig.made(&worker).await;
    rig.happen(&worker, Happening::LaidOut);
    rig.happen(&worker, Happening::Booted);
    assert_eq!(routed(&rig), [""; 0], "it has no service");
}

async fn a_check_that_does_not_route_changes_nothing(rig: Rig) {
    let id = rig.started("a").await;
    check(&rig, &id, ROUTABLE, true);
    check(&rig, &id, "ready", false);
    assert_eq!(routed(&rig), [id.as_str()]);
}

async fn the_proxies_hear_of_a_cordon_later(rig: Rig) {
    let id = rig.started("a").await;
    check(&rig, &id, ROUTABLE, true);
    // Long enough to still see what was before the cordon.
    rig.set(|settings| settings.gossip = HOUR);
    assert_eq!(routed(&rig), [""; 0], "an hour ago it was not");
    rig.set(|settings| settings.gossip = Duration::ZERO);
    rig.machines.cordon(&id).await.expect("cordoned");
    assert!(rig.look(&id).await.cordoned && routed(&rig).is_empty());
}

async fn a_request_wakes_a_machine_that_sleeps_unless_it_is_cordoned_leased_or_may_not(rig: Rig) {
    let knock = || rig.fly.with(|fly, now| fly.knock(now, "web"));
    let mut stays = config();
    stays["services"][0]["autostart"] = json!(false);
    let other = deploy::machines::NewMachine { skip_launch: true, ..with_config("a", stays) };
    let other = rig.made(&other).await;
    rig.happen(&other, Happening::LaidOut);
    let id = rig.stopped("b").await;
    rig.machines.cordon(&id).await.expect("cordoned");
    assert_eq!(knock(), None);
    rig.machines.uncordon(&id).await.expect("uncordoned");
    let lease = rig.machines.take(&id, Duration::from_secs(60), "x").await.expect("a lease");
    assert_eq!(knock(), None);
    rig.machines.release(&lease).await.expect("released");
    assert_eq!(knock().as_deref(), Some(id.as_str()));
    assert_eq!((rig.view(&id).state, knock()), (State::Starting, None));
    assert_eq!(rig.look(&id).await.events[0].source, "proxy");
}

#[tokio::test(start_paused = true)]
async fn a_cordon_reaches_the_proxies_as_much_later_as_they_lag() {
    let rig = Rig::here();
    rig.set(|settings| settings.gossip = Duration::from_secs(2));
    let id = rig.started("a").await;
    check(&rig, &id, ROUTABLE, true);
    tokio::time::sleep(Duration::from_secs(2)).await;
    rig.machines.cordon(&id).await.expect("cordoned");
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(routed(&rig).len());
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    assert_eq!(seen, [1, 1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn machines_that_nobody_needs_are_put_to_sleep_one_a_turn() {
    let rig = Rig::here();
    let (busy, idle, cordoned) = (rig.started("a").await, rig.started("b").await, rig.started("c").await);
    rig.machines.cordon(&cordoned).await.expect("cordoned");
    rig.happen(&busy, Happening::Load(5));
    let states = || [&busy, &idle, &cordoned].map(|id| rig.view(id).state);
    tokio::time::sleep(HOUR + Duration::from_secs(1)).await;
    assert_eq!(states(), [State::Started, State::Stopping, State::Started]);
    assert_eq!(rig.view(&idle).stop.map(|stop| stop.signal).as_deref(), Some("SIGTERM"));
    tokio::time::sleep(HOUR).await;
    assert_eq!(states()[0], State::Started, "the last one has something to do");
    rig.happen(&busy, Happening::Load(0));
    tokio::time::sleep(HOUR).await;
    assert_eq!(states()[0], State::Stopping);
}

#[tokio::test(start_paused = true)]
async fn as_many_stay_up_as_the_load_or_the_least_number_needs_and_a_leased_one_stays() {
    let rig = Rig::here();
    let mut config = config();
    config["services"][0]["min_machines_running"] = json!(1);
    config["services"][0]["autostop"] = json!("suspend");
    config["env"] = json!({"PRIMARY_REGION": "ams"});
    let mut ids = Vec::new();
    for name in ["a", "b"] {
        let id = rig.made(&with_config(name, config.clone())).await;
        rig.happen(&id, Happening::LaidOut);
        rig.happen(&id, Happening::Booted);
        ids.push(id);
    }
    let asleep = || ids.iter().filter(|id| rig.view(id).state == State::Suspended).count();
    rig.happen(&ids[0], Happening::Load(21));
    tokio::time::sleep(HOUR + Duration::from_secs(1)).await;
    assert_eq!(asleep(), 0, "one is over its soft limit");
    rig.happen(&ids[0], Happening::Load(1));
    let lease = rig.machines.take(&ids[1], Duration::from_secs(4_000), "x").await.expect("a lease");
    tokio::time::sleep(HOUR).await;
    assert_eq!(asleep(), 0, "the idle one is leased");
    rig.machines.release(&lease).await.expect("released, or over");
    rig.happen(&ids[0], Happening::Load(0));
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(asleep(), 1, "one always stays");
    assert_eq!(rig.made(&new("c")).await.as_str().len(), 14);
}
