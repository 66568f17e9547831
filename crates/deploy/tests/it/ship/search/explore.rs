//! Breadth first through every world, so that the first trace to a broken rule is a shortest one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;

use deploy::ship::{End, Row, Step};

use super::events::{Event, decide, events};
use super::rules::broken;
use super::world::{Setting, World};

/// Worlds at most: a model that has grown beyond this is no longer a test to run all day.
const MOST: usize = 3_000_000;

/// What a search came to.
pub(super) struct Search {
    worlds: Vec<World>,
    parents: Vec<Option<(u32, Event)>>,
    /// Where each world with a run goes when all is well.
    next: Vec<Option<u32>>,
    seen: HashMap<World, u32>,
    /// How runs ended.
    pub(super) ends: Vec<End>,
    /// The rule that is broken by the last event.
    pub(super) broken: Option<&'static str>,
}

impl Search {
    /// Walks until a rule is broken or nothing is new.
    pub(super) fn run(setting: &Setting, table: &[Row]) -> Self {
        let (worlds, parents, next) = (Vec::new(), Vec::new(), Vec::new());
        let mut search = Self { worlds, parents, next, seen: HashMap::new(), ends: Vec::new(), broken: None };
        search.reach(World::start(setting).canonical(), None);
        let mut at = 0;
        while at < search.worlds.len() && search.broken.is_none() {
            assert!(search.worlds.len() < MOST, "more than {MOST} worlds");
            search.from(at, table);
            at += 1;
        }
        search
    }

    fn from(&mut self, at: usize, table: &[Row]) {
        let world = self.worlds[at];
        let parent = u32::try_from(at).expect("few");
        let step = decide(&world, table);
        if let Some(run) = world.run {
            let Some(step) = &step else {
                self.broken = Some("no row holds");
                self.reach_last(world, parent, Event::Killed);
                return;
            };
            if let Step::End(end) = step
                && !self.ends.contains(end)
            {
                self.ends.push(*end);
            }
            let after = world.done(step);
            self.broken = broken(&world, &run, step, &after);
            if self.broken.is_some() {
                self.reach_last(after, parent, Event::Done(step.clone()));
                return;
            }
            let to = self.reach(after.canonical(), Some((parent, Event::Done(step.clone()))));
            self.next[at] = Some(to);
        }
        for (event, world) in events(&world, step.as_ref()) {
            self.reach(world.canonical(), Some((parent, event)));
        }
    }

    fn reach(&mut self, world: World, from: Option<(u32, Event)>) -> u32 {
        match self.seen.entry(world) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let at = *entry.insert(u32::try_from(self.worlds.len()).expect("few"));
                self.worlds.push(world);
                self.parents.push(from);
                self.next.push(None);
                at
            }
        }
    }

    fn reach_last(&mut self, world: World, from: u32, event: Event) {
        self.worlds.push(world);
        self.parents.push(Some((from, event)));
    }

    /// How many worlds were seen.
    pub(super) fn len(&self) -> usize {
        self.worlds.len()
    }

    /// A trace to a world whose run, left in peace, never ends, if there is one.
    pub(super) fn stuck(&self) -> Option<String> {
        let mut ends = vec![false; self.worlds.len()];
        let mut visited = vec![u32::MAX; self.worlds.len()];
        for start in 0..self.worlds.len() {
            let (mut way, mut at) = (Vec::new(), start);
            let mark = u32::try_from(start).expect("few");
            while let (false, Some(next)) = (ends[at] || self.worlds[at].run.is_none(), self.next[at]) {
                if std::mem::replace(&mut visited[at], mark) == mark {
                    return Some(self.trace(at) + "  and round again\n");
                }
                way.push(at);
                at = usize::try_from(next).expect("an index");
            }
            way.into_iter().for_each(|at| ends[at] = true);
        }
        None
    }

    /// The events that lead to the last world.
    pub(super) fn last_trace(&self) -> String {
        self.trace(self.worlds.len() - 1)
    }

    fn trace(&self, mut at: usize) -> String {
        let mut events = Vec::new();
        while let Some((from, event)) = &self.parents[at] {
            let from = usize::try_from(*from).expect("an index");
            events.push((event, from));
            at = from;
        }
        let mut text = String::new();
        for (number, (event, from)) in events.iter().rev().enumerate() {
            let shown: Vec<String> = self.worlds[*from].all().map(super::world::Machine::shown).collect();
            writeln!(text, "  {:2} {}\n     {event}", number + 1, shown.join(" | "))
                .expect("a String takes everything");
        }
        text
    }

    /// Whether the table ever said so.
    pub(super) fn said(&self, what: impl Fn(&Step) -> bool) -> bool {
        self.parents.iter().flatten().any(|(_, event)| matches!(event, Event::Done(step) if what(step)))
    }
}
