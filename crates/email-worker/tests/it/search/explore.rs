//! Breadth first through every world, so that the first trace to a broken rule is a shortest one.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt::Write as _,
};

use super::{
    environment::{Step, steps},
    rules::broken,
    ruling::Rulings,
    world::{Setting, World},
};

/// Worlds at most: a model that has grown beyond this is no longer a test to run all day.
const MOST: usize = 1_000_000;

/// What a search came to.
pub(crate) struct Search {
    worlds: Vec<World>,
    /// How each world was first reached.
    parents: Vec<Option<(usize, Step)>>,
    /// Every step that is not a fault, as (from, to).
    edges: Vec<(u32, u32)>,
    /// The rule that is broken in the last world.
    pub(crate) broken: Option<&'static str>,
}

impl Search {
    /// Walks until a rule is broken or nothing is new.
    pub(crate) fn run(setting: &Setting) -> Self {
        let rulings = Rulings::of(setting.mutation);
        let mut search = Self { worlds: Vec::new(), parents: Vec::new(), edges: Vec::new(), broken: None };
        let mut seen = HashMap::new();
        let start = World::start(setting).canonical(setting);
        seen.insert(start, 0);
        search.worlds.push(start);
        search.parents.push(None);
        let mut at = 0;
        while at < search.worlds.len() {
            assert!(search.worlds.len() < MOST, "more than {MOST} worlds");
            for (step, world) in steps(&search.worlds[at].clone(), setting, &rulings) {
                let world = world.canonical(setting);
                let to = match seen.entry(world) {
                    Entry::Occupied(entry) => *entry.get(),
                    Entry::Vacant(entry) => *entry.insert(search.discover(world, at, step)),
                };
                if !step.is_fault() {
                    search.edges.push((u32::try_from(at).expect("few"), u32::try_from(to).expect("few")));
                }
                search.broken = search.broken.or_else(|| broken(&world, setting));
                if search.broken.is_some() {
                    return search;
                }
            }
            at += 1;
        }
        search
    }

    fn discover(&mut self, world: World, from: usize, step: Step) -> usize {
        self.worlds.push(world);
        self.parents.push(Some((from, step)));
        self.worlds.len() - 1
    }

    /// How many worlds were seen.
    pub(crate) fn len(&self) -> usize {
        self.worlds.len()
    }

    /// Whether some world is like this.
    pub(crate) fn any(&self, like: impl Fn(&World) -> bool) -> bool {
        self.worlds.iter().any(like)
    }

    /// A trace to a world from which no way without further faults leads to an end, if there is one.
    pub(crate) fn stuck(&self) -> Option<String> {
        let mut back: Vec<Vec<u32>> = vec![Vec::new(); self.worlds.len()];
        for &(from, to) in &self.edges {
            back[to as usize].push(from);
        }
        let mut ends: Vec<bool> = self.worlds.iter().map(World::settled).collect();
        let mut open: Vec<usize> = (0..ends.len()).filter(|&at| ends[at]).collect();
        while let Some(at) = open.pop() {
            for from in back[at].iter().map(|&from| from as usize) {
                if !std::mem::replace(&mut ends[from], true) {
                    open.push(from);
                }
            }
        }
        ends.iter().position(|ends| !ends).map(|at| self.trace(at))
    }

    /// The steps that lead to the last world.
    pub(crate) fn last_trace(&self) -> String {
        self.trace(self.worlds.len() - 1)
    }

    fn trace(&self, mut at: usize) -> String {
        let mut steps = Vec::new();
        while let Some((from, step)) = self.parents[at] {
            steps.push(step);
            at = from;
        }
        let mut text = String::new();
        for (number, step) in steps.iter().rev().enumerate() {
            writeln!(text, "  {:2} {step}", number + 1).expect("a String takes everything");
        }
        text
    }
}
