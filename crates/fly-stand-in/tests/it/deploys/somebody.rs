//! What somebody else does while a run is at work, or just after it.

use std::time::Duration;

use deploy::machines::{Config, MachineId, Machines, NewMachine};
use deploy::run::Outcome;
use fly_stand_in::Local;
use serde_json::json;

use super::world::{World, release, settled, timeless};

fn somebody(world: &World) -> Machines<Local> {
    Machines::new(Local(world.fly.clone()), "web".parse().expect("a name"))
}

fn told_to_do(outcome: Outcome) -> (String, String) {
    match outcome {
        Outcome::NeedsPerson { what, todo } => (what, todo),
        other => panic!("{other:?}"),
    }
}

#[test]
fn removes_the_last_machine_and_the_list_that_is_empty_then_is_believed() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 2);
        let somebody = somebody(&world);
        let id: MachineId = world.living()[0].id.parse().expect("an id");
        // The run has seen it, and waits for its lease.
        let lease = somebody.take(&id, Duration::from_secs(20), "by hand").await.expect("taken");
        let order = release(2, 1);
        let run = async { world.run(&order).await };
        let removes = async {
            tokio::time::sleep(Duration::from_secs(8)).await;
            somebody.destroy(&lease, true).await.expect("removed");
        };
        let (ended, ()) = tokio::join!(run, removes);
        assert_eq!(ended.outcome, Outcome::Done, "{}", world.story());
        assert_eq!(world.living().len(), 1, "{}", world.story());
        let took = world.told.borrow().last().expect("an end").at;
        assert!(took < Duration::from_secs(120), "{}", world.story());
    });
}

#[test]
fn makes_a_machine_of_another_group_in_mid_deploy_and_it_is_not_said_that_nothing_was_touched() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 2);
        let somebody = somebody(&world);
        let worker = NewMachine {
            name: "worker-1".parse().expect("a name"),
            region: "ams".parse().expect("a region"),
            config: Config::new(json!({"image": "i", "metadata": {"fly_process_group": "worker"}})),
            skip_launch: false,
            cordoned: false,
        };
        let order = release(2, 1);
        let run = async { world.run(&order).await };
        let makes = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            somebody.create(&worker).await.expect("made");
        };
        let (ended, _) = tokio::join!(run, makes);
        let (what, todo) = told_to_do(ended.outcome);
        assert!(ended.wrote && what.contains("worker"), "{what}");
        assert!(!todo.contains("Nothing was touched") && todo.contains("fly machine destroy"), "{todo}");
    });
}

#[test]
fn removes_what_stands_right_after_the_run_and_it_is_not_called_done() {
    let fly = settled(1);
    timeless(async {
        let world = World::of(fly, 2);
        let somebody = somebody(&world);
        let order = release(2, 1);
        let run = async { world.run(&order).await };
        let removes = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                let complete = world.shelf.all.borrow().iter().any(|record| record.status == "complete");
                let machine = world.living().into_iter().find(|view| complete && view.leased_until.is_none());
                if let Some(machine) = machine {
                    somebody.destroy(&machine.id.parse::<MachineId>().expect("an id"), true).await.expect("removed");
                    break;
                }
            }
        };
        let (ended, ()) = tokio::join!(run, removes);
        let (what, todo) = told_to_do(ended.outcome);
        assert!(what.contains("somebody else") && todo.contains("deploy again"), "{what} {todo}");
    });
}
