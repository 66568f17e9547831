//! The ten states in which a killed or interrupted flyctl was seen to leave a fleet of two, built here; a mend ends each in one
//! colour, and something serves all the time.

use std::time::Duration;

use deploy::machines::{Config, Machines, NewMachine, Signal, State as Wanted};
use deploy::run::{Order, Outcome};
use fly_stand_in::{Act, Behaviour, CheckBehaviour, Fault, Instead, Lands, Local, State, Whose};
use serde_json::{Value, json};

use super::world::{World, shown, timeless};

macro_rules! left {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../../deploy/tests/it/ship/half_done/", $name, ".json")))),+]
    };
}

const LEFT: [(&str, &str); 10] = left![
    "int-created",
    "int-uncordoned",
    "int-cordoned",
    "int-stopped",
    "kill-first-created",
    "kill-created",
    "kill-first-uncordoned",
    "kill-uncordoned",
    "kill-cordoned",
    "kill-stopped",
];

fn new(left: &Value, number: usize) -> NewMachine {
    let check = json!({"type": "http", "interval": "2s", "grace_period": "1s", "path": "/routable"});
    let config = json!({
        "image": left["image"],
        "metadata": left["metadata"],
        "services": [{"protocol": "tcp", "internal_port": 8080, "autostop": false, "autostart": false, "checks": [check]}],
        "stop_config": {"signal": "SIGTERM", "timeout": "30s"},
    });
    NewMachine {
        name: format!("flyctl-{number}").parse().expect("a name"),
        region: "ams".parse().expect("a region"),
        config: Config::new(config),
        skip_launch: false,
        cordoned: left["cordoned"] == true,
    }
}

/// Makes what was left, as it was left.
async fn leave(world: &World, left: &Value) {
    let flyctl =
        Machines::with_limits(Local(world.fly.clone()), "web".parse().expect("a name"), crate::it::rig::limits());
    let machines = left["machines"].as_array().expect("machines");
    for (number, left) in machines.iter().enumerate() {
        let made = flyctl.create(&new(left, number)).await.expect("made");
        flyctl.wait(&made, &Wanted::Started, None, Duration::from_secs(30)).await.expect("it starts");
        tokio::time::sleep(Duration::from_secs(4)).await;
        if left["state"] == "stopped" {
            flyctl.stop(&made, Signal::Term, Duration::from_secs(5)).await.expect("stopped");
        }
        if left["leased"] == true {
            flyctl.take(&made, Duration::from_secs(13), "").await.expect("leased");
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
}

#[test]
fn a_mend_ends_each_in_one_colour_and_something_serves_all_the_time() {
    for (name, text) in LEFT {
        let left: Value = serde_json::from_str(text).expect("JSON");
        timeless(async {
            let world = World::of(World::empty(), 2);
            leave(&world, &left).await;
            let ended = world.run(&Order::Mend).await;
            assert_eq!(ended.outcome, Outcome::Done, "{name}\n{}", world.story());
            let all = world.living();
            let whole = |view: &fly_stand_in::View| view.state == State::Started && !view.cordoned;
            let one = all.iter().all(|view| view.digest == all[0].digest && whole(view));
            assert!(one && all.len() == 2, "{name}: {}\n{}", shown(&all), world.story());
            world.assert_sound(name);
        });
    }
}

#[test]
fn and_so_does_the_next_deploy() {
    for (name, text) in LEFT {
        let left: Value = serde_json::from_str(text).expect("JSON");
        timeless(async {
            let world = World::of(World::empty(), 3);
            leave(&world, &left).await;
            let mend = world.run(&Order::Mend).await;
            assert_eq!(mend.outcome, Outcome::Done, "{name}");
            let ended = world.run(&super::world::release(3, 2)).await;
            assert_eq!(ended.outcome, Outcome::Done, "{name}\n{}", world.story());
            world.assert_alone(3, 2, name);
        });
    }
}

#[test]
fn what_was_seen_to_serve_ten_seconds_ago_is_looked_at_again_before_another_is_cordoned() {
    let left: Value = serde_json::from_str(LEFT[7].1).expect("JSON");
    timeless(async {
        let world = World::of(World::empty(), 2);
        leave(&world, &left).await;
        // The first cordon takes as long as a call may, and while it does, the colour that is kept drops out of the proxies.
        let hangs = Fault { call: Some(Act::Cordon), lands: Lands::AtOnce, answer: Instead::Hang, ..Fault::default() };
        world.fly.with(|fly, _| fly.plan(hangs));
        let run = async { world.run(&Order::Mend).await };
        let drops = async {
            while !world.living().iter().any(|view| view.cordoned) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let fails = CheckBehaviour { passes: None, fails: None };
            let checks = [("servicecheck-00-http-8080".to_owned(), fails)].into();
            let behaviour = Behaviour { checks, ..Behaviour::default() };
            world.fly.with(|fly, _| fly.behave(Whose::Image("deployment-2".to_owned()), behaviour));
            tokio::time::sleep(Duration::from_secs(60)).await;
            let cordoned = world.living().iter().filter(|view| view.cordoned).count();
            assert_eq!(cordoned, 1, "{}", world.story());
            world.fly.with(|fly, _| fly.behave(Whose::Image("deployment-2".to_owned()), Behaviour::default()));
        };
        let (ended, ()) = tokio::join!(run, drops);
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        world.assert_sound("a sight that is too old");
    });
}
