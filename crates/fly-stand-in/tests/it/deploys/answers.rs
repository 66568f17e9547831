//! Answers after which nothing may be done, or that do not come.

use std::time::Duration;

use deploy::run::{Outcome, Times};
use fly_stand_in::{Act, Fault, Instead};

use super::world::{World, quick, quickly, release, settled, timeless};

fn is_lease(call: &str) -> bool {
    call.starts_with("POST") && call.contains("/lease")
}

fn strange() -> Instead {
    Instead::Status { status: 200, body: Some(r#"{"strange": true}"#.to_owned()), retry_after_s: None }
}

#[test]
fn one_to_a_refresh_that_cannot_be_read_ends_it_before_the_next_write_whenever_it_comes() {
    let fly = settled(2);
    for nth in 12..90 {
        timeless(async {
            let mut world = World::of(fly.clone(), 2);
            world.times = Times { refresh: Duration::from_secs(1), ..quick() };
            world
                .fly
                .with(|fly, _| fly.plan(Fault { call: Some(Act::Lease), nth, answer: strange(), ..Fault::default() }));
            let way = world.way(None);
            // So that it comes while the fleet is read, as often as not.
            way.looks.set(Duration::from_millis(400));
            let ended = world.run_by(&quickly(release(2, 2)), &way, false).await.expect("alive");
            assert!(matches!(ended.outcome, Outcome::NeedsPerson { .. }), "{nth}: {:?}", ended.outcome);
            let calls = way.calls.borrow();
            let after = calls.iter().skip_while({
                let mut left = nth;
                move |call| {
                    left -= u32::from(is_lease(call));
                    left > 0
                }
            });
            let writes: Vec<_> = after.filter(|call| !call.starts_with("GET") && !call.contains("/lease")).collect();
            assert!(writes.is_empty(), "{nth}: {writes:?}");
        });
    }
}

#[test]
fn a_machine_that_is_shown_and_cannot_be_leased_for_it_is_not_found_is_told_at_its_deadline() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 1);
        let answer = Instead::Status { status: 404, body: None, retry_after_s: None };
        world.fly.with(|fly, _| {
            fly.plan(Fault { call: Some(Act::Lease), times: 100_000, answer, ..Fault::default() });
        });
        let order = release(2, 1);
        let ended = tokio::time::timeout(Duration::from_secs(3_600), world.run(&order)).await.expect("it ends");
        assert!(matches!(ended.outcome, Outcome::NeedsPerson { .. }), "{:?}", ended.outcome);
        assert!(!ended.wrote);
    });
}

#[test]
fn a_plan_is_not_made_of_a_list_that_leaves_all_machines_out() {
    let fly = settled(2);
    for (times, comes_back) in [(2, true), (1_000, false)] {
        timeless(async {
            let world = World::of(fly.clone(), 2);
            let answer = Instead::Status { status: 200, body: Some("[]".to_owned()), retry_after_s: None };
            world.fly.with(|fly, _| fly.plan(Fault { call: Some(Act::List), times, answer, ..Fault::default() }));
            match world.survey(Some(&release(2, 2))).await {
                Ok(survey) => assert!(comes_back && survey.machines.len() == 2, "{survey:?}"),
                Err(Outcome::NeedsPerson { what, .. }) => assert!(!comes_back && what.contains("lists none"), "{what}"),
                Err(other) => panic!("{other:?}"),
            }
        });
    }
}
