//! A machine that runs once.

use std::collections::BTreeMap;
use std::time::Duration;

use deploy::config::FlyToml;
use deploy::machines::Machines;
use deploy::run::{OneOff, OneOffEnd};
use fly_stand_in::{Behaviour, Exits, Fault, Instead, Whose};
use tokio::sync::watch;

use super::world::{World, image, timeless};

fn once(name: &str) -> OneOff {
    let toml = FlyToml::parse("app = \"web\"\nprimary_region = \"ams\"\n").expect("a fly.toml");
    OneOff {
        config: toml.machine_config(image(1).as_str(), &BTreeMap::new()),
        image: image(1),
        name: name.parse().expect("a name"),
        region: "ams".parse().expect("a region"),
        within: Duration::from_secs(300),
    }
}

/// How it ends when it would exit so.
fn ended(exits: Option<Exits>, plan: Option<Fault>) -> OneOffEnd {
    timeless(async {
        let world = World::of(World::empty(), 1);
        world.fly.with(|fly, _| {
            fly.behave(Whose::All, Behaviour { exits, ..Behaviour::default() });
            plan.into_iter().for_each(|fault| fly.plan(fault));
        });
        let machines = Machines::new(world.way(None), "web".parse().expect("a name"));
        let end = world.deployer(&machines, &|_| {}).one_off(&once("web-migrate-1"), watch::channel(false).1).await;
        assert!(world.living().is_empty(), "it is removed");
        end
    })
}

fn after(seconds: u64, code: i64) -> Option<Exits> {
    Some(Exits { after: Duration::from_secs(seconds), code, oom: false })
}

#[test]
fn its_exit_code_is_reported_and_it_does_not_run_twice() {
    assert_eq!(ended(after(30, 0), None), OneOffEnd::Exited { code: 0, oom: false });
    assert_eq!(ended(after(0, 0), None), OneOffEnd::Exited { code: 0, oom: false });
    assert_eq!(ended(after(5, 3), None), OneOffEnd::Exited { code: 3, oom: false });
}

#[test]
fn one_that_does_not_end_is_stopped_in_time() {
    assert!(matches!(ended(None, None), OneOffEnd::Stopped { why } if why.contains("300 s")));
}

#[test]
fn a_create_whose_answer_is_lost_runs_it_once() {
    let lost = Fault {
        call: Some(fly_stand_in::Act::Create),
        lands: fly_stand_in::Lands::AtOnce,
        answer: Instead::Cut,
        ..Fault::default()
    };
    assert_eq!(ended(after(5, 0), Some(lost)), OneOffEnd::Exited { code: 0, oom: false });
}

#[test]
fn somebody_stops_it_and_it_is_gone() {
    timeless(async {
        let world = World::of(World::empty(), 1);
        let machines = Machines::new(world.way(None), "web".parse().expect("a name"));
        let (send, stop) = watch::channel(false);
        let tell = |_: &deploy::run::Told| {};
        let (deployer, once) = (world.deployer(&machines, &tell), once("web-migrate-1"));
        let interrupt = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            send.send(true).expect("it runs");
            std::future::pending::<()>().await;
        };
        let end = tokio::select! { end = deployer.one_off(&once, stop) => end, () = interrupt => unreachable!() };
        assert!(matches!(end, OneOffEnd::Stopped { .. }), "{end:?}");
        assert!(world.living().is_empty());
    });
}

#[test]
fn one_of_an_earlier_run_that_still_runs_is_not_run_beside() {
    timeless(async {
        let world = World::of(World::empty(), 1);
        let machines = Machines::new(world.way(None), "web".parse().expect("a name"));
        let tell = |_: &deploy::run::Told| {};
        let deployer = world.deployer(&machines, &tell);
        let first = once("web-migrate-1");
        let died =
            tokio::time::timeout(Duration::from_secs(20), deployer.one_off(&first, watch::channel(false).1)).await;
        assert!(died.is_err(), "it runs");
        let end = deployer.one_off(&once("web-migrate-2"), watch::channel(false).1).await;
        assert!(matches!(&end, OneOffEnd::NotMade { what, .. } if what.contains("web-migrate-1")), "{end:?}");
        assert_eq!(world.living().len(), 1);
    });
}
