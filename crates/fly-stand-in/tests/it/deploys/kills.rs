//! A run that is killed before or after any call, and the run that comes next: for the same release, for another, or for none.

use std::collections::BTreeMap;

use deploy::run::{Order, Outcome};
use fly_stand_in::Fly;

use super::faults::tried;
use super::way::Dies;
use super::world::{World, quick, quickly, release, settled, timeless};

/// What the next run leaves: the image's tag.
fn after(fly: &Fly, dies: Dies, next: &Order, what: &str) -> u8 {
    timeless(async {
        let mut world = World::of(fly.clone(), 2);
        world.times = quick();
        // A dead run's green is still there when the next one's is made.
        world.judge.most.set(6);
        let way = world.way(Some(dies));
        let died = world.run_by(&quickly(release(2, 2)), &way, false).await;
        assert!(died.is_none(), "{what}: it did not die");
        let ended = world.run(next).await;
        assert_eq!(ended.outcome, Outcome::Done, "{what}\n{}", world.story());
        let first = world.living().first().and_then(|view| view.config["image"].as_str().map(str::to_owned));
        let tag = first.and_then(|image| image.split("deployment-").nth(1)?.split('@').next()?.parse().ok());
        let tag = tag.expect("a machine");
        world.assert_alone(tag, 2, what);
        let running = world.shelf.all.borrow().last().is_some_and(|record| record.is_running());
        assert!(!running, "{what}: a record says for ever that it runs");
        tag
    })
}

#[test]
fn whenever_a_run_is_killed_the_next_one_ends_in_one_colour_whatever_it_was_asked_for() {
    let fly = settled(2);
    let tried = tried(&fly);
    let mut left = BTreeMap::<(&str, u8), u32>::new();
    let writes: Vec<_> = tried.iter().filter(|(_, kind)| !kind.starts_with("GET")).collect();
    for (number, kind) in &writes {
        for dies in [Dies::Before(*number), Dies::After(*number)] {
            for (name, next) in
                [("the same", quickly(release(2, 2))), ("another", quickly(release(3, 2))), ("none", Order::Mend)]
            {
                let what = format!("killed {dies:?}, {kind}; then {name}");
                let tag = after(&fly, dies, &next, &what);
                match name {
                    "the same" => assert_eq!(tag, 2, "{what}"),
                    "another" => assert_eq!(tag, 3, "{what}"),
                    _ => assert!([1, 2].contains(&tag), "{what}: {tag}"),
                }
                *left.entry((name, tag)).or_default() += 1;
            }
        }
    }
    println!("{} calls, killed before and after, each with three runs next: {left:?}", writes.len());
    assert!(left.keys().any(|(name, tag)| *name == "none" && *tag == 1), "a mend goes back, early on");
    assert!(left.keys().any(|(name, tag)| *name == "none" && *tag == 2), "and finishes, after the verdict");
}
