//! The team's rate limit.

use time::{Duration, OffsetDateTime};

/// Resend states its limit per second.
const WINDOW: Duration = Duration::SECOND;

/// Where a caller stands after a request: what the `ratelimit-*` headers say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stand {
    /// Requests a window grants.
    pub(crate) limit: u32,
    /// How many of them are left.
    pub(crate) remaining: u32,
    /// Seconds until the window ends, rounded up.
    pub(crate) reset: u64,
}

/// One second of requests, opened by the first of them.
#[derive(Default)]
pub(crate) struct RateWindow {
    opened: Option<OffsetDateTime>,
    used: u32,
}

impl RateWindow {
    /// Takes one request out of the window; the error is the stand of a caller who has none left. Refused
    /// requests use nothing up.
    pub(crate) fn take(&mut self, now: OffsetDateTime, limit: u32) -> Result<Stand, Stand> {
        let opened = match self.opened {
            Some(opened) if now - opened < WINDOW => opened,
            _ => {
                self.used = 0;
                *self.opened.insert(now)
            }
        };
        let reset = (opened + WINDOW - now).as_seconds_f64().ceil().max(1.0) as u64;
        if self.used >= limit {
            return Err(Stand { limit, remaining: 0, reset });
        }
        self.used += 1;
        Ok(Stand { limit, remaining: limit - self.used, reset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn the_request_past_the_limit_is_refused() {
        let mut window = RateWindow::default();
        assert_eq!(window.take(START, 2), Ok(Stand { limit: 2, remaining: 1, reset: 1 }));
        assert_eq!(window.take(START, 2), Ok(Stand { limit: 2, remaining: 0, reset: 1 }));
        assert_eq!(window.take(START, 2), Err(Stand { limit: 2, remaining: 0, reset: 1 }));
    }

    #[test]
    fn a_second_later_the_window_is_new() {
        let mut window = RateWindow::default();
        assert!(window.take(START, 1).is_ok());
        assert!(window.take(START + Duration::milliseconds(999), 1).is_err());
        assert!(window.take(START + Duration::SECOND, 1).is_ok());
    }

    #[test]
    fn a_limit_of_nothing_refuses_everybody() {
        assert!(RateWindow::default().take(START, 0).is_err());
    }
}
