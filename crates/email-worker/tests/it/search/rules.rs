//! What must hold in every world.

use super::world::{Fate, Mail, Mutation, Ruling, Setting, Worker, World};

/// The first rule that is broken here.
pub(crate) fn broken(world: &World, setting: &Setting) -> Option<&'static str> {
    let of_a_mail = world.mails.iter().enumerate().find_map(|(index, mail)| broken_mail(world, setting, index, mail));
    of_a_mail.or_else(|| {
        // Other bytes under one key: our own alarm, which must never ring. It rings without the fence too, but there the
        // search is for the harm that no alarm tells of.
        let rings = |worker: &Worker| matches!(worker, Worker::Judged(_, Ruling::Uncertain));
        let alarm = |worker: &Worker| rings(worker) && setting.mutation != Mutation::NoFence;
        world.workers.iter().any(alarm).then_some("a key was posted with other bytes")
    })
}

fn broken_mail(world: &World, setting: &Setting, index: usize, mail: &Mail) -> Option<&'static str> {
    let bad = setting.bad == Some(index) || setting.mutation == Mutation::FickleContent;
    match (mail.fate, mail.delivered) {
        (_, 2..) => return Some("a mail was delivered twice"),
        (Fate::Sent, 0) => return Some("a mail is sent that was never delivered"),
        (Fate::Dead, 1) => return Some("a mail is dead that was delivered"),
        (Fate::Expired, 1) => return Some("a mail is expired that was delivered"),
        (Fate::Dead, _) if !bad => return Some("a good mail is dead"),
        (Fate::Uncertain, _) if setting.only_refusals => {
            return Some("a mail is uncertain that was surely refused");
        }
        _ => {}
    }
    let batched = mail.batch.is_some_and(|key| world.batches.iter().flatten().any(|batch| batch.key == key));
    if mail.batch.is_some() && !batched {
        return Some("a mail is in a batch that is gone");
    }
    (batched && mail.fate != Fate::Queued).then_some("a settled mail is in a batch")
}
