//! Lists, which lag behind, and looks, which do not.

use std::time::Duration;

use deploy::machines::{Meaning, Signal};

use super::rig::{HOUR, Rig, meaning, new, rules, with_config};

rules![
    a_list_lags_behind_what_is_made_changed_and_gone,
    a_machine_is_unknown_by_its_id_for_its_first_moments,
    a_list_is_narrowed_by_what_is_asked_for,
    events_are_newest_first_and_as_many_as_are_asked_for,
];

async fn a_list_lags_behind_what_is_made_changed_and_gone(rig: Rig) {
    let states = async || {
        let list = rig.machines.list().await.expect("a list");
        list.into_iter().map(|machine| machine.state.to_string()).collect::<Vec<_>>()
    };
    rig.set(|settings| settings.list_lag = HOUR);
    let id = rig.started("a").await;
    assert_eq!(states().await, [""; 0]);
    rig.look(&id).await;
    rig.set(|settings| settings.list_lag = Duration::ZERO);
    assert_eq!(states().await, ["started"]);
    rig.machines.stop(&id, Signal::Term, HOUR).await.expect("told");
    assert_eq!(states().await, ["stopping"]);
    rig.machines.destroy(&id, true).await.expect("by force");
    assert_eq!(states().await, [""; 0]);
}

async fn a_machine_is_unknown_by_its_id_for_its_first_moments(rig: Rig) {
    rig.set(|settings| settings.get_lag = HOUR);
    let id = rig.made(&new("a")).await;
    assert!(matches!(meaning(rig.machines.get(&id).await), Meaning::NotFound(_)));
    assert!(matches!(meaning(rig.machines.cordon(&id).await), Meaning::NotFound(_)));
    rig.set(|settings| settings.get_lag = Duration::ZERO);
    rig.look(&id).await;
}

async fn a_list_is_narrowed_by_what_is_asked_for(rig: Rig) {
    let id = rig.started("a").await;
    rig.stopped("b").await;
    rig.made(&with_config("c", serde_json::json!({"image": "i", "metadata": {"ship_release": "43"}}))).await;
    let names = async |query: &str| {
        let (status, list) = rig.ask("GET", &format!("/machines?{query}"), None).await;
        assert_eq!(status, 200);
        let names = list.as_array().expect("a list").iter().map(|machine| machine["name"].as_str().expect("a name"));
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(names("").await, ["a", "b", "c"]);
    assert_eq!(names("state=started,stopped").await, ["a", "b"]);
    assert_eq!(names("metadata.ship_release=43").await, ["c"]);
    assert_eq!(names("region=fra").await, [""; 0]);
    let short = rig.ask("GET", "/machines?summary=true&state=started", None).await.1;
    assert_eq!((&short[0]["id"], short[0].get("config")), (&serde_json::json!(id), None));
}

async fn events_are_newest_first_and_as_many_as_are_asked_for(rig: Rig) {
    let id = rig.started("a").await;
    rig.machines.stop(&id, Signal::Term, HOUR).await.expect("told");
    let (_, two) = rig.ask("GET", &format!("/machines/{id}/events?limit=2"), None).await;
    let kinds: Vec<_> = two.as_array().expect("a list").iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds, ["stop", "start"]);
    assert!(two[0]["timestamp"].as_i64() >= two[1]["timestamp"].as_i64());
    assert_eq!(rig.ask("GET", &format!("/machines/{id}/events?limit=x"), None).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn each_version_is_listed_as_much_later_as_the_list_lags() {
    let rig = Rig::here();
    rig.set(|settings| settings.list_lag = Duration::from_secs(5));
    let id = rig.stopped("a").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    rig.machines.start(&id).await.expect("started");
    let mut seen = Vec::new();
    for _ in 0..6 {
        let list = rig.machines.list().await.expect("a list");
        seen.push(list.first().map_or("none".to_owned(), |machine| machine.state.to_string()));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(seen, ["none", "none", "stopped", "stopped", "stopped", "starting"]);
}
