//! The only place that reads the time of day. Everything else is given a [`Clock`] or a [`Stopwatch`].

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

/// Tells the time of day. Cheap to clone; a test makes one that stands still or is moved by hand.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> OffsetDateTime + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::from_fn(|| OffsetDateTime::from(system_time()))
    }

    /// A clock that says whatever `now` says.
    pub fn from_fn(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time of day in UTC.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        (self.0)()
    }

    /// A fresh id: UUIDv7 (RFC 9562), so ids sort by the time they were made at.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.nanosecond()))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Measures a stretch of work for a span: begins at a time of day and ends by the monotonic clock, so that a step of
/// the time of day cannot make a span end before it began.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    began: SystemTime,
    instant: Instant,
}

impl Stopwatch {
    /// Begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { began: system_time(), instant: Instant::now() }
    }

    /// Another one, which begins where this one ends, if it ended now.
    #[must_use]
    pub fn lap(&self) -> Self {
        let instant = Instant::now();
        Self { began: self.began + instant.duration_since(self.instant), instant }
    }

    /// When it began.
    #[must_use]
    pub fn began(&self) -> SystemTime {
        self.began
    }

    /// How long it has run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.instant.elapsed()
    }

    /// The end of the stretch, if it ended now.
    #[must_use]
    pub fn ended(&self) -> SystemTime {
        self.began + self.elapsed()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that the lint sends everybody else to")]
fn system_time() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later() {
        let early = Clock::from_fn(|| OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1)).id();
        let late = Clock::from_fn(|| OffsetDateTime::UNIX_EPOCH + Duration::from_secs(2)).id();
        assert!(early < late);
        assert_eq!(early.get_version_num(), 7);
    }

    #[test]
    fn ids_made_in_the_same_instant_differ() {
        let clock = Clock::from_fn(|| OffsetDateTime::UNIX_EPOCH);
        assert_ne!(clock.id(), clock.id());
    }

    #[test]
    fn a_stopwatch_never_ends_before_it_began() {
        let watch = Stopwatch::start();
        assert!(watch.ended() >= watch.began());
    }
}
