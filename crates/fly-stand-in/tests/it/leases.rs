//! Leases: who holds one may act, everybody else is refused, or hangs.

use std::time::Duration;

use deploy::machines::{Doubt, Meaning, Signal, State};
use fly_stand_in::Happening;
use tokio::time::{Instant, advance};

use super::rig::{HOUR, Rig, meaning, new, rules};

const TTL: Duration = Duration::from_secs(60);

rules![
    a_lease_is_one_callers_and_the_other_is_told_whose,
    a_refreshed_lease_keeps_its_nonce_and_a_released_one_is_free,
    a_leased_machine_refuses_who_has_no_nonce_and_obeys_who_has,
    looks_waits_and_metadata_need_no_lease,
    a_stop_of_a_leased_machine_hangs_and_is_done_when_the_lease_ends_whoever_waits,
    a_destroy_that_hangs_is_answered_when_the_lease_is_given_back,
    a_lease_goes_with_its_machine,
    a_machine_may_be_born_leased,
];

async fn a_lease_is_one_callers_and_the_other_is_told_whose(rig: Rig) {
    let id = rig.started("a").await;
    assert_eq!(rig.machines.holder(&id).await.expect("an answer"), None);
    rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
    let Meaning::LeaseHeld(holder) = meaning(rig.somebody().take(&id, TTL, "boardctl 2").await) else {
        panic!("another")
    };
    assert_eq!(holder.description.as_deref(), Some("boardctl 1"));
    assert!(holder.owner.is_some_and(|owner| owner.ends_with("@tokens.fly.io")));
    let left = holder.until.expect("a time") - rig.fly.now();
    assert!(left > Duration::from_secs(50) && left <= TTL, "{left}");
}

async fn a_refreshed_lease_keeps_its_nonce_and_a_released_one_is_free(rig: Rig) {
    let id = rig.started("a").await;
    let lease = rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
    let longer = rig.machines.refresh(&lease, 2 * TTL).await.expect("refreshed");
    assert!(longer.continues(&lease));
    assert!(rig.view(&id).leased_until.expect("leased") > rig.fly.now() + TTL);
    rig.machines.release(&longer).await.expect("released");
    let other = rig.somebody().take(&id, TTL, "boardctl 2").await.expect("free");
    assert!(!other.continues(&lease));
    assert!(matches!(meaning(rig.machines.refresh(&longer, TTL).await), Meaning::LeaseHeld(_)));
    assert!(matches!(meaning(rig.machines.release(&longer).await), Meaning::LeaseHeld(_)));
}

async fn a_leased_machine_refuses_who_has_no_nonce_and_obeys_who_has(rig: Rig) {
    let id = rig.started("a").await;
    let lease = rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
    let other = rig.somebody();
    for refused in [other.cordon(&id).await, other.uncordon(&id).await, other.start(&id).await] {
        let Meaning::LeaseHeld(holder) = meaning(refused) else { panic!("another") };
        assert!(holder.until.is_some());
    }
    assert!(!rig.view(&id).cordoned);
    rig.machines.cordon(&lease).await.expect("ours");
    rig.machines.stop(&lease, Signal::Term, HOUR).await.expect("ours");
    rig.happen(&id, Happening::Exited { code: 0, oom: false });
    rig.machines.start(&lease).await.expect("ours");
    assert!(rig.view(&id).cordoned);
}

async fn looks_waits_and_metadata_need_no_lease(rig: Rig) {
    let id = rig.started("a").await;
    rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
    let other = rig.somebody();
    other.get(&id).await.expect("a look");
    other.wait(&id, &State::Started, None, TTL).await.expect("a wait");
    other.set_metadata(&id, &"ship_failed".parse().expect("a key"), "1").await.expect("set");
}

async fn a_stop_of_a_leased_machine_hangs_and_is_done_when_the_lease_ends_whoever_waits(rig: Rig) {
    let id = rig.started("a").await;
    let lease = rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
    let gone = rig.somebody().stop(&id, Signal::Term, HOUR).await;
    assert_eq!(meaning(gone), Meaning::Unknown(Doubt::TimedOut));
    assert_eq!(rig.look(&id).await.state, State::Started);
    rig.machines.release(&lease).await.expect("released");
    assert_eq!(rig.look(&id).await.state, State::Stopping, "it lands although its caller has gone");
}

async fn a_destroy_that_hangs_is_answered_when_the_lease_is_given_back(rig: Rig) {
    let id = rig.started("a").await;
    let lease = rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
    let other = rig.somebody();
    let release = async {
        rig.until("it hangs", || rig.fly.with(|fly, _| fly.state())["hanging"] == 1).await;
        rig.machines.release(&lease).await
    };
    let (destroyed, released) = tokio::join!(other.destroy(&id, true), release);
    destroyed.expect("done in the end");
    released.expect("released");
    assert_eq!(rig.look(&id).await.state, State::Destroyed);
}

async fn a_lease_goes_with_its_machine(rig: Rig) {
    let id = rig.started("a").await;
    let lease = rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
    rig.machines.destroy(&lease, true).await.expect("ours");
    assert_eq!(rig.view(&id).leased_until, None);
    rig.machines.release(&lease).await.expect("as good as given back");
}

async fn a_machine_may_be_born_leased(rig: Rig) {
    let body = serde_json::json!({"config": super::rig::config(), "lease_ttl": 60});
    let (status, made) = rig.ask("POST", "/machines", Some(body)).await;
    assert!(status == 200 && made["nonce"].is_string(), "{made}");
    let id: deploy::machines::MachineId = made["id"].as_str().expect("an id").parse().expect("an id");
    assert!(matches!(meaning(rig.machines.cordon(&id).await), Meaning::LeaseHeld(_)));
    assert!(rig.ask("GET", &format!("/machines/{id}"), None).await.1.get("nonce").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_lease_ends_by_itself_and_what_hung_is_done_then() {
    let rig = Rig::here();
    let id = rig.started("a").await;
    let lease = rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
    let patient = deploy::machines::Limits { call: HOUR, ..super::rig::limits() };
    let patient = deploy::machines::Machines::with_limits(rig.way.clone(), "web".parse().expect("a name"), patient);
    let begun = Instant::now();
    patient.stop(&id, Signal::Term, HOUR).await.expect("done in the end");
    assert_eq!((begun.elapsed().as_secs(), rig.look(&id).await.state), (60, State::Stopping));
    assert_eq!(rig.machines.holder(&id).await.expect("an answer"), None);
    drop(lease);
}

#[tokio::test(start_paused = true)]
async fn a_lapsed_lease_is_another_one_or_none_to_who_refreshes_it() {
    for renewed in [true, false] {
        let rig = Rig::here();
        rig.set(|settings| settings.lapsed_is_renewed = renewed);
        let id = rig.made(&new("a")).await;
        let lease = rig.machines.take(&id, TTL, "boardctl 1").await.expect("a lease");
        // What it believes to have, by its own clock, is more than it has.
        let longer = rig.machines.refresh(&lease, 2 * TTL).await.expect("refreshed");
        let (_, held) = rig.ask("GET", &format!("/machines/{id}/lease"), None).await;
        let nonce = held["data"]["nonce"].as_str().expect("a nonce").to_owned();
        rig.fly.with(|fly, now| {
            let shorter = fly_stand_in::Request {
                method: "POST".to_owned(),
                path: format!("/v1/apps/web/machines/{id}/lease?ttl=1"),
                nonce: Some(nonce),
                body: None,
            };
            drop(fly.call(now, &shorter));
        });
        advance(Duration::from_secs(2)).await;
        match rig.machines.refresh(&longer, TTL).await {
            Ok(other) => assert!(renewed && !other.continues(&longer)),
            Err(error) => assert!(!renewed && matches!(error.meaning, Meaning::NotFound(_)), "{error:?}"),
        }
    }
}
