//! What was answered under which Idempotency-Key.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long Resend keeps a key.
const KEEP: Duration = Duration::hours(24);
/// How many answers are kept at most, so that a day of load tests fits the memory; the oldest go first.
const MOST_KEPT: usize = 100_000;

/// Which of the two send endpoints: a key counts on each by itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Endpoint {
    /// `POST /emails`
    Single,
    /// `POST /emails/batch`
    Batch,
}

/// A key on its endpoint.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Slot {
    /// Where it was sent.
    pub(crate) endpoint: Endpoint,
    /// The key, 1 to 256 characters.
    pub(crate) key: String,
}

/// What a body is recognised by. 64 bits tell apart the bodies of a day, and nobody attacks a stand-in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Print(u64);

impl Print {
    /// The print of a body, byte for byte: a repeated request is one that sends the same bytes.
    pub(crate) fn of(body: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// What is known of a key.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    /// Nothing.
    Never,
    /// A request with it is not answered yet.
    UnderWay,
    /// It was used with another body.
    WithOtherBody,
    /// It was used with this body, and these mails came of it.
    Answered(Vec<Uuid>),
}

enum Held {
    UnderWay,
    Answered { print: Print, ids: Vec<Uuid> },
}

/// All keys of the last 24 hours.
#[derive(Default)]
pub(crate) struct Keys {
    held: HashMap<Slot, Held>,
    // In the order of answering, so that the oldest are in front.
    answered: VecDeque<(OffsetDateTime, Slot)>,
}

impl Keys {
    /// What is known of this key with this body.
    pub(crate) fn look(&mut self, now: OffsetDateTime, slot: &Slot, print: Print) -> Seen {
        self.forget_old(now);
        match self.held.get(slot) {
            None => Seen::Never,
            Some(Held::UnderWay) => Seen::UnderWay,
            Some(Held::Answered { print: kept, ids }) if *kept == print => Seen::Answered(ids.clone()),
            Some(Held::Answered { .. }) => Seen::WithOtherBody,
        }
    }

    /// A request with this key begins.
    pub(crate) fn begin(&mut self, slot: Slot) {
        self.held.insert(slot, Held::UnderWay);
    }

    /// The request with this key came to nothing: it may be repeated as if it had never been.
    pub(crate) fn forget(&mut self, slot: &Slot) {
        self.held.remove(slot);
    }

    /// The request with this key was granted.
    pub(crate) fn keep(&mut self, now: OffsetDateTime, slot: Slot, print: Print, ids: Vec<Uuid>) {
        self.held.insert(slot.clone(), Held::Answered { print, ids });
        self.answered.push_back((now, slot));
    }

    fn forget_old(&mut self, now: OffsetDateTime) {
        while let Some((at, _)) = self.answered.front() {
            if now - *at < KEEP && self.answered.len() <= MOST_KEPT {
                break;
            }
            if let Some((_, slot)) = self.answered.pop_front() {
                self.held.remove(&slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn slot(endpoint: Endpoint) -> Slot {
        Slot { endpoint, key: "k".to_owned() }
    }

    fn kept() -> Keys {
        let mut keys = Keys::default();
        keys.begin(slot(Endpoint::Single));
        keys.keep(START, slot(Endpoint::Single), Print::of(b"a"), vec![Uuid::nil()]);
        keys
    }

    #[test]
    fn a_key_answers_the_same_for_24_hours() {
        let mut keys = kept();
        let last = START + KEEP - Duration::MILLISECOND;
        assert_eq!(keys.look(last, &slot(Endpoint::Single), Print::of(b"a")), Seen::Answered(vec![Uuid::nil()]));
        assert_eq!(keys.look(START + KEEP, &slot(Endpoint::Single), Print::of(b"a")), Seen::Never);
        assert!(keys.held.is_empty());
    }

    #[test]
    fn another_body_under_the_same_key_is_noticed() {
        assert_eq!(kept().look(START, &slot(Endpoint::Single), Print::of(b"b")), Seen::WithOtherBody);
    }

    #[test]
    fn a_key_of_the_other_endpoint_is_another_key() {
        assert_eq!(kept().look(START, &slot(Endpoint::Batch), Print::of(b"a")), Seen::Never);
    }

    #[test]
    fn a_key_under_way_is_free_again_once_forgotten() {
        let mut keys = Keys::default();
        keys.begin(slot(Endpoint::Batch));
        assert_eq!(keys.look(START, &slot(Endpoint::Batch), Print::of(b"a")), Seen::UnderWay);
        keys.forget(&slot(Endpoint::Batch));
        assert_eq!(keys.look(START, &slot(Endpoint::Batch), Print::of(b"a")), Seen::Never);
    }
}
