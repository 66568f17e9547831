//! Which of a pool's idle connections are used again. One may have died without a sign: the machine at its other end
//! slept or is gone, an address moved, a firewall forgot it. Then whoever gets it waits, and its siblings are dead, too.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{ClientWrapper, HookError, Metrics};

use crate::guard::breaker::Breaker;
use crate::sabotage;

/// How long a connection may be idle: less than the four minutes after which the least patient of the usual firewalls and
/// balancers forget one.
const IDLE: Duration = Duration::from_mins(3);
/// How long one is used at most, so that all move on when an address leads elsewhere; up to a tenth less, so that they do
/// not all do so at once.
const LIFE: Duration = Duration::from_mins(30);
/// One that has been idle for longer is asked before it is used: a round trip, at a time when there are few requests.
const ASKED: Duration = Duration::from_secs(5);
/// What that question may take. A server that takes longer is not asked anything else over this connection either.
const ANSWER: Duration = Duration::from_millis(500);

/// What is known of the connections of one pool.
pub(super) struct Kept {
    breaker: Breaker,
    /// When one was last found dead or out of date: what was last used before is likely to be so, too.
    suspected: Mutex<Option<Instant>>,
    lives: RandomState,
}

impl Kept {
    pub(super) fn new(breaker: Breaker) -> Self {
        Self { breaker, suspected: Mutex::default(), lives: RandomState::new() }
    }

    /// Uses no connection again that was last taken before now.
    pub(super) fn suspect(&self) {
        *self.suspected.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Looks at an idle connection before it is used again.
    ///
    /// # Errors
    /// When it is not to be used; the pool drops it then, and goes on to the next one.
    pub(super) async fn looked_at(&self, client: &ClientWrapper, metrics: Metrics) -> Result<(), HookError> {
        if let Some(reason) = self.wrong(&metrics) {
            return Err(HookError::message(reason));
        }
        if metrics.last_used() < ASKED || sabotage::takes_out("question to idle connections") {
            return Ok(());
        }
        if let Ok(Ok(())) = tokio::time::timeout(ANSWER, client.check_connection()).await {
            return Ok(());
        }
        self.suspect();
        Err(HookError::message("it does not answer"))
    }

    fn wrong(&self, metrics: &Metrics) -> Option<&'static str> {
        let last_taken = metrics.recycled.unwrap_or(metrics.created);
        let suspected = *self.suspected.lock().unwrap_or_else(PoisonError::into_inner);
        let suspected = suspected.filter(|_| !sabotage::takes_out("siblings of the dead"));
        if self.breaker.has_opened_since(metrics.created) {
            Some("it is from before the breaker opened")
        } else if suspected.is_some_and(|suspected| last_taken <= suspected) {
            Some("others of its time are dead or out of date")
        } else if last_taken.elapsed() > IDLE {
            Some("it was idle for too long")
        } else if metrics.created.elapsed() > self.life(metrics.created) {
            Some("it is too old")
        } else {
            None
        }
    }

    /// How long the connection of this time is used: the same at each look.
    fn life(&self, created: Instant) -> Duration {
        let share = u32::try_from(self.lives.hash_one(created) % 100).unwrap_or_default();
        LIFE - LIFE / 1_000 * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::breaker::BreakerSettings;
    use crate::telemetry::metric::Metrics as Telemetry;

    fn kept() -> Kept {
        Kept::new(Breaker::new("postgres", BreakerSettings::default(), &Telemetry::default()))
    }

    /// A connection of this age that was last taken so long ago.
    fn connection(age: Duration, idle: Duration) -> Metrics {
        let ago = |time| Instant::now().checked_sub(time).expect("the machine is older");
        Metrics { created: ago(age), recycled: Some(ago(idle)), recycle_count: 1 }
    }

    #[test]
    fn one_that_is_used_goes_on_and_one_that_was_idle_for_too_long_does_not() {
        let kept = kept();
        assert_eq!(kept.wrong(&connection(IDLE * 2, Duration::ZERO)), None);
        assert_eq!(kept.wrong(&connection(IDLE * 2, IDLE)), Some("it was idle for too long"));
    }

    #[test]
    fn none_is_older_than_half_an_hour_and_not_all_end_at_once() {
        let kept = kept();
        let lives: Vec<Duration> = (0..50).map(|n| kept.life(Instant::now() + Duration::from_micros(n))).collect();
        assert!(lives.iter().all(|life| (LIFE * 9 / 10..=LIFE).contains(life)), "{lives:?}");
        assert!(lives.iter().any(|life| *life != lives[0]), "{lives:?}");
        let same = Instant::now();
        assert_eq!(kept.life(same), kept.life(same));
    }

    /// Guards: siblings of the dead.
    #[test]
    fn what_was_last_taken_before_another_was_found_dead_is_not_used_again() {
        let kept = kept();
        let before = connection(IDLE, Duration::from_millis(1));
        assert_eq!(kept.wrong(&before), None);
        kept.suspect();
        assert_eq!(kept.wrong(&before), Some("others of its time are dead or out of date"));
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(kept.wrong(&connection(IDLE, Duration::ZERO)), None, "it was taken since");
    }
}
