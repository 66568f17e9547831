//! When the next batch may be claimed: not too soon after the last one, and not while Resend refuses everything.

use std::time::Duration;

use tokio::time::Instant;

/// When to claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClaimPace {
    spacing: Duration,
    next: Instant,
    open_again: Instant,
}

impl ClaimPace {
    /// Open from now on.
    pub(super) fn new(spacing: Duration, now: Instant) -> Self {
        Self { spacing, next: now, open_again: now }
    }

    /// Whether a batch may be claimed now.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.next.max(self.open_again) <= now
    }

    /// How long to rest: until it is open, and no longer than `poll`, or `poll` when it is open and nothing is there.
    pub(super) fn rest(&self, now: Instant, poll: Duration) -> Duration {
        let wait = self.next.max(self.open_again).saturating_duration_since(now);
        if wait.is_zero() { poll } else { wait.min(poll) }
    }

    /// Notes a claim.
    pub(super) fn claimed(&mut self, now: Instant) {
        // From the moment that this one was allowed, so that a late look loses no time; but no burst after an idle hour.
        self.next = (self.next + self.spacing).max(now.checked_sub(self.spacing).unwrap_or(now));
    }

    /// Closes for so long: every batch would be refused. A shorter wait than the one at hand changes nothing.
    pub(super) fn pause(&mut self, now: Instant, wait: Duration) {
        self.open_again = self.open_again.max(now + wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACING: Duration = Duration::from_millis(200);
    const POLL: Duration = Duration::from_secs(1);

    fn claims_within(pace: &mut ClaimPace, mut now: Instant, span: Duration) -> usize {
        let end = now + span;
        let mut claims = 0;
        while now < end {
            if pace.is_open(now) {
                pace.claimed(now);
                claims += 1;
            }
            now += Duration::from_millis(10);
        }
        claims
    }

    #[test]
    fn five_a_second_are_five_a_second() {
        let now = Instant::now();
        assert_eq!(claims_within(&mut ClaimPace::new(SPACING, now), now, Duration::from_secs(10)), 50);
    }

    #[test]
    fn an_idle_hour_earns_no_burst() {
        let now = Instant::now();
        let mut pace = ClaimPace::new(SPACING, now);
        let later = now + Duration::from_hours(1);
        assert!(claims_within(&mut pace, later, Duration::from_secs(1)) <= 7);
    }

    #[test]
    fn a_pause_closes_and_the_longest_one_counts() {
        let now = Instant::now();
        let mut pace = ClaimPace::new(SPACING, now);
        pace.pause(now, Duration::from_secs(30));
        pace.pause(now, Duration::from_secs(1));
        assert!(!pace.is_open(now + Duration::from_secs(29)));
        assert!(pace.is_open(now + Duration::from_secs(30)));
    }

    #[test]
    fn it_rests_until_it_is_open_and_never_longer_than_a_poll() {
        let now = Instant::now();
        let mut pace = ClaimPace::new(SPACING, now);
        assert_eq!(pace.rest(now, POLL), POLL);
        pace.claimed(now);
        assert_eq!(pace.rest(now, POLL), SPACING);
        pace.pause(now, Duration::from_hours(1));
        assert_eq!(pace.rest(now, POLL), POLL);
    }
}
