//! Worlds that can only go the same ways are one world.

use super::world::{Fate, Kept, Mutation, Setting, Worker, World};

impl World {
    /// Forgets what nothing depends on any more and renames keys and fences.
    ///
    /// Workers are alike and are put in order, except in a mutated protocol: its trace reads better when each worker
    /// keeps its name.
    pub(crate) fn canonical(mut self, setting: &Setting) -> Self {
        for mail in self.mails.iter_mut().filter(|mail| mail.fate != Fate::Queued) {
            mail.left = 0;
            mail.alone = false;
        }
        let sign_in = |index: usize| setting.sign_in[index] && self.mails[index].fate == Fate::Queued;
        self.key_gone |= !(0..2).any(sign_in);
        if setting.mutation != Mutation::NoFence {
            self.forget_void_claims(setting);
            self.rename_fences();
        }
        self.rename_keys();
        if setting.mutation == Mutation::None {
            self.workers.sort_unstable();
        }
        self
    }

    /// A worker whose claim is void changes nothing any more, unless a post of it is still to come: every statement asks
    /// for the fence. (Without the fence, as a mutation, nothing is forgotten.)
    fn forget_void_claims(&mut self, setting: &Setting) {
        for me in 0..2 {
            let void = self.workers[me].hold().is_some_and(|hold| self.held(hold, setting).is_none());
            match &mut self.workers[me] {
                Worker::Marked(hold, ..) if void => hold.in_doubt = false,
                worker if void => *worker = Worker::Idle,
                _ => {}
            }
        }
    }

    /// A fence is only ever compared with its batch's: 1 is good, 0 is void.
    fn rename_fences(&mut self) {
        let batches = self.batches;
        let good = |key, fence| batches.iter().flatten().any(|batch| batch.key == key && batch.fence == fence);
        for hold in self.workers.iter_mut().filter_map(Worker::hold_mut) {
            hold.fence = u8::from(good(hold.key, hold.fence));
        }
        self.batches.iter_mut().flatten().for_each(|batch| batch.fence = 1);
    }

    /// Names keys by their order. Forgets requests that Resend keeps under a key that nobody can post any more.
    fn rename_keys(&mut self) {
        let mut keys: Vec<u8> = self.batches.iter().flatten().map(|batch| batch.key).collect();
        keys.extend(self.workers.iter().filter_map(|worker| worker.hold().map(|hold| hold.key)));
        keys.sort_unstable();
        keys.dedup();
        let rank = |one: u8| keys.binary_search(&one).ok().map(|at| u8::try_from(at + 1).expect("few"));
        for kept in &mut self.kept {
            *kept = kept.and_then(|kept| rank(kept.key).map(|key| Kept { key, ..kept }));
        }
        for batch in self.batches.iter_mut().flatten() {
            batch.key = rank(batch.key).expect("collected above");
        }
        for hold in self.workers.iter_mut().filter_map(Worker::hold_mut) {
            hold.key = rank(hold.key).expect("collected above");
        }
        for mail in &mut self.mails {
            // A batch that is gone stays visible, as a key that no batch has: the rules look for it.
            mail.batch = mail.batch.map(|key| rank(key).unwrap_or(u8::MAX));
        }
        self.batches.sort_unstable_by_key(|batch| batch.map_or(u8::MAX, |batch| batch.key));
        self.kept.sort_unstable_by_key(|kept| kept.map_or(u8::MAX, |kept| kept.key));
    }
}
