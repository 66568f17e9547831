//! The steps of a worker between two awaits, and the post.

use super::{
    database::members,
    environment::Step,
    ruling::{Heard, Rulings},
    world::{Hold, Kept, Mutation, Ruling, Setting, Worker, World},
};

/// Collects what may come next.
pub(crate) struct Next<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) rulings: &'a Rulings,
    pub(crate) found: Vec<(Step, World)>,
}

impl Next<'_> {
    pub(crate) fn add(&mut self, step: Step, world: World) {
        self.found.push((step, world));
    }

    /// Every step of this worker.
    pub(crate) fn worker(&mut self, world: &World, me: usize) {
        match world.workers[me] {
            Worker::Idle => self.idle(world, me),
            Worker::Claimed(hold, bytes) => self.claimed(world, me, hold, bytes),
            Worker::Marked(hold, bytes, _) => self.post(world, me, hold, bytes),
            Worker::Judged(hold, ruling) => {
                self.add(Step::Settle(me, ruling), world.settle(hold, ruling, self.setting).with(me, Worker::Idle));
            }
        }
        if world.workers[me] != Worker::Idle && !self.setting.only_refusals {
            self.add(Step::Crash(me), world.with(me, Worker::Idle));
        }
    }

    fn idle(&mut self, world: &World, me: usize) {
        for (claimed, hold, frozen) in world.claims(self.setting) {
            let bytes = frozen.filter(|_| self.setting.mutation != Mutation::NoFreeze);
            self.add(Step::Claim(me, hold), claimed.with(me, Worker::Claimed(hold, bytes)));
        }
    }

    fn claimed(&mut self, world: &World, me: usize, hold: Hold, bytes: Option<u8>) {
        // `later.sql`, nothing posted: a drain, a missing key, or a mark that was refused.
        let given_back = Ruling::Later { clear: false };
        self.add(Step::GiveBack(me), world.settle(hold, given_back, self.setting).with(me, Worker::Idle));
        let Some(bytes) = bytes else {
            return self.add(Step::Render(me), world.with(me, Worker::Claimed(hold, Some(world.template))));
        };
        let unfilled = world.key_gone && members(hold.mails).any(|index| self.setting.sign_in[index]);
        if let Some(marked) = world.mark(hold, bytes, self.setting).filter(|_| !unfilled) {
            self.add(Step::Mark(me), marked.with(me, Worker::Marked(hold, bytes, 0)));
        }
    }

    /// Whatever Resend does with the post, and whatever of it comes back.
    fn post(&mut self, world: &World, me: usize, hold: Hold, bytes: u8) {
        self.hear(world, me, hold, Heard::TooMany);
        self.hear(world, me, hold, Heard::Unauthorized);
        if self.setting.only_refusals {
            return;
        }
        self.hear(world, me, hold, Heard::ServerError);
        self.hear(world, me, hold, Heard::Nothing);
        self.hear(world, me, hold, Heard::Concurrent);
        let known = world.kept.iter().flatten().find(|kept| kept.key == hold.key);
        match known.filter(|_| self.setting.mutation != Mutation::NoKey) {
            Some(kept) if kept.bytes == bytes => self.hear(world, me, hold, Heard::Accepted),
            Some(_) => self.hear(world, me, hold, Heard::KeyReused),
            None => self.new_request(world, me, hold, bytes),
        }
    }

    fn new_request(&mut self, world: &World, me: usize, hold: Hold, bytes: u8) {
        let fickle = self.setting.mutation == Mutation::FickleContent;
        let bad = self.setting.bad.is_some_and(|bad| hold.mails & (1 << bad) != 0);
        if bad || fickle {
            self.hear(world, me, hold, Heard::Content);
        }
        if bad && !fickle {
            return;
        }
        let mut accepted = *world;
        members(hold.mails).for_each(|index| {
            let delivered = &mut accepted.mails[index].delivered;
            *delivered = (*delivered + 1).min(2);
        });
        if let Some(free) = accepted.kept.iter_mut().find(|kept| kept.is_none_or(|kept| kept.key == hold.key)) {
            *free = Some(Kept { key: hold.key, bytes, age: 0 });
        }
        for heard in [Heard::Accepted, Heard::Nothing, Heard::ServerError] {
            let judged = Worker::Judged(hold, self.rulings.get(heard, hold.mails.count_ones(), hold.in_doubt));
            self.add(Step::Accept(me, heard), accepted.with(me, judged));
        }
    }

    fn hear(&mut self, world: &World, me: usize, hold: Hold, heard: Heard) {
        let ruling = self.rulings.get(heard, hold.mails.count_ones(), hold.in_doubt);
        self.add(Step::Hear(me, heard), world.with(me, Worker::Judged(hold, ruling)));
    }
}

impl World {
    fn with(mut self, me: usize, worker: Worker) -> Self {
        self.workers[me] = worker;
        self
    }
}
