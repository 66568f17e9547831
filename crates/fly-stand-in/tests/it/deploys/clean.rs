//! Deploys in which nothing goes wrong.

use std::time::Duration;

use deploy::run::{Doing, Happened, Order, Outcome};
use fly_stand_in::{Act, State};
use serde_json::json;

use super::world::{World, changed, release, settled, timeless};

#[test]
fn a_release_takes_the_place_of_another_and_nothing_is_left_over() {
    for machines in [1, 2, 3] {
        let fly = settled(machines);
        timeless(async {
            let world = World::of(fly, usize::from(machines));
            let ended = world.run(&release(2, machines)).await;
            assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
            assert_eq!((ended.commit.as_deref(), ended.kept.as_deref()), (Some("0000002"), Some("0000002")));
            world.assert_alone(2, usize::from(machines), "a deploy");
            let records: Vec<String> = world.shelf.all.borrow().iter().map(|record| record.status.clone()).collect();
            assert_eq!(records, ["complete"]);
        });
    }
}

#[test]
fn the_same_release_twice_does_nothing_and_salted_it_is_another() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        let before: Vec<String> = world.living().into_iter().map(|view| view.id).collect();
        let ended = world.run(&release(1, 2)).await;
        assert_eq!((&ended.outcome, ended.wrote), (&Outcome::Done, false), "{}", world.story());
        assert_eq!(world.living().into_iter().map(|view| view.id).collect::<Vec<_>>(), before);
        let ended = world.run(&changed(release(1, 2), |asked| asked.salt = "again".to_owned())).await;
        assert_eq!((&ended.outcome, ended.wrote), (&Outcome::Done, true));
        assert!(world.living().iter().all(|view| !before.contains(&view.id)), "{}", world.story());
        world.assert_alone(1, 2, "again");
    });
}

#[test]
fn the_same_image_with_a_changed_secret_is_another_release() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 1);
        let before = world.living()[0].id.clone();
        let request = fly_stand_in::Request {
            method: "POST".to_owned(),
            path: "/v1/apps/web/secrets".to_owned(),
            nonce: None,
            body: Some(json!({"values": {"DATABASE_URL": "another"}})),
        };
        world.fly.with(|fly, now| fly.call(now, &request));
        let ended = world.run(&release(1, 1)).await;
        assert_eq!(ended.outcome, Outcome::Done);
        assert_ne!(world.living()[0].id, before);
    });
}

#[test]
fn a_fleet_that_sleeps_is_replaced_by_one_that_sleeps_but_for_one() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        let local = fly_stand_in::Local(world.fly.clone());
        let machines = deploy::machines::Machines::new(local, "web".parse().expect("a name"));
        for machine in machines.list().await.expect("a list") {
            let term = deploy::machines::Signal::Term;
            machines.stop(&machine.id, term, Duration::from_secs(5)).await.expect("stopped");
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let ended = world.run(&release(2, 2)).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        let mut states: Vec<State> = world.living().iter().map(|view| view.state).collect();
        states.sort_by_key(|state| *state == State::Stopped);
        assert_eq!(states, [State::Started, State::Stopped], "{}", world.story());
        assert!(world.living().iter().all(|view| !view.cordoned && view.leased_until.is_none()));
        world.assert_sound("a fleet asleep");
    });
}

#[test]
fn each_machine_is_replaced_in_its_own_region() {
    timeless(async {
        let world = World::of(World::empty(), 2);
        assert_eq!(world.run(&release(1, 1)).await.outcome, Outcome::Done);
        let clone = {
            let view = &world.living()[0];
            let body = json!({"name": "web-by-hand", "region": "fra", "config": view.config});
            let (method, path) = ("POST".to_owned(), "/v1/apps/web/machines".to_owned());
            fly_stand_in::Request { method, path, nonce: None, body: Some(body) }
        };
        world.fly.with(|fly, now| fly.call(now, &clone));
        tokio::time::sleep(Duration::from_secs(20)).await;
        let ended = world.run(&release(2, 1)).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        let mut regions: Vec<String> = world.living().into_iter().map(|view| view.region).collect();
        regions.sort();
        assert_eq!(regions, ["ams", "fra"], "{}", world.story());
    });
}

#[test]
fn where_no_address_is_public_checks_and_a_margin_stand_for_the_proxy() {
    timeless(async {
        let mut world = World::of(World::empty(), 2);
        world.public = false;
        let worker = |tag| changed(release(tag, 2), |asked| asked.config.services.clear());
        assert_eq!(world.run(&worker(1)).await.outcome, Outcome::Done, "{}", world.story());
        world.told.borrow_mut().clear();
        let ended = world.run(&worker(2)).await;
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        assert_eq!(world.edge.asked.get(), 0, "nobody is asked through a proxy");
        world.assert_alone(2, 2, "a worker");
    });
}

/// The steps that were begun, without repeats of one.
fn begun(world: &World) -> Vec<String> {
    let told = world.told.borrow();
    let steps =
        told.iter().filter_map(|told| if let Happened::Begun { step } = &told.what { Some(step) } else { None });
    let word = |step: &Doing| json!(step)["step"].as_str().map(str::to_owned).expect("a word");
    let mut words: Vec<String> = steps.map(word).collect();
    words.dedup();
    words
}

#[test]
fn a_plan_says_what_a_run_then_does_and_touches_nothing() {
    let fly = settled(2);
    timeless(async {
        let world = World::of(fly, 2);
        let before = world.fly.with(|fly, _| fly.state()["machines"].clone());
        let survey = world.survey(Some(&release(2, 2))).await.expect("a survey");
        assert_eq!(world.fly.with(|fly, _| fly.state()["machines"].clone()), before);
        assert!(
            survey
                .machines
                .iter()
                .all(|machine| machine.part == "kept" && machine.verdict.as_deref() == Some("passed"))
        );
        assert_eq!(survey.ahead.last(), Some(&Doing::End { how: "done".to_owned() }));
        let mut planned: Vec<String> =
            survey.ahead.iter().map(|step| json!(step)["step"].as_str().expect("a word").to_owned()).collect();
        planned.dedup();
        planned.pop();
        let ended = world.run(&release(2, 2)).await;
        assert_eq!(ended.outcome, Outcome::Done);
        // What is seen for ten seconds only is looked at again, and what is removed takes a moment: waits are not compared.
        let acts = |words: Vec<String>| {
            let mut acts: Vec<String> = words.into_iter().filter(|word| word != "wait" && word != "look").collect();
            acts.dedup();
            acts
        };
        assert_eq!(acts(begun(&world)), acts(planned), "{}", world.story());
    });
}

#[test]
fn a_survey_of_a_deploy_in_its_middle_tells_green_from_kept_and_who_is_at_work() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 1);
        let order = release(2, 1);
        let died = tokio::time::timeout(Duration::from_secs(60), world.run(&order)).await;
        assert!(died.is_err(), "it is in the soak");
        let survey = world.survey(Some(&order)).await.expect("a survey");
        let mut parts: Vec<_> =
            survey.machines.iter().map(|one| (one.part, one.cordoned, one.leased.is_some())).collect();
        parts.sort_unstable();
        assert_eq!(parts, [("green", false, true), ("kept", true, true)]);
        let mend = world.survey(None).await.expect("a survey");
        assert!(mend.ahead.iter().any(|step| matches!(step, Doing::Mark { says, .. } if says == "failed: abandoned")));
    });
}

#[test]
fn a_run_keeps_to_the_pace_that_fly_allows() {
    let fly = settled(3);
    timeless(async {
        let world = World::of(fly, 3);
        let way = world.way(None);
        let order: Order = release(2, 3);
        let ended = world.run_by(&order, &way, false).await.expect("alive");
        assert_eq!(ended.outcome, Outcome::Done);
        let refused = world.told.borrow().iter().filter(|told| matches!(told.what, Happened::Refused { .. })).count();
        assert_eq!(refused, 0, "{}", world.story());
        let state = world.fly.with(|fly, _| fly.state());
        println!(
            "{} calls, of which lists: {}",
            way.calls.borrow().len(),
            state["calls"][json!(Act::List).as_str().expect("a word")]
        );
    });
}
