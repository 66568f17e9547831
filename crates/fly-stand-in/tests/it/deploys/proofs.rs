//! What a green has to show before it is let in.

use std::time::Duration;

use deploy::config::GoDuration;
use deploy::run::{Order, Outcome};
use fly_stand_in::{Behaviour, CheckBehaviour, Exits, Fly, Whose};

use super::world::{World, changed, release, settled, timeless};

/// How a deploy ends whose green does this; whether any of it was ever routed.
fn deploy(fly: &Fly, order: &Order, behaviour: Behaviour) -> (Outcome, bool) {
    timeless(async {
        let world = World::of(fly.clone(), 2);
        // As many as may be lost at one place, while it is tried again.
        world.judge.most.set(8);
        world.fly.with(|fly, _| fly.behave(Whose::Image("deployment-2".to_owned()), behaviour));
        let mut routed = false;
        let ended = {
            let run = async { world.run(order).await };
            tokio::pin!(run);
            loop {
                tokio::select! {
                    ended = &mut run => break ended,
                    () = tokio::time::sleep(Duration::from_millis(500)) => {
                        let ids = world.fly.with(|fly, now| fly.routed(now, "web"));
                        let green = |view: &fly_stand_in::View| view.config["image"] == *super::world::image(2).as_str();
                        routed |= world.living().iter().any(|view| green(view) && ids.contains(&view.id));
                    }
                }
            }
        };
        world.assert_sound("a green that shows too little");
        if ended.outcome != Outcome::Done {
            world.assert_alone(1, 2, "a green that shows too little");
        }
        // A step has five minutes, and what comes after it is quick.
        let took = world.told.borrow().last().expect("an end").at;
        assert!(took < Duration::from_secs(400), "{}", world.story());
        (ended.outcome, routed)
    })
}

fn ready(passes: Option<u64>, fails: Option<u64>) -> Behaviour {
    let check = CheckBehaviour { passes: passes.map(Duration::from_secs), fails: fails.map(Duration::from_secs) };
    Behaviour { checks: [("ready".to_owned(), check)].into(), ..Behaviour::default() }
}

#[test]
fn one_that_is_never_ready_is_never_let_in() {
    let fly = settled(2);
    let (outcome, routed) = deploy(&fly, &release(2, 2), ready(None, None));
    assert!(matches!(&outcome, Outcome::TakenBack { why } if why.contains("ready")), "{outcome:?}");
    assert!(!routed);
}

#[test]
fn one_that_is_ready_late_is_waited_for() {
    let fly = settled(2);
    let (outcome, routed) = deploy(&fly, &release(2, 2), ready(Some(200), None));
    assert_eq!((outcome, routed), (Outcome::Done, true));
}

#[test]
fn one_whose_checks_pass_in_a_first_look_and_not_in_the_next_is_never_let_in() {
    let fly = settled(2);
    let (outcome, routed) = deploy(&fly, &release(2, 2), ready(Some(0), Some(20)));
    assert!(matches!(outcome, Outcome::TakenBack { .. }), "{outcome:?}");
    assert!(!routed, "one look is not enough");
}

#[test]
fn one_of_whose_checks_half_are_listed_is_never_let_in_by_those() {
    let fly = settled(2);
    let slow = changed(release(2, 2), |asked| {
        let ready = asked.config.checks.get_mut("ready").expect("a check");
        ready.grace_period = GoDuration::parse("60s");
    });
    let (outcome, routed) = deploy(&fly, &slow, ready(None, None));
    assert!(matches!(outcome, Outcome::TakenBack { .. }), "{outcome:?}");
    assert!(!routed, "half a list is not enough");
}

#[test]
fn one_that_exits_is_taken_back_without_waiting_for_a_deadline() {
    let fly = settled(2);
    let exits = Some(Exits { after: Duration::from_secs(5), code: 1, oom: false });
    let (outcome, routed) = deploy(&fly, &release(2, 2), Behaviour { exits, ..Behaviour::default() });
    assert!(matches!(&outcome, Outcome::TakenBack { why } if why.contains("code 1")), "{outcome:?}");
    assert!(!routed);
}

#[test]
fn one_that_never_starts_is_taken_back_at_its_deadline() {
    let fly = settled(2);
    let (outcome, routed) = deploy(&fly, &release(2, 2), Behaviour { boots: None, ..Behaviour::default() });
    assert!(matches!(outcome, Outcome::TakenBack { .. }), "{outcome:?}");
    assert!(!routed);
}
