//! Limits: what is asked for too often is refused.

use std::time::Duration;

use deploy::machines::{Limits, Machines, Meaning};
use fly_stand_in::Rate;

use super::rig::{HOUR, Rig, limits, meaning, new, rules};

rules![an_action_on_a_machine_is_let_through_three_times_in_a_row, a_look_is_let_through_ten_times];

/// Nothing is earned while a test runs.
fn never(burst: u32) -> Option<Rate> {
    Some(Rate { interval: HOUR, burst })
}

/// Without the client's own pace, which would wait after a refusal.
fn unpaced(rig: &Rig) -> Machines<super::rig::Way> {
    Machines::with_limits(rig.way.clone(), "web".parse().expect("a name"), limits())
}

async fn an_action_on_a_machine_is_let_through_three_times_in_a_row(rig: Rig) {
    let (id, other) = (rig.started("a").await, rig.started("b").await);
    rig.set(|settings| settings.rate = never(3));
    let machines = unpaced(&rig);
    for _ in 0..3 {
        machines.cordon(&id).await.expect("let through");
    }
    machines.uncordon(&id).await.expect("another action");
    machines.cordon(&other).await.expect("another machine");
    let Meaning::RateLimited { wait } = meaning(machines.cordon(&id).await) else { panic!("another") };
    assert_eq!(wait, Duration::from_secs(1), "no Retry-After is documented, and none comes");
    assert!(!rig.view(&id).cordoned, "what was refused was not done");
}

async fn a_look_is_let_through_ten_times(rig: Rig) {
    let id = rig.made(&new("a")).await;
    rig.set(|settings| (settings.rate, settings.look_rate) = (never(1), never(10)));
    let machines = unpaced(&rig);
    for _ in 0..10 {
        machines.get(&id).await.expect("let through");
    }
    assert!(matches!(meaning(machines.get(&id).await), Meaning::RateLimited { .. }));
}

#[tokio::test(start_paused = true)]
async fn the_clients_own_pace_is_within_what_fly_lets_through() {
    let rig = Rig::with(fly_stand_in::Settings::default());
    rig.set(|settings| settings.rate = Some(Rate { interval: Duration::from_secs(1), burst: 1 }));
    let id = rig.made(&new("a")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let paced = Machines::with_limits(rig.way.clone(), "web".parse().expect("a name"), Limits::default());
    for _ in 0..5 {
        paced.cordon(&id).await.expect("in pace");
        paced.list().await.expect("in pace");
    }
}
