//! The statements of `src/sql`, each a step of the model.

use super::world::{Batch, Fate, GIVE_UP, Hold, LEASE, Mutation, Ruling, Setting, World};

/// The mails of a set of bits.
pub(crate) fn members(mails: u8) -> impl Iterator<Item = usize> {
    (0..2).filter(move |index| mails & (1 << index) != 0)
}

impl World {
    /// Where the batch of this claim is, if the claim still holds.
    pub(crate) fn held(&self, hold: Hold, setting: &Setting) -> Option<usize> {
        self.batches.iter().position(|batch| {
            batch.is_some_and(|batch| {
                batch.key == hold.key && (batch.fence == hold.fence || setting.mutation == Mutation::NoFence)
            })
        })
    }

    /// The mails whose row names this batch.
    pub(crate) fn mails_of(&self, key: u8) -> u8 {
        (0..2).filter(|&index| self.mails[index].batch == Some(key)).map(|index| 1 << index).sum()
    }

    /// `claim.sql`: every claim that could come next, with the bytes that were frozen.
    pub(crate) fn claims(&self, setting: &Setting) -> Vec<(World, Hold, Option<u8>)> {
        let mut claims: Vec<_> = (0..2).filter_map(|at| self.reclaim(at, setting)).collect();
        let mut sets: Vec<u8> = (0..2).filter(|&index| self.claimable(index)).map(|index| 1 << index).collect();
        let together = sets.len() == 2
            && setting.most > 1
            && setting.sign_in[0] == setting.sign_in[1]
            && !self.mails.iter().any(|mail| mail.alone);
        if together {
            sets.push(3);
        }
        claims.extend(sets.into_iter().map(|mails| self.claim(mails)));
        claims
    }

    fn claimable(&self, index: usize) -> bool {
        let mail = &self.mails[index];
        mail.fate == Fate::Queued && mail.batch.is_none() && mail.left > 0
    }

    fn reclaim(&self, at: usize, setting: &Setting) -> Option<(World, Hold, Option<u8>)> {
        let batch = self.batches[at]?;
        let too_old = batch.doubt.is_some_and(|age| age >= GIVE_UP) && setting.mutation != Mutation::NoGiveUp;
        if batch.lease > 0 || too_old {
            return None;
        }
        let fence = batch.fence + 1;
        let mut next = *self;
        next.batches[at] = Some(Batch { fence, lease: LEASE, ..batch });
        let hold = Hold { key: batch.key, fence, mails: self.mails_of(batch.key), in_doubt: batch.doubt.is_some() };
        Some((next, hold, batch.bytes))
    }

    fn claim(&self, mails: u8) -> (World, Hold, Option<u8>) {
        let named = self.batches.iter().flatten().map(|batch| batch.key);
        let held = self.workers.iter().filter_map(|worker| worker.hold().map(|hold| hold.key));
        let key = named.chain(held).max().unwrap_or(0) + 1;
        let mut next = *self;
        let free = next.batches.iter().position(Option::is_none).expect("two mails are in two batches at most");
        next.batches[free] = Some(Batch { key, fence: 1, lease: LEASE, bytes: None, doubt: None });
        members(mails).for_each(|index| next.mails[index].batch = Some(key));
        (next, Hold { key, fence: 1, mails, in_doubt: false }, None)
    }

    /// `mark.sql`.
    pub(crate) fn mark(&self, hold: Hold, bytes: u8, setting: &Setting) -> Option<World> {
        let at = self.held(hold, setting)?;
        let batch = self.batches[at]?;
        let may = match batch.doubt {
            None => members(self.mails_of(batch.key)).all(|index| self.mails[index].left > 0),
            Some(age) => age < GIVE_UP || setting.mutation == Mutation::NoGiveUp,
        };
        if batch.lease == 0 || !may {
            return None;
        }
        let mut next = *self;
        let doubt = batch.doubt.or((setting.mutation != Mutation::NoMark).then_some(0));
        let bytes = batch.bytes.or((setting.mutation != Mutation::NoFreeze).then_some(bytes));
        next.batches[at] = Some(Batch { bytes, doubt, ..batch });
        Some(next)
    }

    /// `sent.sql`, `close.sql`, `dissolve.sql` or `later.sql`; without effect if the claim no longer holds.
    pub(crate) fn settle(mut self, hold: Hold, ruling: Ruling, setting: &Setting) -> World {
        let Some(at) = self.held(hold, setting) else {
            return self;
        };
        match ruling {
            Ruling::Sent => self.close(at, Fate::Sent),
            Ruling::Dead => self.close(at, Fate::Dead),
            Ruling::Uncertain => self.close(at, Fate::Uncertain),
            Ruling::Dissolve => {
                members(hold.mails).for_each(|index| self.mails[index].alone = true);
                self.free(at);
            }
            Ruling::Later { clear } => {
                let batch = self.batches[at].as_mut().expect("held");
                batch.lease = 0;
                batch.doubt = batch.doubt.filter(|_| !clear);
            }
        }
        self
    }

    fn close(&mut self, at: usize, fate: Fate) {
        let key = self.batches[at].expect("held").key;
        members(self.mails_of(key)).for_each(|index| self.mails[index].fate = fate);
        self.free(at);
    }

    fn free(&mut self, at: usize) {
        let batch = self.batches[at].take().expect("held");
        members(self.mails_of(batch.key)).for_each(|index| self.mails[index].batch = None);
    }

    /// `free_late.sql`, for one batch.
    pub(crate) fn free_late(&self, at: usize, setting: &Setting) -> Option<World> {
        let batch = self.batches[at]?;
        let late = members(self.mails_of(batch.key)).any(|index| self.mails[index].left == 0);
        let clean = batch.doubt.is_none() || setting.mutation == Mutation::FreeDoubtful;
        if batch.lease > 0 || !clean || !late {
            return None;
        }
        let mut next = *self;
        next.free(at);
        Some(next)
    }

    /// `expire.sql`, for one mail.
    pub(crate) fn expire(&self, index: usize) -> Option<World> {
        let mail = &self.mails[index];
        if mail.fate != Fate::Queued || mail.batch.is_some() || mail.left > 0 {
            return None;
        }
        let mut next = *self;
        next.mails[index].fate = Fate::Expired;
        Some(next)
    }

    /// `give_up.sql`, for one batch.
    pub(crate) fn give_up(&self, at: usize, setting: &Setting) -> Option<World> {
        let batch = self.batches[at]?;
        let old = batch.doubt.is_some_and(|age| age >= GIVE_UP) && setting.mutation != Mutation::NoGiveUp;
        if batch.lease > 0 || !old {
            return None;
        }
        let mut next = *self;
        next.close(at, Fate::Uncertain);
        Some(next)
    }
}
