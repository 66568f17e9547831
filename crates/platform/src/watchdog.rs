//! Ends a process that hangs. On Fly no failing check restarts a machine, so a wedged process must end itself.
//!
//! Every thread that must not hang has a [`Heart`] that beats once a second. A plain thread wakes once a second,
//! and judges the stalest heart by *its own wake-ups since the last beat*, not by elapsed time: a process that was
//! stopped, or a machine that was suspended, wakes to find that nobody has been awake, and kills nobody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::sabotage;

/// Exit code of a process that was ended by its watchdog: `EX_SOFTWARE` of sysexits.h.
pub const EXIT_WEDGED: i32 = 70;

/// Wake-ups without a beat before a thread counts as hanging. Each is a second long.
pub const PATIENCE: u64 = 30;

const BEAT: Duration = Duration::from_secs(1);

/// Watches hearts.
#[derive(Clone, Debug, Default)]
pub struct Watchdog {
    hearts: Arc<Mutex<Vec<Heart>>>,
}

/// The sign of life of one thread.
#[derive(Clone, Debug)]
pub struct Heart {
    name: Arc<str>,
    missed: Arc<AtomicU64>,
    alive: Arc<()>,
}

impl Heart {
    /// Says that this thread is alive.
    pub fn beat(&self) {
        self.missed.store(0, Ordering::Relaxed);
    }

    /// Beats once a second from the runtime of the thread that calls this, until that runtime ends.
    pub async fn beat_for_ever(self) {
        loop {
            self.beat();
            tokio::time::sleep(BEAT).await;
        }
    }
}

impl Watchdog {
    /// Watches one more thread. It stops being watched when every clone of the heart is dropped.
    #[must_use]
    pub fn watch(&self, name: &str) -> Heart {
        let heart = Heart { name: name.into(), missed: Arc::default(), alive: Arc::default() };
        self.hearts().push(heart.clone());
        heart
    }

    /// Starts the judging thread, which ends the process when a heart stops.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(&self) -> std::io::Result<()> {
        let watchdog = self.clone();
        std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(BEAT);
                if let Some(name) = watchdog.wake_up() {
                    tracing::error!(thread = &*name, seconds = PATIENCE, "a thread hangs: the process ends");
                    // For whoever reads the log: a line may wait there.
                    std::thread::sleep(BEAT);
                    std::process::exit(EXIT_WEDGED);
                }
            }
        })?;
        Ok(())
    }

    /// One wake-up: forgets threads that ended, counts one missed beat for each other, and names one that hangs.
    fn wake_up(&self) -> Option<Arc<str>> {
        let mut hearts = self.hearts();
        hearts.retain(|heart| Arc::strong_count(&heart.alive) > 1);
        hearts
            .iter()
            .find(|heart| {
                heart.missed.fetch_add(1, Ordering::Relaxed) + 1 > PATIENCE && !sabotage::takes_out("watchdog")
            })
            .map(|heart| heart.name.clone())
    }

    fn hearts(&self) -> std::sync::MutexGuard<'_, Vec<Heart>> {
        self.hearts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wake_ups_until_named(dog: &Watchdog, most: u64) -> Option<u64> {
        (1..=most).find(|_| dog.wake_up().is_some())
    }

    /// Guards: watchdog.
    #[test]
    fn a_silent_thread_is_named_after_thirty_wake_ups() {
        let dog = Watchdog::default();
        let _heart = dog.watch("worker");
        assert_eq!(wake_ups_until_named(&dog, 100), Some(PATIENCE + 1));
    }

    #[test]
    fn a_beating_thread_is_never_named() {
        let dog = Watchdog::default();
        let heart = dog.watch("worker");
        for _ in 0..1_000 {
            heart.beat();
            assert!(dog.wake_up().is_none());
        }
    }

    #[test]
    fn one_silent_thread_among_beating_ones_is_named() {
        let dog = Watchdog::default();
        let (healthy, _wedged) = (dog.watch("worker 0"), dog.watch("worker 1"));
        let named = (0..=PATIENCE).find_map(|_| {
            healthy.beat();
            dog.wake_up()
        });
        assert_eq!(named.as_deref(), Some("worker 1"));
    }

    #[test]
    fn a_long_stop_counts_as_one_wake_up() {
        let dog = Watchdog::default();
        let heart = dog.watch("worker");
        // Stopped for a minute: the judging thread slept through it, too, and wakes once.
        assert!(dog.wake_up().is_none());
        heart.beat();
        assert!(dog.wake_up().is_none());
    }

    #[test]
    fn a_thread_that_ended_is_forgotten() {
        let dog = Watchdog::default();
        drop(dog.watch("worker"));
        assert_eq!(wake_ups_until_named(&dog, 100), None);
    }
}
