//! The state of everything.

/// How many ticks a lease lasts.
pub(crate) const LEASE: u8 = 1;
/// The longest stall between a mark and the wire: `KEY_KEPT` − `GIVE_UP_AFTER`.
pub(crate) const STALL: u8 = 1;
/// `GIVE_UP_AFTER`.
pub(crate) const GIVE_UP: u8 = 2;
/// `KEY_KEPT`.
pub(crate) const KEPT: u8 = 3;

/// What is taken out of the protocol, or out of what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// The protocol as it is.
    None,
    /// Posts carry no `Idempotency-Key`.
    NoKey,
    /// Statements ask for the batch alone.
    NoFence,
    /// Each try renders anew.
    NoFreeze,
    /// A post leaves no note that Resend may have it.
    NoMark,
    /// Any definite refusal clears the doubt, also an older one.
    ClearAlways,
    /// No definite refusal clears the doubt.
    ClearNever,
    /// Doubtful batches are repeated for ever.
    NoGiveUp,
    /// Late batches are taken apart although they may have been accepted.
    FreeDoubtful,
    /// A worker may stall for longer between mark and wire.
    LongStall,
    /// Resend refuses a content at one time and takes it at another.
    FickleContent,
}

/// Two mails, and what may happen to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Which mails are sign-in links; a batch holds one kind.
    pub(crate) sign_in: [bool; 2],
    /// Ticks until a mail is late.
    pub(crate) send_before: [u8; 2],
    /// Mails in a batch at most.
    pub(crate) most: u32,
    /// The mail that Resend refuses for its content.
    pub(crate) bad: Option<usize>,
    /// Nothing happens but definite refusals.
    pub(crate) only_refusals: bool,
    /// What is taken out.
    pub(crate) mutation: Mutation,
}

/// `outbox.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    Queued,
    Sent,
    Dead,
    Uncertain,
    Expired,
}

/// A row of `outbox`, and how often its person got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mail {
    pub(crate) fate: Fate,
    pub(crate) batch: Option<u8>,
    pub(crate) alone: bool,
    /// Ticks until `send_before`.
    pub(crate) left: u8,
    /// Counted up to 2, which is already one too many.
    pub(crate) delivered: u8,
}

/// A row of `mail_batches`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Batch {
    pub(crate) key: u8,
    pub(crate) fence: u8,
    /// Ticks of lease left; 0 is also a lease given back.
    pub(crate) lease: u8,
    /// The version of the template in the frozen bytes.
    pub(crate) bytes: Option<u8>,
    /// Ticks since `unknown_since`.
    pub(crate) doubt: Option<u8>,
}

/// What a worker remembers of its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Hold {
    pub(crate) key: u8,
    pub(crate) fence: u8,
    /// A bit for each mail.
    pub(crate) mails: u8,
    /// `unknown_since` was set at the claim.
    pub(crate) in_doubt: bool,
}

/// A verdict without what the search has no use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Ruling {
    Sent,
    Dead,
    Dissolve,
    Later { clear: bool },
    Uncertain,
}

/// Where a worker is; it may crash or sleep at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Worker {
    Idle,
    /// Claimed, with the bytes once they are frozen or rendered.
    Claimed(Hold, Option<u8>),
    /// Marked so many ticks ago, about to post.
    Marked(Hold, u8, u8),
    /// Posted and judged, about to settle.
    Judged(Hold, Ruling),
}

impl Worker {
    pub(crate) fn hold(&self) -> Option<Hold> {
        match *self {
            Self::Idle => None,
            Self::Claimed(hold, _) | Self::Marked(hold, ..) | Self::Judged(hold, _) => Some(hold),
        }
    }

    /// The same, to be renamed.
    pub(crate) fn hold_mut(&mut self) -> Option<&mut Hold> {
        match self {
            Self::Idle => None,
            Self::Claimed(hold, _) | Self::Marked(hold, ..) | Self::Judged(hold, _) => Some(hold),
        }
    }
}

/// A request that Resend accepted and remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kept {
    pub(crate) key: u8,
    pub(crate) bytes: u8,
    pub(crate) age: u8,
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) mails: [Mail; 2],
    pub(crate) batches: [Option<Batch>; 2],
    pub(crate) workers: [Worker; 2],
    pub(crate) kept: [Option<Kept>; 4],
    pub(crate) template: u8,
    /// The key for sign-in tokens is no longer among the settings.
    pub(crate) key_gone: bool,
}

impl World {
    pub(crate) fn start(setting: &Setting) -> Self {
        let mail = |left| Mail { fate: Fate::Queued, batch: None, alone: false, left, delivered: 0 };
        Self {
            mails: setting.send_before.map(mail),
            batches: [None; 2],
            workers: [Worker::Idle; 2],
            kept: [None; 4],
            template: 0,
            key_gone: false,
        }
    }

    /// Settled for good: every mail has a fate.
    pub(crate) fn settled(&self) -> bool {
        self.mails.iter().all(|mail| mail.fate != Fate::Queued)
    }
}
