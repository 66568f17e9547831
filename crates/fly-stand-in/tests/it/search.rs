//! Many calls at random: what never may be, never is, and the same seed does the same.

use std::collections::BTreeSet;
use std::time::Duration;

use fly_stand_in::{Act, Behaviour, Exits, Fault, Fly, Instead, Lands, Reply, Request, Settings, State, Whose};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::rig::{BEGAN, config};

/// SplitMix64, as in the stand-in itself.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

fn request(chance: &mut Chance, fly: &Fly) -> Request {
    let ids: Vec<String> = fly.machines().map(|machine| machine.id).collect();
    let calls = [
        ("GET", ""),
        ("POST", "/start"),
        ("POST", "/stop"),
        ("POST", "/suspend"),
        ("DELETE", "?force=true"),
        ("DELETE", ""),
        ("POST", "/cordon"),
        ("POST", "/uncordon"),
        ("POST", "/lease?ttl=20"),
        ("GET", "/wait?state=stopped&timeout=5"),
    ];
    let (method, path, body) = match chance.below(10) {
        0 => ("GET", "/machines".to_owned(), None),
        _ if ids.is_empty() || chance.below(8) == 0 => {
            let name = format!("m-{}", chance.below(6));
            let body = json!({"name": name, "config": config(), "skip_launch": chance.below(2) == 0});
            ("POST", "/machines".to_owned(), Some(body))
        }
        _ => {
            let id = &ids[chance.below(ids.len() as u64) as usize];
            let (method, tail) = chance.of(&calls);
            (method, format!("/machines/{id}{tail}"), None)
        }
    };
    Request { method: method.to_owned(), path: format!("/v1/apps/web{path}"), nonce: None, body }
}

fn begun(chance: &mut Chance) -> Fly {
    let mut fly = Fly::new(chance.below(u64::MAX), Settings::default(), BEGAN);
    fly.app("web");
    let exits = Exits { after: Duration::from_secs(chance.below(100)), code: chance.below(2) as i64, oom: false };
    fly.behave(Whose::Machine("m-1".to_owned()), Behaviour { exits: Some(exits), ..Behaviour::default() });
    fly
}

fn assert_sound(fly: &Fly) {
    let mut names = BTreeSet::new();
    for machine in fly.machines().filter(|machine| machine.state != State::Destroyed) {
        assert!(names.insert(machine.name.clone()), "{} is two machines' name", machine.name);
        assert!(!machine.routable || (machine.state == State::Started && !machine.cordoned));
        assert_eq!(machine.stop.is_some(), machine.state == State::Stopping, "{machine:?}");
    }
}

/// Everything that came of 200 calls.
fn run(seed: u64) -> Vec<String> {
    let mut chance = Chance(seed);
    let mut fly = begun(&mut chance);
    let (mut now, mut waiting, mut came): (OffsetDateTime, _, _) = (BEGAN, Vec::new(), Vec::new());
    for _ in 0..200 {
        // Now and then a pause, and else close enough to be too often.
        let longest = chance.of(&[4_000, 100]);
        now += Duration::from_millis(chance.below(longest));
        if chance.below(10) == 0 {
            let lands = chance.of(&[Lands::Never, Lands::AtOnce, Lands::After(Duration::from_secs(3))]);
            let answer = if chance.below(2) == 0 { Instead::Cut } else { Instead::Hang };
            fly.plan(Fault { call: Some(chance.of(&[Act::Create, Act::Stop])), lands, answer, ..Fault::default() });
        }
        let call = request(&mut chance, &fly);
        match fly.call(now, &call) {
            Reply::Answered(answer) => {
                assert!(answer.body.is_empty() || serde_json::from_str::<Value>(&answer.body).is_ok());
                came.push(format!("{} {} {} {}", call.method, call.path, answer.status, answer.body));
            }
            Reply::Later(later) => waiting.push(later),
            reply => came.push(format!("{reply:?}")),
        }
        waiting.retain(|later| match fly.settle(now, later) {
            Some(answer) => {
                came.push(format!("{} {}", answer.status, answer.body));
                false
            }
            None => {
                assert!(later.until().is_none_or(|until| until > now), "it is over");
                true
            }
        });
        assert_sound(&fly);
        assert!(fly.next().is_none_or(|next| next > now), "what is due has happened");
    }
    came
}

#[test]
fn whatever_is_called_the_rules_hold() {
    let came: Vec<_> = (0..100).flat_map(run).collect();
    // All kinds of ends are among them, or the search has not searched.
    for end in [" 200 ", " 404 ", "408 ", "412 ", "409 ", "429 ", "Cut", "Hangs", "unable to suspend", "currently held"]
    {
        assert!(came.iter().any(|line| line.contains(end)), "nothing ended with {end}");
    }
}

#[test]
fn the_same_seed_does_the_same_and_a_copy_goes_its_own_way() {
    assert_eq!(run(3), run(3));
    assert!(run(3) != run(4));
    let mut fly = begun(&mut Chance(3));
    let copy = fly.clone();
    let body = Some(json!({"config": {"image": "i"}}));
    let create = Request { method: "POST".to_owned(), path: "/v1/apps/web/machines".to_owned(), nonce: None, body };
    assert!(matches!(fly.call(BEGAN, &create), Reply::Answered(answer) if answer.status == 200));
    assert_eq!((fly.machines().count(), copy.machines().count()), (1, 0));
}
