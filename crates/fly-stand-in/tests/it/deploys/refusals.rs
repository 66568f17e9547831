//! What cannot be done is said before anything is, or ends with what to do.

use deploy::run::{Happened, Order, Outcome};
use fly_stand_in::{Act, Behaviour, CheckBehaviour, Fault, Happening, Host, Instead, Whose};

use super::world::{World, changed, release, settled, timeless};

#[track_caller]
fn person(outcome: Outcome) -> (String, String) {
    match outcome {
        Outcome::NeedsPerson { what, todo } => (what, todo),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_asked_for_wrongly_is_told_and_nothing_is_touched() {
    let fly = settled(1);
    let other = super::world::image(2).as_str().replace("/web:", "/other:").parse().expect("an image");
    let wrong = [
        (changed(release(2, 1), |asked| asked.image = other), "own repository"),
        (changed(release(2, 1), |asked| asked.commit = "main".to_owned()), "hex digits"),
        (changed(release(2, 1), |asked| asked.first.started = 0), "at least one"),
        (
            changed(release(2, 1), |asked| {
                _ = asked.config.metadata.insert("fly_process_group".to_owned(), "x".to_owned())
            }),
            "process group",
        ),
    ];
    for (order, told) in wrong {
        timeless(async {
            let world = World::of(fly.clone(), 1);
            let ended = world.run(&order).await;
            let (what, todo) = person(ended.outcome);
            assert!(what.contains(told) && todo.contains("Nothing was touched"), "{what} {todo}");
            assert!(!ended.wrote);
        });
    }
}

#[test]
fn a_token_of_nobodys_ends_it_at_once() {
    let fly = settled(1);
    for (status, told) in [(401, "token"), (403, "token"), (404, "fly apps create")] {
        timeless(async {
            let world = World::of(fly.clone(), 1);
            let answer = Instead::Status { status, body: None, retry_after_s: None };
            world.fly.with(|fly, _| fly.plan(Fault { answer, ..Fault::default() }));
            let (_, todo) = person(world.run(&release(2, 1)).await.outcome);
            assert!(todo.contains(told), "{todo}");
        });
    }
}

#[test]
fn an_answer_that_cannot_be_read_ends_it_before_the_next_write_and_names_the_call() {
    let fly = settled(2);
    for call in [Act::App, Act::List, Act::Get, Act::Create, Act::Lease] {
        timeless(async {
            let world = World::of(fly.clone(), 2);
            let body = Some(r#"{"strange": true}"#.to_owned());
            let answer = Instead::Status { status: 200, body, retry_after_s: None };
            world.fly.with(|fly, _| fly.plan(Fault { call: Some(call), nth: 1, answer, ..Fault::default() }));
            let way = world.way(None);
            let ended = world.run_by(&release(2, 2), &way, false).await.expect("alive");
            let (what, todo) = person(ended.outcome);
            assert!(what.contains("cannot be read"), "{call:?}: {what}");
            assert!(todo.contains("fly machine list") && todo.contains("fly deploy"), "{todo}");
            let calls = way.calls.borrow();
            let writes = calls.iter().filter(|call| !call.starts_with("GET") && !call.contains("/lease"));
            assert!(writes.count() <= usize::from(call == Act::Create), "{call:?}: {calls:?}");
            world.assert_sound("an answer that cannot be read");
        });
    }
}

#[test]
fn a_list_that_leaves_all_machines_out_is_no_first_deploy() {
    let fly = settled(2);
    for (times, comes_back) in [(5, true), (1_000, false)] {
        timeless(async {
            let world = World::of(fly.clone(), 2);
            let answer = Instead::Status { status: 200, body: Some("[]".to_owned()), retry_after_s: None };
            world.fly.with(|fly, _| fly.plan(Fault { call: Some(Act::List), times, answer, ..Fault::default() }));
            let ended = world.run(&release(2, 2)).await;
            if comes_back {
                assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
                return world.assert_alone(2, 2, "a list that was empty for a while");
            }
            assert!(!ended.wrote);
            let (what, _) = person(ended.outcome);
            assert!(what.contains("counts 2 machines") && what.contains("lists none"), "{what}");
            world.assert_alone(1, 2, "a list that stays empty");
        });
    }
}

#[test]
fn a_region_without_room_ends_it_with_what_was_there() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        world.fly.with(|fly, _| {
            let mut settings = fly.settings().clone();
            settings.full_regions.insert("ams".to_owned());
            fly.set(settings);
        });
        let ended = world.run(&release(2, 2)).await;
        assert!(matches!(&ended.outcome, Outcome::TakenBack { why } if why.contains("no room")), "{:?}", ended.outcome);
        world.assert_alone(1, 2, "a full region");
    });
}

#[test]
fn an_image_that_never_comes_ends_it_with_what_was_there() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 1);
        let missing = Behaviour { image_missing: true, ..Behaviour::default() };
        world.fly.with(|fly, _| fly.behave(Whose::Image("deployment-2".to_owned()), missing));
        let ended = world.run(&release(2, 1)).await;
        assert!(matches!(&ended.outcome, Outcome::TakenBack { why } if why.contains("image")), "{:?}", ended.outcome);
        world.assert_alone(1, 1, "no image");
    });
}

#[test]
fn a_first_deploy_that_is_never_ready_is_left_for_a_person_and_the_next_one_takes_its_place() {
    timeless(async {
        let world = World::of(World::empty(), 2);
        let never = CheckBehaviour { passes: None, fails: None };
        let never = Behaviour { checks: [("ready".to_owned(), never)].into(), ..Behaviour::default() };
        world.fly.with(|fly, _| fly.behave(Whose::Image("deployment-1".to_owned()), never));
        let (what, todo) = person(world.run(&release(1, 1)).await.outcome);
        assert!(what.contains("never passed") && todo.contains("deploy again"), "{what} {todo}");
        let ended = world.run(&release(2, 1)).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        world.assert_alone(2, 1, "the second try");
    });
}

#[test]
fn a_first_deploy_that_never_starts_says_how_to_remove_it() {
    timeless(async {
        let world = World::of(World::empty(), 2);
        world.fly.with(|fly, _| fly.behave(Whose::All, Behaviour { boots: None, ..Behaviour::default() }));
        let (what, todo) = person(world.run(&release(1, 1)).await.outcome);
        let id = world.living()[0].id.clone();
        assert!(what.contains("does not come to serve"), "{what}");
        assert!(todo.contains(&format!("fly machine destroy --force {id} --app web")), "{todo}");
    });
}

#[test]
fn a_machine_on_a_lost_host_is_replaced_and_removed() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 3);
        let lost = world.living()[0].id.clone();
        world.fly.with(|fly, now| fly.happen(now, &lost, &Happening::Host(Host::Unreachable))).expect("it is there");
        let ended = world.run(&release(2, 2)).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        let left = world.living();
        let replaced = left.len() == 2 && left.iter().all(|view| view.id != lost);
        assert!(replaced, "{}", super::world::shown(&left));
    });
}

#[test]
fn a_green_that_was_let_in_by_somebody_before_its_checks_passed_ends_the_run() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 1);
        // As if Fly had not heeded that it is to be born cordoned.
        let order = release(2, 1);
        let run = async { world.run(&order).await };
        let somebody = async {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            let green = world.living().into_iter().find(|view| view.cordoned).expect("a green");
            let machines =
                deploy::machines::Machines::new(fly_stand_in::Local(world.fly.clone()), "web".parse().expect("a name"));
            // It starts a little later, and is leased then.
            machines.uncordon(&green.id.parse::<deploy::machines::MachineId>().expect("an id")).await.expect("let in");
        };
        let (ended, ()) = tokio::join!(run, somebody);
        let (what, todo) = person(ended.outcome);
        assert!(what.contains("nobody checked") && todo.contains("fly machine cordon"), "{what} {todo}");
    });
}

#[test]
fn records_that_cannot_be_written_are_told_and_stop_nothing() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 1);
        world.shelf.away.set(true);
        let ended = world.run(&release(2, 1)).await;
        assert_eq!(ended.outcome, Outcome::Done);
        assert!(world.told.borrow().iter().any(|told| matches!(told.what, Happened::Unrecorded { .. })));
        world.assert_alone(2, 1, "without records");
    });
}

#[test]
fn a_take_back_marks_what_is_in_mid_deploy_as_failed_and_leaves_what_was_there() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        let order = release(2, 2);
        let died = tokio::time::timeout(std::time::Duration::from_secs(70), world.run(&order)).await;
        assert!(died.is_err(), "it is in the soak");
        let ended = world.run(&Order::TakeBack).await;
        assert!(matches!(ended.outcome, Outcome::TakenBack { .. }), "{:?}\n{}", ended.outcome, world.story());
        assert_eq!(ended.kept.as_deref(), Some("0000001"));
        assert!(world.shelf.all.borrow().iter().all(|record| !record.is_running()), "a record says that it runs");
        world.assert_alone(1, 2, "a take-back");
        let ended = world.run(&Order::TakeBack).await;
        assert_eq!((ended.outcome, ended.wrote), (Outcome::Done, false), "nothing is left to take back");
    });
}

#[test]
fn a_machine_that_cannot_be_removed_from_a_lost_host_is_tried_once_and_left() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 3);
        let lost = world.living()[0].id.clone();
        let answer = Instead::Status { status: 408, body: None, retry_after_s: None };
        let never =
            Fault { call: Some(Act::Destroy), machine: Some(lost.clone()), times: 1_000, answer, ..Fault::default() };
        world.fly.with(|fly, now| {
            fly.plan(never);
            fly.happen(now, &lost, &Happening::Host(Host::Unreachable)).expect("it is there");
        });
        let ended = world.run(&release(2, 2)).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        assert_eq!(world.living().len(), 3, "it is still there, and nothing more");
    });
}
