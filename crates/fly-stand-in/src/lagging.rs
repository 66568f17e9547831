//! What others see of something later than it is so.

use std::collections::VecDeque;
use std::time::Duration;

use time::OffsetDateTime;

/// The versions of something, each with when it came to be, as far back as anybody can still see them.
#[derive(Clone, Debug)]
pub(crate) struct Lagging<T> {
    versions: VecDeque<(OffsetDateTime, T)>,
}

impl<T> Default for Lagging<T> {
    fn default() -> Self {
        Self { versions: VecDeque::new() }
    }
}

impl<T: PartialEq> Lagging<T> {
    /// Notes a version; what nobody who sees with this lag will see any more is forgotten.
    pub(crate) fn put(&mut self, now: OffsetDateTime, value: T, lag: Duration) {
        if self.versions.back().is_some_and(|(_, last)| *last == value) {
            return;
        }
        while self.versions.get(1).is_some_and(|(since, _)| *since + lag <= now) {
            self.versions.pop_front();
        }
        self.versions.push_back((now, value));
    }

    /// What is seen now by whoever lags so far behind; none, where that was before the first version.
    pub(crate) fn seen(&self, now: OffsetDateTime, lag: Duration) -> Option<&T> {
        self.versions.iter().rev().find(|(since, _)| *since + lag <= now).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_is_seen_a_lag_later_and_old_ones_are_forgotten() {
        let at = |seconds| OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let lag = Duration::from_secs(2);
        let mut lagging = Lagging::default();
        for (second, value) in [(0, 'a'), (1, 'b'), (1, 'b'), (5, 'c'), (9, 'd')] {
            lagging.put(at(second), value, lag);
        }
        let seen: Vec<_> = [8, 10, 11].map(|second| lagging.seen(at(second), lag)).into();
        assert_eq!(seen, [Some(&'c'), Some(&'c'), Some(&'d')]);
        assert_eq!(lagging.seen(at(9), Duration::ZERO), Some(&'d'));
        assert_eq!(lagging.versions.len(), 2);
        assert_eq!(lagging.seen(at(6), lag), None, "nobody sees so far back");
    }
}
