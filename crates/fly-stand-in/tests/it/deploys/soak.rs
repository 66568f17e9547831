//! What turns bad while it is watched.

use std::time::Duration;

use deploy::run::{Doing, Ended, Gate, Happened, Outcome};
use fly_stand_in::{Behaviour, CheckBehaviour, Fly, Happening, Whose};

use super::way::Sick;
use super::world::{World, changed, release, settled, timeless};

/// Well into the soak of a deploy.
const INTO_THE_SOAK: Duration = Duration::from_secs(60);

fn checks_fail(world: &World, tag: u8, fail: bool) {
    let checks =
        [("ready".to_owned(), CheckBehaviour { passes: Some(Duration::ZERO), fails: fail.then_some(Duration::ZERO) })];
    let behaviour = Behaviour { checks: checks.into(), ..Behaviour::default() };
    world.fly.with(|fly, _| fly.behave(Whose::Image(format!("deployment-{tag}")), behaviour));
}

/// How a deploy ends whose green is sick from a time on, and how long the sick green was still routed.
fn sick(fly: &Fly, able: bool, lasts: Duration, also: impl Fn(&World, bool)) -> (Ended, Duration, String) {
    timeless(async {
        let world = World::of(fly.clone(), 2);
        let from = world.fly.now() + INTO_THE_SOAK;
        world.edge.sick.borrow_mut().insert("deployment-2".to_owned(), Sick { from, until: from + lasts, able });
        let order = release(2, 2);
        let run = async { world.run(&order).await };
        let bad = async {
            tokio::time::sleep(INTO_THE_SOAK).await;
            also(&world, true);
            let greens: Vec<String> = world
                .living()
                .into_iter()
                .filter(|view| view.config["image"].as_str().is_some_and(|image| image.contains("deployment-2")))
                .map(|view| view.id)
                .collect();
            let begun = tokio::time::Instant::now();
            let mut lasted = lasts;
            while begun.elapsed() < lasts {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let routed = world.fly.with(|fly, now| fly.routed(now, "web"));
                if !routed.iter().any(|id| greens.contains(id)) {
                    lasted = begun.elapsed();
                    break;
                }
            }
            also(&world, false);
            lasted
        };
        let (ended, lasted) = tokio::join!(run, bad);
        world.assert_sound("a fault in the soak");
        world.assert_alone(if ended.outcome == Outcome::Done { 2 } else { 1 }, 2, "a fault in the soak");
        (ended, lasted, world.story())
    })
}

#[test]
fn a_green_that_fails_by_its_own_fault_is_taken_back_within_twenty_seconds() {
    let fly = settled(2);
    let (ended, lasted, story) = sick(&fly, true, Duration::from_secs(3_600), |_, _| {});
    assert!(matches!(&ended.outcome, Outcome::TakenBack { why } if why.contains("critical request")), "{story}");
    println!("a green at fault by itself was routed for {lasted:?}");
    assert!(lasted <= Duration::from_secs(20), "{lasted:?}\n{story}");
}

#[test]
fn one_that_misses_what_the_others_have_is_taken_back_once_their_checks_have_said_so() {
    let fly = settled(2);
    let (ended, lasted, story) = sick(&fly, false, Duration::from_secs(3_600), |_, _| {});
    assert!(matches!(ended.outcome, Outcome::TakenBack { .. }), "{story}");
    println!("a green that misses something alone was routed for {lasted:?}");
    assert!(lasted > Duration::from_secs(20) && lasted <= Duration::from_secs(40), "{lasted:?}\n{story}");
}

#[test]
fn what_both_colours_miss_is_waited_for_and_the_deploy_goes_on_when_it_is_back() {
    let fly = settled(2);
    let away = |world: &World, away| checks_fail(world, 1, away);
    let (ended, _, story) = sick(&fly, false, Duration::from_secs(60), away);
    assert_eq!(ended.outcome, Outcome::Done, "{story}");
    assert!(story.contains("both colours are not well") && story.contains("all is well again"), "{story}");
}

#[test]
fn what_does_not_come_back_ends_it_with_nothing_changed() {
    let fly = settled(2);
    let away = |world: &World, away| checks_fail(world, 1, away);
    let (ended, _, story) = sick(&fly, false, Duration::from_secs(3_600), away);
    assert!(matches!(ended.outcome, Outcome::BothIll { .. }), "{:?} {story}", ended.outcome);
}

#[test]
fn with_the_looser_gate_a_dependency_that_is_away_holds_nothing() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        checks_fail(&world, 1, true);
        checks_fail(&world, 2, true);
        let loose = changed(release(2, 2), |asked| asked.gate = Gate::Routable);
        let ended = world.run(&loose).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        world.assert_alone(2, 2, "the looser gate");
        // And with the strict one, the very same waits, and changes nothing.
        checks_fail(&world, 3, true);
        let ended = world.run(&release(3, 2)).await;
        assert!(matches!(ended.outcome, Outcome::BothIll { .. }), "{:?} {}", ended.outcome, world.story());
        world.assert_alone(2, 2, "the strict gate");
    });
}

#[test]
fn a_green_that_exits_in_the_soak_is_taken_back_at_once() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        let order = release(2, 2);
        let run = async { world.run(&order).await };
        let exit = async {
            tokio::time::sleep(INTO_THE_SOAK).await;
            let exited = Happening::Exited { code: 70, oom: false };
            let is_green = |view: &fly_stand_in::View| view.config["image"] == *super::world::image(2).as_str();
            let green = world.living().into_iter().find(is_green).expect("a green");
            world.fly.with(|fly, now| fly.happen(now, &green.id, &exited)).expect("it runs");
        };
        let (ended, ()) = tokio::join!(run, exit);
        assert!(matches!(&ended.outcome, Outcome::TakenBack { why } if why.contains("code 70")), "{}", world.story());
        let judged =
            world.told.borrow().iter().find(|told| matches!(told.what, Happened::Fault { .. })).map(|told| told.at);
        assert!(judged.is_some_and(|at| at < INTO_THE_SOAK + Duration::from_secs(5)), "{}", world.story());
        world.assert_alone(1, 2, "an exit in the soak");
    });
}

#[test]
fn when_somebody_stops_the_run_what_was_there_stays() {
    let fly = settled(2);
    for (second, tag) in [(0, 1), (2, 1), (20, 1), (32, 1), (60, 1), (103, 2)] {
        timeless(async {
            let world = World::of(fly.clone(), 2);
            let (send, stop) = tokio::sync::watch::channel(false);
            let (order, way) = (release(2, 2), world.way(None));
            let interrupt = async {
                tokio::time::sleep(Duration::from_secs(second)).await;
                send.send(true).expect("it runs");
            };
            let (ended, ()) = tokio::join!(world.run_until(&order, &way, stop), interrupt);
            let ended = ended.expect("alive");
            match tag {
                1 => assert!(matches!(ended.outcome, Outcome::TakenBack { .. }), "{second} s: {:?}", ended.outcome),
                _ => assert_eq!(ended.outcome, Outcome::Done, "after the verdict it is finished"),
            }
            world.assert_alone(tag, 2, &format!("stopped after {second} s"));
            let all = world.shelf.all.borrow();
            assert!(all.last().is_none_or(|record| !record.is_running()), "{second} s: {all:?}");
        });
    }
}

#[test]
fn without_a_public_address_what_is_let_back_has_a_margin_before_the_rest_is_cordoned() {
    let fly = settled(2);
    timeless(async {
        let mut world = World::of(fly, 2);
        world.public = false;
        let order = release(2, 2);
        let run = async { world.run(&order).await };
        let fails = async {
            tokio::time::sleep(INTO_THE_SOAK).await;
            checks_fail(&world, 2, true);
        };
        let (ended, ()) = tokio::join!(run, fails);
        assert!(matches!(&ended.outcome, Outcome::TakenBack { why } if why.contains("ready")), "{}", world.story());
        let back = |what: &Happened| matches!(what, Happened::Done { step: Doing::Uncordon { .. }, .. });
        let after = |what: &Happened| matches!(what, Happened::Begun { step: Doing::Cordon { .. } });
        let told = world.told.borrow();
        let let_back = told.iter().rfind(|told| back(&told.what)).expect("it is let back").at;
        let cordoned = told.iter().find(|told| told.at > let_back && after(&told.what)).expect("it is cordoned").at;
        assert!(cordoned >= let_back + Duration::from_secs(10), "{}", world.story());
        drop(told);
        world.assert_alone(1, 2, "an app without a public address");
    });
}

#[test]
fn while_it_is_open_whose_fault_it_is_nothing_is_cordoned() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        // It shows in the margin between what is let in and what is cordoned, and is over before it is known whose it was.
        let from = world.fly.now() + Duration::from_secs(36);
        let sick = Sick { from, until: from + Duration::from_secs(12), able: false };
        world.edge.sick.borrow_mut().insert("deployment-2".to_owned(), sick);
        let ended = world.run(&release(2, 2)).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        let told = world.told.borrow();
        let when = |is: fn(&Happened) -> bool| told.iter().find(|told| is(&told.what)).expect("it happened").at;
        let suspected = when(|what| matches!(what, Happened::Suspected { .. }));
        let well = when(|what| matches!(what, Happened::Well));
        let cordon = when(|what| matches!(what, Happened::Begun { step: Doing::Cordon { .. } }));
        assert!(suspected < well && well < cordon, "{}", world.story());
    });
}

#[test]
fn after_a_fault_of_both_the_soak_begins_anew() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        // The blues' checks say so first, so that it is never open whose fault it is.
        let from = world.fly.now() + Duration::from_secs(80);
        let sick = Sick { from, until: from + Duration::from_secs(10), able: false };
        world.edge.sick.borrow_mut().insert("deployment-2".to_owned(), sick);
        let order = release(2, 2);
        let run = async { world.run(&order).await };
        let fails = async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            checks_fail(&world, 1, true);
            tokio::time::sleep(Duration::from_secs(25)).await;
            checks_fail(&world, 1, false);
        };
        let (ended, ()) = tokio::join!(run, fails);
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        let told = world.told.borrow();
        let well = told.iter().rfind(|told| matches!(told.what, Happened::Well)).expect("it is well again").at;
        let passed =
            |what: &Happened| matches!(what, Happened::Begun { step: Doing::Mark { says, .. } } if says == "passed");
        let passed = told.iter().find(|told| passed(&told.what)).expect("it passed").at;
        assert!(passed >= well + Duration::from_secs(60), "{}", world.story());
    });
}
