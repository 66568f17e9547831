//! Machines that are to start, and are refused it.

use std::time::Duration;

use deploy::config::machine::MachineRestart;
use deploy::machines::{MachineId, Machines, Signal};
use deploy::run::{Order, Outcome};
use fly_stand_in::{Act, Fault, Happening, Instead, Local};

use super::world::{World, changed, release, settled, timeless};

/// How a mend ends of a machine that has fallen and is not started so often, and how long that took.
fn fallen(refused: u32) -> (Outcome, Duration, String) {
    timeless(async {
        let world = World::of(World::empty(), 2);
        let never = Some(MachineRestart { policy: "no", max_retries: None });
        let order = changed(release(1, 1), |asked| asked.config.restart = never);
        assert_eq!(world.run(&order).await.outcome, Outcome::Done);
        let id = world.living()[0].id.clone();
        let exited = Happening::Exited { code: 1, oom: false };
        world.fly.with(|fly, now| fly.happen(now, &id, &exited)).expect("it runs");
        let answer = Instead::Status { status: 412, body: None, retry_after_s: None };
        world.fly.with(|fly, _| {
            fly.plan(Fault { call: Some(Act::Start), times: refused, answer, ..Fault::default() });
        });
        let ended = world.run(&Order::Mend).await;
        let took = world.told.borrow().last().expect("an end").at;
        (ended.outcome, took, world.story())
    })
}

#[test]
fn three_starts_that_are_refused_are_none_and_the_fourth_brings_it_up() {
    let (outcome, _, story) = fallen(3);
    assert_eq!(outcome, Outcome::Done, "{story}");
}

#[test]
fn a_start_that_is_refused_until_the_steps_deadline_is_told_to_a_person() {
    let (outcome, took, story) = fallen(1_000);
    assert!(matches!(outcome, Outcome::NeedsPerson { .. }), "{outcome:?}\n{story}");
    assert!((300..360).contains(&took.as_secs()), "{took:?}\n{story}");
}

#[test]
fn a_green_whose_host_has_no_room_to_start_it_is_taken_back_after_three_tries() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        let somebody = Machines::new(Local(world.fly.clone()), "web".parse().expect("a name"));
        let sleeper: MachineId = world.living()[1].id.parse().expect("an id");
        somebody.stop(&sleeper, Signal::Term, Duration::from_secs(5)).await.expect("stopped");
        tokio::time::sleep(Duration::from_secs(5)).await;
        let order = release(2, 1);
        let run = async { world.run(&order).await };
        let wakes = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            // The green of the one that slept is to run now, and cannot.
            for green in
                world.living().into_iter().filter(|view| view.config["image"] == *super::world::image(2).as_str())
            {
                world.fly.with(|fly, now| fly.happen(now, &green.id, &Happening::HostFull(true))).expect("it is there");
            }
            somebody.start(&sleeper).await.expect("woken");
        };
        let (ended, ()) = tokio::join!(run, wakes);
        assert!(matches!(&ended.outcome, Outcome::TakenBack { why } if why.contains("no room")), "{:?}", ended.outcome);
        let took = world.told.borrow().last().expect("an end").at;
        assert!(took < Duration::from_secs(120), "{}", world.story());
        world.assert_alone(1, 2, "a host without room");
    });
}
