//! Machines, as the API shows them, read into a fleet.

use std::collections::BTreeMap;

use deploy::config::FlyToml;
use deploy::machines::{Machine, SecretDigest};
use deploy::ship::{Colour, ColourId, Fingerprint, Fleet, Life, Plan, ReleaseKey, Why, fingerprint, keys};
use serde_json::{Value, json};

const DIGEST: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

fn key() -> ReleaseKey {
    let digest = "222222222222".parse().expect("a digest");
    ReleaseKey { id: ColourId::new(5, 1), fingerprint: Fingerprint::new([1; 8]), digest }
}

fn machine(change: impl Fn(&mut Value)) -> Machine {
    let metadata = keys::at_birth(key(), "3b0a553", Plan { started: 1, all: 2 });
    let mut json = json!({
        "id": "m1", "name": "web-0000000000050001-1", "state": "started", "region": "ams",
        "instance_id": "01M8DF8TC8H34TZSKKYVB7621S", "host_status": "ok", "cordoned": true,
        "image_ref": {"digest": DIGEST}, "config": {"metadata": metadata},
    });
    change(&mut json);
    serde_json::from_value(json).expect("a machine")
}

fn read(change: impl Fn(&mut Value)) -> deploy::ship::Member {
    Fleet::read(&[machine(change)]).members[0]
}

#[test]
fn what_a_machine_was_born_with_is_read_back() {
    let member = read(|_| {});
    assert_eq!(member.colour, Colour::Ours(key()));
    assert_eq!(member.plan, Some(Plan { started: 1, all: 2 }));
    assert_eq!(member.place.expect("a place").index, 1);
    // The API said of that machine that it was made at 2026-11-27T03:02:35.144Z.
    assert_eq!(member.born, 1_795_748_555_144);
    assert!(member.commit.is_some() && member.cordoned && !member.passed && member.failed.is_none());
}

#[test]
fn a_key_is_void_on_another_image_and_so_are_the_verdicts_that_came_with_it() {
    let member = read(|json| {
        json["image_ref"]["digest"] = json!(DIGEST.replace("2222", "3333"));
        json["config"]["metadata"][keys::FAILED] = json!("late");
        json["config"]["metadata"][keys::PASSED] = json!("1");
    });
    assert_eq!(member.colour, Colour::Foreign(Some("333333333333".parse().expect("a digest"))));
    assert_eq!((member.passed, member.failed, member.plan), (false, None, None));
    assert_eq!(read(|json| json["image_ref"] = json!(null)).colour, Colour::Foreign(None));
}

#[test]
fn verdicts_are_read_and_an_unknown_word_is_still_one() {
    for (word, why) in [("late", Why::Late), ("abandoned", Why::Abandoned), ("gone mad", Why::Faulty)] {
        assert_eq!(read(|json| json["config"]["metadata"][keys::FAILED] = json!(word)).failed, Some(why));
    }
    for why in [Why::Faulty, Why::Late, Why::Interrupted, Why::Abandoned] {
        assert_eq!(Why::of(why.as_str()), why);
    }
}

#[test]
fn asleep_on_purpose_is_not_fallen() {
    let after = |exit: Value| {
        let events = json!([{"type": "exit", "timestamp": 2, "request": {"exit_event": exit}}]);
        read(|json| (json["state"], json["events"]) = (json!("stopped"), events.clone())).life
    };
    assert_eq!(after(json!({"exit_code": 1})), Life::Fallen);
    assert_eq!(after(json!({"oom_killed": true})), Life::Fallen);
    assert_eq!(after(json!({"exit_code": 137, "requested_stop": true})), Life::Asleep);
    assert_eq!(after(json!({})), Life::Asleep);
    assert_eq!(read(|json| json["state"] = json!("stopped")).life, Life::Asleep);
    assert_eq!(read(|json| json["state"] = json!("transcending")).life, Life::Going);
}

#[test]
fn a_machine_on_an_ill_host_is_known_by_its_name() {
    let well = machine(|_| {});
    let ill = machine(|json| {
        json["name"] = json!("web-0000000000050001-0");
        (json["host_status"], json["config"], json["image_ref"]) = (json!("unreachable"), json!(null), json!({}));
    });
    let fleet = Fleet::read(&[well, ill]);
    assert!(fleet.members[1].ill);
    assert_eq!(fleet.members[1].colour, fleet.members[0].colour);
}

const TOML: &str = include_str!("../../../../../fly/api.toml");

fn print(toml: &str, image: &str, digest: &str, metadata: &[(&str, &str)], secret: &str, salt: &str) -> Fingerprint {
    let metadata: BTreeMap<String, String> = metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let config = FlyToml::parse(toml).expect("a fly.toml").machine_config(image, &metadata);
    let secret: SecretDigest = serde_json::from_value(json!({"name": "A", "digest": secret})).expect("a secret");
    fingerprint(digest, &config, &[secret], salt)
}

#[test]
fn a_release_is_its_image_its_config_and_its_secrets() {
    let same = print(TOML, "web:1", DIGEST, &[], "s1", "");
    assert_eq!(
        same,
        print(TOML, "web:2", DIGEST, &[("fly_release_version", "7")], "s1", ""),
        "a tag and a deploy's number"
    );
    let changed = TOML.replacen("\n[env]\n", "\n[env]\nSHIPPED = \"otherwise\"\n", 1);
    assert_ne!(changed, TOML);
    assert_ne!(same, print(&changed, "web:1", DIGEST, &[], "s1", ""), "a setting");
    assert_ne!(same, print(TOML, "web:1", "sha256:3", &[], "s1", ""), "an image");
    assert_ne!(same, print(TOML, "web:1", DIGEST, &[], "s2", ""), "a secret's value");
    assert_ne!(same, print(TOML, "web:1", DIGEST, &[], "s1", "again"), "a salt");
}
