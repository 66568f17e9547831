//! Every call of a deploy that changes something, and reads of every kind, with every outcome: one at a time, and in pairs.

use std::collections::BTreeMap;
use std::time::Duration;

use deploy::run::{Ended, Outcome};
use fly_stand_in::{Fault, Fly, Instead, Lands};

use super::world::{World, quick, quickly, release, settled, timeless};

fn status(status: u16) -> Instead {
    Instead::Status { status, body: None, retry_after_s: None }
}

/// What may come of a call, by name: whether it is done, and what is answered.
pub(super) fn outcomes() -> Vec<(&'static str, Lands, Instead)> {
    let (never, done) = (Lands::Never, Lands::AtOnce);
    vec![
        ("408", never, status(408)),
        ("408, done", done, status(408)),
        ("409", never, status(409)),
        ("412", never, status(412)),
        ("422", never, status(422)),
        ("429", never, status(429)),
        ("500", never, status(500)),
        ("503, done", done, status(503)),
        ("cut before", never, Instead::Cut),
        ("cut after", done, Instead::Cut),
        ("hangs", never, Instead::Hang),
        ("hangs, done", done, Instead::Hang),
        ("cut, lands 5 s later", Lands::After(Duration::from_secs(5)), Instead::Cut),
    ]
}

/// What a call is, without whom it is done to.
fn kind(call: &str) -> String {
    let path = call.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        [method, "v1", "apps", _, "machines", _, ref rest @ ..] => format!("{method}M/{}", rest.join("/")),
        _ => path.to_owned(),
    }
}

/// The calls of a deploy that goes well, and which of them are tried: all that change something; of the reads, the first three
/// of each kind, and one after each call that changes something.
pub(super) fn tried(fly: &Fly) -> Vec<(usize, String)> {
    let calls = timeless(async {
        let mut world = World::of(fly.clone(), 2);
        world.times = quick();
        let way = world.way(None);
        let ended = world.run_by(&quickly(release(2, 2)), &way, false).await;
        assert_eq!(ended.map(|ended| ended.outcome), Some(Outcome::Done));
        way.calls.borrow().clone()
    });
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut after_write = false;
    let mut tried = Vec::new();
    for (number, call) in (1..).zip(&calls) {
        let kind = kind(call);
        let count = seen.entry(kind.clone()).or_default();
        *count += 1;
        let writes = !call.starts_with("GET");
        // Refreshes of leases are many, and one is as the other.
        let again = writes && call.contains("/lease") && *count > 8;
        if (writes && !again) || *count <= 3 || after_write {
            tried.push((number, kind));
        }
        after_write = writes && !again;
    }
    tried
}

/// How a deploy ends that meets these, and how one ends that comes after it.
fn deploy(fly: &Fly, faults: &[(usize, Lands, Instead)], what: &str) -> Ended {
    timeless(async {
        let mut world = World::of(fly.clone(), 2);
        world.times = quick();
        world.fly.with(|fly, _| {
            for (nth, lands, answer) in faults {
                let nth = u32::try_from(*nth).expect("few");
                fly.plan(Fault { nth, lands: *lands, answer: answer.clone(), ..Fault::default() });
            }
        });
        let order = quickly(release(2, 2));
        let ended = world.run(&order).await;
        world.assert_sound(what);
        if ended.outcome == Outcome::Done {
            world.assert_alone(2, 2, what);
            return ended;
        }
        world.fly.with(|fly, _| fly.clear_plan());
        // A green that the list did not show yet is another colour's by now.
        world.judge.most.set(6);
        let next = world.run(&order).await;
        assert_eq!(next.outcome, Outcome::Done, "{what}: after {:?}\n{}", ended.outcome, world.story());
        world.assert_alone(2, 2, what);
        ended
    })
}

/// Every one of these calls with every outcome: how many deploys that were, and how those ended that were not done at once.
fn all(which: impl Fn(&str) -> bool) -> (usize, BTreeMap<String, u32>) {
    let fly = settled(2);
    let tried: Vec<(usize, String)> = tried(&fly).into_iter().filter(|(_, kind)| which(kind)).collect();
    let (mut ran, mut ends) = (0, BTreeMap::<String, u32>::new());
    for (number, kind) in &tried {
        // Whether a read was done is nobody's concern.
        let reads = kind.starts_with("GET");
        for (name, lands, answer) in outcomes().into_iter().filter(|(_, lands, _)| !reads || *lands == Lands::Never) {
            let ended = deploy(&fly, &[(*number, lands, answer)], &format!("call {number}, {kind}: {name}"));
            ran += 1;
            if ended.outcome != Outcome::Done {
                *ends.entry(format!("{} at {kind}: {name}", ended.outcome.word())).or_default() += 1;
            }
        }
    }
    println!("{} calls, {ran} deploys with one of them gone wrong; not done at once: {ends:?}", tried.len());
    (ran, ends)
}

#[test]
fn every_call_that_changes_something_may_go_wrong_in_every_way_and_nothing_is_lost() {
    let (ran, ends) = all(|kind| !kind.starts_with("GET"));
    assert!(ran > 250, "the search has searched {ran}");
    // A machine that Fly will never make is the only thing that one answer may end a deploy for.
    let told: Vec<&String> = ends.keys().filter(|end| !end.contains("POST /v1/apps/web/machines: 422")).collect();
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn every_kind_of_read_may_go_wrong_in_every_way_and_the_deploy_goes_on() {
    let (ran, ends) = all(|kind| kind.starts_with("GET"));
    assert!(ran > 150 && ends.is_empty(), "{ran}: {ends:?}");
}

/// SplitMix64.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("small")
    }
}

#[test]
fn two_calls_that_go_wrong_in_one_deploy_end_no_worse() {
    let fly = settled(2);
    let (tried, outcomes, mut chance) = (tried(&fly), outcomes(), Chance(11));
    let mut ends = BTreeMap::<&str, u32>::new();
    for _ in 0..100 {
        let mut one = || {
            let (number, kind) = &tried[chance.below(tried.len())];
            let (name, lands, answer) = &outcomes[chance.below(outcomes.len())];
            ((*number, *lands, answer.clone()), format!("call {number}, {kind}: {name}"))
        };
        let ((first, told), (second, also)) = (one(), one());
        let ended = deploy(&fly, &[first, second], &format!("{told}; {also}"));
        *ends.entry(ended.outcome.word()).or_default() += 1;
    }
    println!("100 deploys with two calls gone wrong: {ends:?}");
}
