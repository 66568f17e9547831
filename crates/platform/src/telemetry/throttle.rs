//! Lines that may come in thousands: each kind of them once a minute at most, and then with how many there were. The
//! first is told at once. What a line leaves out, the metrics have.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::sabotage;

/// How long a kind of line is not told again.
const EVERY: Duration = Duration::from_secs(60);

/// What happened, and its class: the same two make the same kind of line. Both are words of the code, never of what came
/// from outside, so that there are only so many.
type Kind = (&'static str, &'static str);

/// What was told when, and how much was not.
#[derive(Debug, Default)]
struct Throttle(HashMap<Kind, Told>);

#[derive(Clone, Copy, Debug)]
struct Told {
    at: Instant,
    untold: u64,
}

impl Throttle {
    /// Notes so many more; how many to tell of now, if any are to be told.
    fn note(&mut self, kind: Kind, more: u64, now: Instant) -> Option<u64> {
        let Some(told) = self.0.get_mut(&kind) else {
            self.0.insert(kind, Told { at: now, untold: 0 });
            return Some(more);
        };
        if now.saturating_duration_since(told.at) < EVERY && !sabotage::takes_out("log throttle") {
            told.untold += more;
            return None;
        }
        let count = told.untold + more;
        *told = Told { at: now, untold: 0 };
        Some(count)
    }
}

/// One a process, as there is one log.
static THROTTLE: LazyLock<Mutex<Throttle>> = LazyLock::new(Mutex::default);

/// Notes that something happened. Where it is to be told now: how often it did since it was last told, for the `count` of
/// the line; its `class` stands beside it.
#[must_use]
pub fn due(what: &'static str, class: &'static str) -> Option<u64> {
    due_of(what, class, 1)
}

/// The same for several at once.
#[must_use]
pub fn due_of(what: &'static str, class: &'static str, more: u64) -> Option<u64> {
    THROTTLE.lock().unwrap_or_else(PoisonError::into_inner).note((what, class), more, Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards: log throttle.
    #[test]
    fn the_first_is_told_at_once_and_the_others_a_minute_later_by_their_number() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let kind = ("spans could not be handed over", "http_401");
        assert_eq!(throttle.note(kind, 1, start), Some(1));
        for second in 0..60 {
            assert_eq!(throttle.note(kind, 1, start + Duration::from_secs(second)), None, "after {second} s");
        }
        assert_eq!(throttle.note(kind, 1, start + EVERY), Some(61));
        assert_eq!(throttle.note(kind, 1, start + EVERY), None);
        assert_eq!(throttle.note(kind, 1, start + 10 * EVERY), Some(2), "a rest is no reason to forget one");
    }

    #[test]
    fn one_kind_of_line_does_not_hide_another() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        for kind in [("spans", "http_401"), ("spans", "http_404"), ("redis", "http_401")] {
            assert_eq!(throttle.note(kind, 1, now), Some(1), "{kind:?}");
        }
    }
}
