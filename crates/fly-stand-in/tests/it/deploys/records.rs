//! Release records: none says for ever that it runs.

use std::time::Duration;

use deploy::machines::Machines;
use deploy::run::{Happened, Order, Outcome};
use fly_stand_in::Local;

use super::world::{World, release, settled, timeless};

/// How each record ended, oldest first.
fn ends(world: &World) -> Vec<String> {
    world.shelf.all.borrow().iter().map(|record| record.status.clone()).collect()
}

#[test]
fn those_that_dead_runs_left_running_are_ended_by_whoever_comes_next() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        for tag in [2, 3] {
            let order = release(tag, 2);
            let died = tokio::time::timeout(Duration::from_secs(70), world.run(&order)).await;
            assert!(died.is_err(), "it is in the soak");
            // What it had leased lapses.
            tokio::time::sleep(Duration::from_secs(60)).await;
            let other = Order::Mend;
            if tag == 2 {
                world.shelf.away.set(true);
                assert_eq!(world.run(&other).await.outcome, Outcome::Done, "{}", world.story());
                world.shelf.away.set(false);
            }
        }
        assert_eq!(ends(&world), ["running", "running"]);
        let ended = world.run(&Order::TakeBack).await;
        assert!(matches!(ended.outcome, Outcome::TakenBack { .. }), "{:?}\n{}", ended.outcome, world.story());
        assert_eq!(ends(&world), ["failed", "failed"]);
        world.assert_alone(1, 2, "a take-back");
    });
}

#[test]
fn one_whose_release_stands_is_complete_though_its_run_died_before_it_said_so() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 1);
        let order = release(2, 1);
        let run = async { world.run(&order).await };
        tokio::pin!(run);
        loop {
            tokio::select! {
                ended = &mut run => panic!("{:?}", ended.outcome),
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
            let gone = world.living().iter().all(|view| view.config["image"] == *super::world::image(2).as_str());
            if gone {
                break;
            }
        }
        assert_eq!(ends(&world), ["running"]);
        // What it had leased lapses.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let (send, stop) = tokio::sync::watch::channel(true);
        let ended = world.run_until(&release(3, 1), &world.way(None), stop).await.expect("alive");
        drop(send);
        assert!(matches!(ended.outcome, Outcome::TakenBack { .. }), "{:?}\n{}", ended.outcome, world.story());
        assert_eq!(ends(&world), ["complete"]);
        world.assert_alone(2, 1, "a run that was stopped before it made anything");
    });
}

#[test]
fn whoever_is_locked_ends_the_one_that_it_has_made() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 1);
        let somebody = Machines::new(Local(world.fly.clone()), "web".parse().expect("a name"));
        let order = release(2, 1);
        let run = async { world.run(&order).await };
        let holds = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let green = world.living().into_iter().find(|view| view.cordoned).expect("a green");
            let (id, ttl) = (green.id.parse().expect("an id"), Duration::from_secs(20));
            let mut lease = somebody.take(&id, ttl, "by hand").await.expect("taken");
            loop {
                tokio::time::sleep(Duration::from_secs(6)).await;
                lease = somebody.refresh(&lease, ttl).await.expect("kept");
            }
        };
        let ended = tokio::select! { ended = run => ended, () = holds => unreachable!() };
        assert!(matches!(ended.outcome, Outcome::Locked { .. }), "{:?}\n{}", ended.outcome, world.story());
        assert_eq!(ends(&world), ["interrupted"]);
    });
}

#[test]
fn while_nobody_answers_there_it_is_asked_for_once_a_run_and_not_for_each_machine() {
    let fly = settled(3);
    timeless(async {
        let world = World::of(fly, 3);
        world.shelf.away.set(true);
        assert_eq!(world.run(&release(2, 3)).await.outcome, Outcome::Done);
        let told = world.told.borrow();
        let unrecorded = told.iter().filter(|told| matches!(told.what, Happened::Unrecorded { .. })).count();
        assert_eq!(unrecorded, 3, "looked for and made once, and looked for at the end\n{}", world.story());
    });
}
