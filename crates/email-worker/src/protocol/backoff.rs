//! How long to wait for the next try.

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

/// The first wait, doubled with each try.
pub const FIRST: Duration = Duration::from_secs(1);

/// The longest wait: after an outage of Resend the last batch is tried within five minutes.
pub const LONGEST: Duration = Duration::from_mins(5);

/// An exhausted month is asked about again each hour: the plan may be raised at any time.
pub const MONTHLY_QUOTA: Duration = Duration::from_hours(1);

/// Over how long the batches that waited for the same moment are spread, so that they do not come at once.
const SPREAD: Duration = Duration::from_secs(60);

/// Randomness that is passed in: a share of the whole, from 0 up to but without 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jitter(f64);

impl Jitter {
    /// Takes any number; what lies outside becomes the nearest that fits, and NaN becomes 0.
    #[must_use]
    pub fn new(share: f64) -> Self {
        Self(if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0 - f64::EPSILON) })
    }

    fn of(self, whole: Duration) -> Duration {
        whole.mul_f64(self.0)
    }
}

/// The wait after the try with this number (from 1): 1 s doubled each time up to 5 min, of it a random half, and at
/// least what Resend asked for.
#[must_use]
pub fn after(number: u32, retry_after: Option<Duration>, jitter: Jitter) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(number.saturating_sub(1))).min(LONGEST);
    let half = doubled / 2;
    let wait = half + jitter.of(half);
    // Spread behind the asked moment too: everybody who was refused in that second was told the same.
    retry_after.map_or(wait, |asked| wait.max(asked + jitter.of(FIRST)))
}

/// The wait until the next UTC day has begun, when Resend counts from zero.
#[must_use]
pub fn until_next_day(now: OffsetDateTime, jitter: Jitter) -> Duration {
    let midnight = now.to_offset(UtcOffset::UTC).date().next_day().map(|day| day.midnight().assume_utc());
    // The last day of the calendar has no next one; no wait is then as good as any.
    let left = midnight.map_or(Duration::ZERO, |midnight| (midnight - now).unsigned_abs());
    left + jitter.of(SPREAD)
}

/// The wait while the month's mails are used up.
#[must_use]
pub fn monthly(jitter: Jitter) -> Duration {
    MONTHLY_QUOTA + jitter.of(SPREAD)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::{Jitter, LONGEST, after, monthly, until_next_day};

    const NONE: Jitter = Jitter(0.0);

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<u128> = [1, 2, 3, 9, 10, 1000].map(|n| after(n, None, NONE).as_millis()).to_vec();
        assert_eq!(waits, [500, 1_000, 2_000, 128_000, 150_000, 150_000]);
    }

    #[test]
    fn jitter_never_passes_the_bound() {
        assert!(after(u32::MAX, None, Jitter::new(7.0)) <= LONGEST);
        assert_eq!(after(1, None, Jitter::new(f64::NAN)), Duration::from_millis(500));
    }

    #[test]
    fn resend_is_never_asked_earlier_than_it_said() {
        let asked = Some(Duration::from_secs(30));
        assert_eq!(after(1, asked, NONE), Duration::from_secs(30));
        assert!(after(10, asked, NONE) > Duration::from_secs(30));
    }

    #[test]
    fn an_exhausted_day_waits_for_midnight_in_utc_wherever_now_was_read() {
        let now = datetime!(2026-03-01 01:30 +2);
        assert_eq!(until_next_day(now, NONE), Duration::from_mins(30));
        assert_eq!(until_next_day(datetime!(2026-12-31 23:59:59 UTC), NONE), Duration::from_secs(1));
    }

    #[test]
    fn batches_that_waited_for_midnight_do_not_come_at_once() {
        let now = datetime!(2026-03-01 23:59 UTC);
        assert_eq!(until_next_day(now, Jitter::new(0.5)), Duration::from_secs(90));
    }

    #[test]
    fn an_exhausted_month_is_asked_about_each_hour() {
        assert_eq!(monthly(NONE), Duration::from_hours(1));
    }
}
