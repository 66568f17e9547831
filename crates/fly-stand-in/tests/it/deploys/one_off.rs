//! A machine that runs once.

use std::collections::BTreeMap;
use std::time::Duration;

use deploy::config::FlyToml;
use deploy::machines::Machines;
use deploy::run::{OneOff, OneOffEnd};
use fly_stand_in::{Act, Behaviour, Exits, Fault, Instead, Lands, Local, State, Whose};
use tokio::sync::watch;

use super::world::{World, image, timeless};

const COMMIT: &str = "0123abc";

fn once(name: &str) -> OneOff {
    let toml = FlyToml::parse("app = \"web\"\nprimary_region = \"ams\"\n").expect("a fly.toml");
    OneOff {
        config: toml.machine_config(image(1).as_str(), &BTreeMap::new()),
        image: image(1),
        commit: COMMIT.to_owned(),
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
        // Longer than a list lags behind.
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (living, ran) = (world.living(), world.deployer(&machines, &|_| {}).ran().await.expect("read"));
        if end == (OneOffEnd::Exited { code: 0, oom: false }) {
            assert_eq!(living.iter().map(|view| view.state).collect::<Vec<_>>(), [State::Stopped], "it tells what ran");
            assert_eq!(ran.as_deref(), Some(COMMIT));
        } else {
            assert!(living.is_empty() && ran.is_none(), "it is removed");
        }
        let boots: u64 = world.fly.with(|fly, _| fly.machines().map(|view| view.boots).sum());
        assert_eq!(boots, 1, "it runs once");
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
    let lost = Fault { call: Some(Act::Create), lands: Lands::AtOnce, answer: Instead::Cut, ..Fault::default() };
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

/// How it ends when these answers come from the fifth look on, and how long that took; it is left as it was.
fn left(call: Act, status: u16, body: Option<&str>) -> (String, String, Duration) {
    timeless(async {
        let world = World::of(World::empty(), 1);
        let answer = Instead::Status { status, body: body.map(str::to_owned), retry_after_s: None };
        world.fly.with(|fly, _| fly.plan(Fault { call: Some(call), nth: 5, times: 1_000, answer, ..Fault::default() }));
        let machines = Machines::new(world.way(None), "web".parse().expect("a name"));
        let began = tokio::time::Instant::now();
        let end = world.deployer(&machines, &|_| {}).one_off(&once("web-migrate-1"), watch::channel(false).1).await;
        let OneOffEnd::NotMade { what, todo } = end else { panic!("{end:?}") };
        let left = world.living();
        assert_eq!(left.iter().map(|view| view.state).collect::<Vec<_>>(), [State::Started], "it is left to run");
        assert!(todo.contains(&format!("fly machine destroy --force {} --app web", left[0].id)), "{todo}");
        (what, todo, began.elapsed())
    })
}

#[test]
fn one_that_runs_is_left_when_an_answer_cannot_be_read_or_no_time_mends_it() {
    let (what, ..) = left(Act::Get, 200, Some(r#"{"strange": true}"#));
    assert!(what.contains("cannot be read"), "{what}");
    for status in [401, 403, 404] {
        let (what, _, took) = left(Act::Get, status, None);
        assert!(took < Duration::from_secs(30), "{status}: {what} after {took:?}");
    }
}

#[test]
fn one_that_somebody_has_removed_is_not_waited_for() {
    timeless(async {
        let world = World::of(World::empty(), 1);
        let machines = Machines::new(world.way(None), "web".parse().expect("a name"));
        let somebody = Machines::new(Local(world.fly.clone()), "web".parse().expect("a name"));
        let (deployer, once) = (world.deployer(&machines, &|_| {}), once("web-migrate-1"));
        let removes = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let id = somebody.list().await.expect("a list")[0].id.clone();
            somebody.destroy(&id, true).await.expect("removed");
        };
        let began = tokio::time::Instant::now();
        let (end, ()) = tokio::join!(deployer.one_off(&once, watch::channel(false).1), removes);
        assert!(!matches!(end, OneOffEnd::Stopped { .. }), "{end:?}");
        assert!(began.elapsed() < Duration::from_secs(30), "{end:?}");
    });
}

#[test]
fn one_of_another_run_whose_image_is_still_pulled_is_left_alone() {
    timeless(async {
        let world = World::of(World::empty(), 1);
        world.fly.with(|fly, _| fly.behave(Whose::All, Behaviour { lays_out: None, ..Behaviour::default() }));
        let machines = Machines::new(world.way(None), "web".parse().expect("a name"));
        let deployer = world.deployer(&machines, &|_| {});
        let (first, second) = (once("web-migrate-1"), once("web-migrate-2"));
        let other = tokio::time::timeout(Duration::from_secs(5), deployer.one_off(&first, watch::channel(false).1));
        assert!(other.await.is_err(), "it is being made");
        let end = deployer.one_off(&second, watch::channel(false).1).await;
        assert!(matches!(&end, OneOffEnd::NotMade { what, .. } if what.contains("is created")), "{end:?}");
        assert_eq!(world.living().iter().map(|view| view.name.as_str()).collect::<Vec<_>>(), ["web-migrate-1"]);
    });
}

#[test]
fn what_is_stopped_before_it_was_made_is_not_made() {
    timeless(async {
        let world = World::of(World::empty(), 1);
        let machines = Machines::new(world.way(None), "web".parse().expect("a name"));
        let stop = watch::channel(true).1;
        let end = world.deployer(&machines, &|_| {}).one_off(&once("web-migrate-1"), stop).await;
        assert!(matches!(end, OneOffEnd::Stopped { .. }), "{end:?}");
        assert_eq!(world.fly.with(|fly, _| fly.machines().count()), 0);
    });
}

#[test]
fn one_that_cannot_be_told_to_end_is_not_called_stopped() {
    timeless(async {
        let world = World::of(World::empty(), 1);
        let never = Fault { call: Some(Act::Destroy), times: 1_000, ..Fault::default() };
        world.fly.with(|fly, _| fly.plan(never));
        let machines = Machines::new(world.way(None), "web".parse().expect("a name"));
        let end = world.deployer(&machines, &|_| {}).one_off(&once("web-migrate-1"), watch::channel(false).1).await;
        assert!(matches!(&end, OneOffEnd::NotMade { what, .. } if what.contains("may still run")), "{end:?}");
    });
}
