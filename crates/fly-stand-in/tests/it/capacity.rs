//! Names, rooms and images: why a machine is not made, or not started.

use deploy::machines::{Meaning, NewMachine, State};
use fly_stand_in::{Behaviour, Happening};
use serde_json::json;

use super::rig::{HOUR, Rig, meaning, new, rules, with_config};

rules![
    a_name_is_one_living_machines_and_free_when_that_is_gone,
    a_create_that_is_repeated_finds_the_machine_that_it_made,
    a_region_without_room_is_told_and_another_is_found,
    a_host_without_room_does_not_start_its_machine,
    an_image_that_is_not_there_is_told_until_it_is,
    a_configuration_that_cannot_be_run_is_refused,
    what_is_not_kept_is_said_so,
    an_app_that_is_not_there_is_not_found,
];

async fn a_name_is_one_living_machines_and_free_when_that_is_gone(rig: Rig) {
    rig.set(|settings| settings.destroys = HOUR);
    let id = rig.started("a").await;
    let (status, body) = rig.ask("POST", "/machines", Some(json!({"name": "a", "config": {"image": "i"}}))).await;
    let text = body["error"].as_str().expect("a text");
    assert!(status == 409 && text.contains(&format!("machine ID {id} already exists with name \"a\"")), "{text}");
    let other = with_config("a", json!({"image": "i", "metadata": {"ship_release": "43"}}));
    assert_eq!(meaning(rig.machines.create(&other).await), Meaning::NameTaken(Some(id.clone())));
    rig.machines.destroy(&id, true).await.expect("told");
    assert_eq!(rig.look(&id).await.state, State::Destroying);
    assert!(matches!(meaning(rig.machines.create(&other).await), Meaning::NameTaken(_)));
    rig.set(|settings| settings.destroys = std::time::Duration::ZERO);
    let again = rig.started("b").await;
    rig.machines.destroy(&again, true).await.expect("told");
    assert!(rig.made(&new("b")).await != again);
}

async fn a_create_that_is_repeated_finds_the_machine_that_it_made(rig: Rig) {
    let id = rig.made(&new("a")).await;
    assert_eq!(rig.made(&new("a")).await, id);
    let unnamed = rig.ask("POST", "/machines", Some(json!({"config": {"image": "i"}}))).await.1;
    assert!(unnamed["name"].as_str().is_some_and(|name| !name.is_empty()) && unnamed["region"] == "ams");
}

async fn a_region_without_room_is_told_and_another_is_found(rig: Rig) {
    rig.set(|settings| settings.full_regions.extend(["ams".to_owned()]));
    assert!(matches!(meaning(rig.machines.create(&new("a")).await), Meaning::RegionFull(_)));
    let elsewhere = NewMachine { region: "fra".parse().expect("a region"), ..new("a") };
    let id = rig.made(&elsewhere).await;
    assert_eq!(rig.look(&id).await.region.as_str(), "fra");
    let either = json!({"config": {"image": "i"}, "region": "ams,iad"});
    assert_eq!(rig.ask("POST", "/machines", Some(either)).await.1["region"], "iad");
    let nowhere = NewMachine { region: "xyz".parse().expect("a region"), ..new("b") };
    assert!(matches!(meaning(rig.machines.create(&nowhere).await), Meaning::Invalid(_)));
}

async fn a_host_without_room_does_not_start_its_machine(rig: Rig) {
    let id = rig.stopped("a").await;
    rig.happen(&id, Happening::HostFull(true));
    assert!(matches!(meaning(rig.machines.start(&id).await), Meaning::HostFull(_)));
    assert_eq!(rig.look(&id).await.state, State::Stopped);
    rig.happen(&id, Happening::HostFull(false));
    rig.machines.start(&id).await.expect("started");
}

async fn an_image_that_is_not_there_is_told_until_it_is(rig: Rig) {
    rig.behave(Behaviour { image_missing: true, ..Behaviour::told() });
    assert!(matches!(meaning(rig.machines.create(&new("a")).await), Meaning::ImageUnknown(_)));
    rig.behave(Behaviour::told());
    rig.made(&new("a")).await;
}

async fn a_configuration_that_cannot_be_run_is_refused(rig: Rig) {
    for wrong in [
        json!({}),
        json!({"image": "i", "env": {"A": 1}}),
        json!({"image": "i", "metadata": {"A": null}}),
        json!({"image": "i", "checks": {"ready": {"interval": "often"}}}),
    ] {
        assert!(matches!(meaning(rig.machines.create(&with_config("a", wrong.clone())).await), Meaning::Invalid(_)));
    }
    let late = json!({"config": {"image": "i"}, "min_secrets_version": 1});
    assert_eq!(rig.ask("POST", "/machines", Some(late)).await.0, 422);
    assert_eq!(rig.ask("POST", "/machines", None).await.0, 400);
}

async fn what_is_not_kept_is_said_so(rig: Rig) {
    let id = rig.started("a").await;
    for (method, path) in [("POST", "exec"), ("GET", "versions"), ("POST", "restart"), ("PATCH", "metadata")] {
        let (status, body) = rig.ask(method, &format!("/machines/{id}/{path}"), None).await;
        assert!(status == 501 && body["error"].as_str().is_some_and(|text| text.contains("not kept")), "{body}");
    }
}

async fn an_app_that_is_not_there_is_not_found(rig: Rig) {
    assert_eq!(rig.machines.app().await.expect("ours").name, "web");
    let other = deploy::machines::Machines::new(rig.way.clone(), "other".parse().expect("a name"));
    assert!(matches!(meaning(other.app().await), Meaning::NotFound(_)));
    let id = rig.started("a").await;
    rig.fly.with(|fly, _| fly.app("other"));
    other.app().await.expect("it is there now");
    assert!(matches!(meaning(other.get(&id).await), Meaning::NotFound(_)), "the machine is another app's");
}
