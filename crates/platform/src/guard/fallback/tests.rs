use super::*;
use proptest::prelude::*;

const AGE: Duration = Duration::from_secs(3_600);
/// Room for four entries of the smallest kind here.
const ROOM: usize = 4 * (ENTRY + 8);

fn memory() -> LastGood {
    LastGood::new(Limits { bytes: ROOM, age: AGE })
}

fn at(seconds: u64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn body(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn remember(memory: &mut LastGood, name: &str, asked: u64, text: &'static str) {
    memory.remember(name.to_owned(), at(asked), body(text));
}

fn seen(memory: &mut LastGood, name: &str, now: u64) -> Option<(Bytes, u64)> {
    memory.last(name, at(now)).map(|last| (last.body, last.age.as_secs()))
}

#[test]
fn an_answer_is_given_with_its_age() {
    let mut memory = memory();
    remember(&mut memory, "a", 10, "one");
    assert_eq!(seen(&mut memory, "a", 47), Some((body("one"), 37)));
    assert_eq!(seen(&mut memory, "b", 47), None);
}

/// Guards: fallback age.
#[test]
fn an_answer_is_given_until_it_is_an_hour_old_and_not_a_moment_longer() {
    let mut memory = memory();
    remember(&mut memory, "a", 10, "one");
    assert_eq!(seen(&mut memory, "a", 3_610), Some((body("one"), 3_600)));
    assert_eq!(memory.last("a", at(3_610) + Duration::from_nanos(1)), None);
    assert_eq!(memory.bytes(), 0);
}

#[test]
fn what_was_asked_for_last_wins_whichever_is_answered_last() {
    let mut memory = memory();
    remember(&mut memory, "a", 20, "later");
    remember(&mut memory, "a", 10, "sooner");
    assert_eq!(seen(&mut memory, "a", 30), Some((body("later"), 10)));
    remember(&mut memory, "a", 21, "last");
    assert_eq!(seen(&mut memory, "a", 30), Some((body("last"), 9)));
}

#[test]
fn what_is_gone_is_forgotten_unless_it_was_seen_since() {
    let mut memory = memory();
    remember(&mut memory, "a", 20, "one");
    memory.gone("a", at(19));
    assert!(seen(&mut memory, "a", 30).is_some());
    memory.gone("a", at(20));
    assert_eq!((seen(&mut memory, "a", 30), memory.bytes()), (None, 0));
}

#[test]
fn an_answer_that_was_under_way_during_a_change_is_not_remembered() {
    let mut memory = memory();
    remember(&mut memory, "a", 10, "before");
    memory.changed("a", at(20));
    assert_eq!(seen(&mut memory, "a", 21), None);
    remember(&mut memory, "a", 20, "under way");
    assert_eq!(seen(&mut memory, "a", 21), None);
    remember(&mut memory, "a", 21, "after");
    assert_eq!(seen(&mut memory, "a", 21), Some((body("after"), 0)));
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_younger() {
    let mut memory = memory();
    remember(&mut memory, "a", 10, "one");
    assert_eq!(seen(&mut memory, "a", 9), None);
    assert_eq!(seen(&mut memory, "a", 11), Some((body("one"), 1)));
}

#[test]
fn what_nobody_asked_for_goes_first() {
    let mut memory = memory();
    for name in ["a", "b", "c", "d"] {
        remember(&mut memory, name, 10, "1234567");
    }
    assert_eq!(memory.bytes(), ROOM);
    assert!(seen(&mut memory, "a", 11).is_some());
    remember(&mut memory, "e", 12, "1234567");
    let left = ["a", "b", "c", "d", "e"].map(|name| seen(&mut memory, name, 12).is_some());
    assert_eq!(left, [true, false, true, true, true]);
}

#[test]
fn an_answer_larger_than_the_memory_pushes_nothing_out() {
    let mut memory = memory();
    remember(&mut memory, "a", 10, "one");
    memory.remember("b".to_owned(), at(10), Bytes::from(vec![b' '; ROOM]));
    assert_eq!(seen(&mut memory, "b", 10), None);
    assert!(seen(&mut memory, "a", 10).is_some());
}

/// Something that happens to a memory at a time.
#[derive(Clone, Debug)]
enum Event {
    /// Asked for so many seconds ago, with a body of so many bytes.
    Remembered {
        name: u8,
        ago: u64,
        length: usize,
    },
    Gone {
        name: u8,
        ago: u64,
    },
    Changed {
        name: u8,
    },
    Looked {
        name: u8,
    },
}

fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let (name, ago) = (0_u8..7, 0_u64..30);
    let event = prop_oneof![
        6 => (name.clone(), ago.clone(), 0_usize..400)
            .prop_map(|(name, ago, length)| Event::Remembered { name, ago, length }),
        1 => (name.clone(), ago).prop_map(|(name, ago)| Event::Gone { name, ago }),
        1 => name.clone().prop_map(|name| Event::Changed { name }),
        4 => name.prop_map(|name| Event::Looked { name }),
    ];
    // Steps of up to twenty minutes: some answers grow too old.
    proptest::collection::vec((0_u64..1_200, event), 0..80)
}

/// Remembers in the plainest way: a list, the one to go first in front.
#[derive(Default)]
struct Naive {
    held: Vec<(u8, OffsetDateTime, usize)>,
    changed: Option<OffsetDateTime>,
}

impl Naive {
    fn happens(&mut self, now: OffsetDateTime, event: &Event) -> Option<(usize, Duration)> {
        let held = |list: &Self, name: u8| list.held.iter().position(|entry| entry.0 == name);
        match *event {
            Event::Remembered { name, ago, length } => {
                let asked = now - Duration::from_secs(ago);
                let late = held(self, name).is_some_and(|index| self.held[index].1 > asked);
                if !late && self.changed.is_none_or(|at| asked > at) {
                    self.held.retain(|entry| entry.0 != name);
                    self.held.push((name, asked, length));
                    while self.bytes() > ROOM {
                        self.held.remove(0);
                    }
                }
            }
            Event::Gone { name, ago } => {
                self.held.retain(|entry| entry.0 != name || entry.1 > now - Duration::from_secs(ago));
            }
            Event::Changed { name } => {
                self.held.retain(|entry| entry.0 != name);
                self.changed = Some(now);
            }
            Event::Looked { name } => {
                let entry = self.held.remove(held(self, name)?);
                let age = Duration::try_from(now - entry.1).expect("the clock goes forward");
                if age <= AGE {
                    self.held.push(entry);
                    return Some((entry.2, age));
                }
            }
        }
        None
    }

    fn bytes(&self) -> usize {
        self.held.iter().map(|entry| ENTRY + 1 + entry.2).sum()
    }
}

fn happens(memory: &mut LastGood, now: OffsetDateTime, event: &Event) -> Option<(usize, Duration)> {
    match *event {
        Event::Remembered { name, ago, length } => {
            memory.remember(name.to_string(), now - Duration::from_secs(ago), Bytes::from(vec![b' '; length]));
        }
        Event::Gone { name, ago } => memory.gone(&name.to_string(), now - Duration::from_secs(ago)),
        Event::Changed { name } => memory.changed(&name.to_string(), now),
        Event::Looked { name } => {
            return memory.last(&name.to_string(), now).map(|last| (last.body.len(), last.age));
        }
    }
    None
}

proptest! {
    #[test]
    fn it_remembers_as_a_plain_list_would(events in events()) {
        let (mut memory, mut naive, mut now) = (memory(), Naive::default(), at(1_000_000));
        for (step, event) in events {
            now += Duration::from_secs(step);
            prop_assert_eq!(happens(&mut memory, now, &event), naive.happens(now, &event));
            prop_assert_eq!(memory.bytes(), naive.bytes());
            prop_assert!(memory.bytes() <= ROOM);
        }
    }
}
