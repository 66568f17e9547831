//! Machines whose host is out of reach.

use deploy::machines::{HostStatus, Meaning, State};
use fly_stand_in::{Happening, Host};

use super::rig::{Rig, meaning, new, rules};

rules![
    a_machine_on_a_lost_host_is_shown_without_what_it_runs,
    what_needs_a_lost_host_is_done_or_not_nobody_knows,
    a_machine_on_a_lost_host_is_removed_by_force,
];

async fn a_machine_on_a_lost_host_is_shown_without_what_it_runs(rig: Rig) {
    let id = rig.started("a").await;
    rig.happen(&id, Happening::Host(Host::Unreachable));
    let machine = rig.look(&id).await;
    assert_eq!(machine.host_status, HostStatus::Ill("unreachable".to_owned()));
    assert!(machine.config().is_none() && machine.image_ref.digest.is_none() && machine.checks().count() == 0);
    assert_eq!(machine.state, State::Started, "stale");
    rig.happen(&id, Happening::Host(Host::Unknown));
    let machine = rig.look(&id).await;
    assert_eq!(machine.metadata("ship_release"), Some("42.f.d"), "what is known of it");
    rig.happen(&id, Happening::Host(Host::Ok));
    assert_eq!(rig.look(&id).await.host_status, HostStatus::Ok);
}

async fn what_needs_a_lost_host_is_done_or_not_nobody_knows(rig: Rig) {
    let id = rig.started("a").await;
    rig.happen(&id, Happening::Host(Host::Unreachable));
    let minute = std::time::Duration::from_secs(60);
    for lost in [rig.machines.cordon(&id).await, rig.machines.take(&id, minute, "x").await.map(drop)] {
        assert!(matches!(meaning(lost), Meaning::Unknown(_)));
    }
    assert_eq!(rig.ask("POST", &format!("/machines/{id}/stop"), None).await.0, 408);
    assert!(!rig.view(&id).cordoned && rig.view(&id).state == fly_stand_in::State::Started);
}

async fn a_machine_on_a_lost_host_is_removed_by_force(rig: Rig) {
    let id = rig.made(&new("a")).await;
    rig.happen(&id, Happening::Host(Host::Unreachable));
    assert!(matches!(meaning(rig.machines.destroy(&id, false).await), Meaning::Unknown(_)));
    rig.machines.destroy(&id, true).await.expect("by force");
    assert_eq!(rig.look(&id).await.state, State::Destroyed);
}
