//! Whether to ask a server that may not answer, as pure steps.
//!
//! The breaker of `guard` judges a dependency by the share of failures among many calls, because without that
//! dependency requests fail. Without Redis none does, and one answer that does not come costs a person 50 ms: so the
//! first one is enough to leave Redis alone, and a second later one request tries again for all.

use std::time::{Duration, Instant};

use crate::guard::deadline;

/// How long nobody asks after an answer that did not come.
pub(super) const REST: Duration = Duration::from_secs(1);

/// Answers in a row that did not come, after which the connection is given up: it may lead nowhere any more.
const GIVEN_UP: u32 = 2;

/// What is remembered of the last answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Patience {
    resting_until: Option<Instant>,
    unanswered: u32,
}

impl Patience {
    /// Whether to ask now. Whoever asks at the end of a rest asks for all: the next one may do so a rest later.
    pub(super) fn may_ask(self, now: Instant) -> (bool, Self) {
        match self.resting_until {
            Some(until) if now < until => (false, self),
            Some(_) => (true, Self { resting_until: Some(now + REST), ..self }),
            None => (true, self),
        }
    }

    /// After an answer, also after one that refused.
    pub(super) fn answered(self) -> Self {
        Self::default()
    }

    /// After an answer that did not come to a request that was sent at `asked`; whether to give up the connection. Of
    /// many that were under way at once, the first is counted. One that could not wait as long as it may says nothing.
    pub(super) fn unanswered(self, asked: Instant, now: Instant) -> (bool, Self) {
        let counted = self.resting_until.is_some_and(|until| asked + REST < until);
        if counted || now.duration_since(asked) < deadline::REDIS {
            return (false, self);
        }
        let unanswered = self.unanswered + 1;
        (unanswered >= GIVEN_UP, Self { resting_until: Some(now + REST), unanswered })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(patience: Patience, asked: Instant) -> (bool, Patience) {
        patience.unanswered(asked, asked + deadline::REDIS)
    }

    #[test]
    fn one_silence_makes_everybody_rest_for_a_second() {
        let start = Instant::now();
        let (_, resting) = silent(Patience::default(), start);
        assert!(!resting.may_ask(start + deadline::REDIS).0);
        assert!(!resting.may_ask(start + deadline::REDIS + REST - Duration::from_millis(1)).0);
        assert!(resting.may_ask(start + deadline::REDIS + REST).0);
    }

    #[test]
    fn at_the_end_of_a_rest_one_asks_for_all() {
        let start = Instant::now();
        let end = start + deadline::REDIS + REST;
        let (asks, trying) = silent(Patience::default(), start).1.may_ask(end);
        assert!(asks && !trying.may_ask(end).0);
        // Also when the one who tried went away and never told.
        assert!(trying.may_ask(end + REST).0);
    }

    #[test]
    fn an_answer_ends_the_rest() {
        let start = Instant::now();
        let (_, resting) = silent(Patience::default(), start);
        assert_eq!(resting.answered(), Patience::default());
        assert!(resting.answered().may_ask(start).0);
    }

    #[test]
    fn the_second_silence_in_a_row_gives_the_connection_up() {
        let start = Instant::now();
        let (given_up, resting) = silent(Patience::default(), start);
        assert!(!given_up);
        let end = start + deadline::REDIS + REST;
        let (_, trying) = resting.may_ask(end);
        assert!(silent(trying, end).0);
        assert!(!silent(trying.answered(), end).0);
    }

    #[test]
    fn a_wait_that_was_cut_short_says_nothing() {
        let start = Instant::now();
        let almost = start + deadline::REDIS - Duration::from_millis(1);
        assert_eq!(Patience::default().unanswered(start, almost), (false, Patience::default()));
        let (_, resting) = silent(Patience::default(), start);
        let (_, trying) = resting.may_ask(start + deadline::REDIS + REST);
        assert_eq!(trying.unanswered(start, almost), (false, trying), "the others are still resting");
    }

    #[test]
    fn many_silences_at_once_are_one() {
        let start = Instant::now();
        let (_, first) = silent(Patience::default(), start);
        for later in 1..50 {
            let (given_up, patience) = silent(first, start + Duration::from_millis(later));
            assert!(!given_up && patience == first);
        }
    }
}
