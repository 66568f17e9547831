//! Two at once, and others at work.

use std::time::Duration;

use deploy::machines::Machines;
use deploy::run::{Happened, Order, Outcome};
use fly_stand_in::{Happening, Local};

use super::world::{World, changed, release, settled, timeless};

/// Both outcomes of two runs, the second of which begins so much later.
fn both(machines: u8, later: Duration, second: &Order) -> (Outcome, Outcome, u8) {
    let fly = settled(machines);
    timeless(async {
        let world = World::of(fly, usize::from(machines));
        world.judge.most.set(3 * usize::from(machines));
        let (ways, order) = ([world.way(None), world.way(None)], release(2, machines));
        let one = world.run_by(&order, &ways[0], false);
        let other = async {
            tokio::time::sleep(later).await;
            world.run_by(second, &ways[1], false).await
        };
        let (one, other) = tokio::join!(one, other);
        world.assert_sound(&format!("two at once, {later:?} apart"));
        let ended = world.run(second).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        let running = world.shelf.all.borrow().iter().filter(|record| record.is_running()).count();
        assert_eq!(running, 0, "a record says for ever that it runs\n{}", world.story());
        let tag = if world.living()[0].config["image"].as_str().is_some_and(|image| image.contains("deployment-3")) {
            3
        } else {
            2
        };
        world.assert_alone(tag, usize::from(machines), "the run after two at once");
        (one.expect("alive").outcome, other.expect("alive").outcome, tag)
    })
}

#[test]
fn of_two_runs_one_does_its_work_and_the_other_touches_nothing() {
    for later in [0, 100, 600, 3_000, 20_000, 35_000, 60_000, 90_000] {
        let (one, other, _) = both(2, Duration::from_millis(later), &release(3, 2));
        let locked = |outcome: &Outcome| matches!(outcome, Outcome::Locked { .. });
        let one_works = one == Outcome::Done && (locked(&other) || other == Outcome::Done);
        let other_works = locked(&one) && other == Outcome::Done;
        assert!(one_works || other_works, "{later} ms: {one:?}, {other:?}");
    }
}

#[test]
fn two_runs_for_the_same_release_make_it_once() {
    let (one, other, tag) = both(2, Duration::from_secs(5), &release(2, 2));
    assert!(one == Outcome::Done && matches!(other, Outcome::Locked { .. }), "{one:?}, {other:?}");
    assert_eq!(tag, 2);
}

#[test]
fn somebodys_lease_is_waited_for_and_one_that_is_kept_up_is_a_lock() {
    let fly = settled(2);
    for (kept_up, done) in [(false, true), (true, false)] {
        timeless(async {
            let world = World::of(fly.clone(), 2);
            let somebody = Machines::new(Local(world.fly.clone()), "web".parse().expect("a name"));
            let machine = somebody.list().await.expect("a list")[1].id.clone();
            let ttl = Duration::from_secs(20);
            let mut lease = somebody.take(&machine, ttl, "by hand").await.expect("taken");
            let holds = async {
                for _ in 0..1_000 {
                    tokio::time::sleep(Duration::from_secs(6)).await;
                    if kept_up {
                        lease = somebody.refresh(&lease, ttl).await.expect("kept");
                    }
                }
            };
            let ended = tokio::select! { ended = async { world.run(&release(2, 2)).await } => ended, () = holds => unreachable!() };
            let awaited = world.told.borrow().iter().any(|told| matches!(told.what, Happened::LeaseAwaited { .. }));
            assert!(awaited, "{}", world.story());
            assert_eq!(ended.outcome == Outcome::Done, done, "{:?}\n{}", ended.outcome, world.story());
            if kept_up {
                assert!(
                    matches!(&ended.outcome, Outcome::Locked { by } if by.contains("by hand")),
                    "{:?}",
                    ended.outcome
                );
                assert!(!ended.wrote, "it touched something");
            }
            world.assert_sound("a lease of somebody's");
        });
    }
}

#[test]
fn a_machine_that_somebody_has_cordoned_stops_a_deploy_and_says_what_to_do() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        let somebody = Machines::new(Local(world.fly.clone()), "web".parse().expect("a name"));
        let machine = somebody.list().await.expect("a list")[0].id.clone();
        somebody.cordon(&machine).await.expect("cordoned");
        let ended = world.run(&release(2, 2)).await;
        let Outcome::NeedsPerson { what, todo } = ended.outcome else { panic!("{:?}", ended.outcome) };
        assert!(what.contains(machine.as_str()) && todo.contains("fly machine uncordon"), "{what} {todo}");
        assert!(!ended.wrote);
        assert!(world.living().iter().all(|view| view.leased_until.is_none()), "the leases are given back");
    });
}

#[test]
fn two_first_deploys_at_once_end_in_one_colour_by_the_third_run_at_the_latest() {
    for later in [0, 700, 3_000, 12_000] {
        timeless(async {
            let world = World::of(World::empty(), 3);
            let (ways, orders) = ([world.way(None), world.way(None)], [release(1, 1), release(2, 1)]);
            let one = world.run_by(&orders[0], &ways[0], false);
            let other = async {
                tokio::time::sleep(Duration::from_millis(later)).await;
                world.run_by(&orders[1], &ways[1], false).await
            };
            let (one, other) = tokio::join!(one, other);
            let (one, other) = (one.expect("alive").outcome, other.expect("alive").outcome);
            let works = |outcome: &Outcome| matches!(outcome, Outcome::Done | Outcome::Locked { .. });
            assert!(works(&one) && works(&other), "{later} ms: {one:?}, {other:?}\n{}", world.story());
            let running = world.shelf.all.borrow().iter().filter(|record| record.is_running()).count();
            assert_eq!(running, 0, "{later} ms: whoever was locked has ended the record that it made");
            assert_eq!(world.run(&orders[1]).await.outcome, Outcome::Done, "{later} ms\n{}", world.story());
            world.assert_alone(2, 1, "two first deploys");
        });
    }
}

#[test]
fn a_machine_that_goes_to_sleep_in_mid_deploy_is_not_kept_from_waking() {
    timeless(async {
        let world = World::of(World::empty(), 2);
        let sleepy = |tag| changed(release(tag, 2), |asked| asked.config.restart = None);
        assert_eq!(world.run(&sleepy(1)).await.outcome, Outcome::Done);
        let id = world.living()[0].id.clone();
        let order = sleepy(2);
        let run = async { world.run(&order).await };
        let sleeps = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let exited = Happening::Exited { code: 0, oom: false };
            world.fly.with(|fly, now| fly.happen(now, &id, &exited)).expect("it runs");
            tokio::time::sleep(Duration::from_secs(5)).await;
            world.living().into_iter().find(|view| view.id == id).expect("it is there").leased_until
        };
        let (ended, leased) = tokio::join!(run, sleeps);
        assert_eq!(leased, None, "{}", world.story());
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
    });
}
