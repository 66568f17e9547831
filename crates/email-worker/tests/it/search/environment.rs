//! What happens around the workers: time, sweeps, changes of template and key.

use std::fmt;

use super::{
    ruling::{Heard, Rulings},
    worker::Next,
    world::{GIVE_UP, Hold, KEPT, Kept, Mutation, Ruling, STALL, Setting, Worker, World},
};

/// A step, for the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Claim(usize, Hold),
    Render(usize),
    Mark(usize),
    Accept(usize, Heard),
    Hear(usize, Heard),
    Settle(usize, Ruling),
    GiveBack(usize),
    Crash(usize),
    FreeLate,
    Expire(usize),
    GiveUp,
    Tick,
    NewTemplate,
    KeyGone,
}

impl Step {
    /// Nothing may depend on this to come to an end.
    pub(crate) fn is_fault(self) -> bool {
        match self {
            Self::Crash(_) | Self::NewTemplate | Self::KeyGone => true,
            Self::Accept(_, heard) | Self::Hear(_, heard) => {
                matches!(heard, Heard::ServerError | Heard::Nothing)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |me: &usize| ["worker A", "worker B"][*me];
        match self {
            Self::Claim(me, hold) => write!(
                f,
                "{} claims batch {} of mails {:02b} with fence {}, {}",
                name(me),
                hold.key,
                hold.mails,
                hold.fence,
                if hold.in_doubt { "in doubt" } else { "not in doubt" },
            ),
            Self::Render(me) => write!(f, "{} renders", name(me)),
            Self::Mark(me) => write!(f, "{} marks", name(me)),
            Self::Accept(me, heard) => {
                write!(f, "{} posts, Resend sends, heard: {heard:?}", name(me))
            }
            Self::Hear(me, heard) => write!(f, "{} posts, Resend does nothing new, heard: {heard:?}", name(me)),
            Self::Settle(me, ruling) => write!(f, "{} settles: {ruling:?}", name(me)),
            Self::GiveBack(me) => write!(f, "{} gives back", name(me)),
            Self::Crash(me) => write!(f, "{} crashes", name(me)),
            Self::FreeLate => f.write_str("a late batch is taken apart"),
            Self::Expire(mail) => write!(f, "mail {mail} expires"),
            Self::GiveUp => f.write_str("a doubtful batch is given up"),
            Self::Tick => f.write_str("time passes"),
            Self::NewTemplate => f.write_str("the template changes"),
            Self::KeyGone => f.write_str("the key for sign-in tokens is taken away"),
        }
    }
}

/// Every step out of a world.
pub(crate) fn steps(world: &World, setting: &Setting, rulings: &Rulings) -> Vec<(Step, World)> {
    let mut next = Next { setting, rulings, found: Vec::new() };
    (0..2).for_each(|me| next.worker(world, me));
    for index in 0..2 {
        let freed = world.free_late(index, setting).map(|freed| (Step::FreeLate, freed));
        let expired = world.expire(index).map(|expired| (Step::Expire(index), expired));
        let given_up = world.give_up(index, setting).map(|given_up| (Step::GiveUp, given_up));
        next.found.extend(freed.into_iter().chain(expired).chain(given_up));
    }
    if let Some(later) = tick(world, setting) {
        next.add(Step::Tick, later);
    }
    if !setting.only_refusals {
        if world.template == 0 {
            next.add(Step::NewTemplate, World { template: 1, ..*world });
        }
        if !world.key_gone {
            next.add(Step::KeyGone, World { key_gone: true, ..*world });
        }
    }
    next.found
}

/// A tick of the clock, unless a worker between mark and wire would stall for too long.
fn tick(world: &World, setting: &Setting) -> Option<World> {
    if setting.only_refusals && world.workers.iter().any(|worker| *worker != Worker::Idle) {
        return None;
    }
    let stall = STALL + u8::from(setting.mutation == Mutation::LongStall);
    let mut later = *world;
    for worker in &mut later.workers {
        if let Worker::Marked(_, _, age) = worker {
            *age += 1;
            if *age > stall {
                return None;
            }
        }
    }
    for mail in &mut later.mails {
        mail.left = mail.left.saturating_sub(1);
    }
    for batch in later.batches.iter_mut().flatten() {
        batch.lease = batch.lease.saturating_sub(1);
        batch.doubt = batch.doubt.map(|age| (age + 1).min(GIVE_UP));
    }
    for kept in &mut later.kept {
        *kept = kept.map(|kept| Kept { age: kept.age + 1, ..kept }).filter(|kept| kept.age < KEPT);
    }
    Some(later)
}
