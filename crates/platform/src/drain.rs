//! The way out. A process that is told to stop first says so to whoever routes to it, then serves what still comes,
//! then finishes what is in flight, and only then ends. [`Drain`] is the value that carries this through the process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::config::{Reader, Settings, setting};

/// How far the process is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not on its way out.
    Serving,
    /// Told to stop: unready and unroutable, still answering, each answer with `Connection: close`. Workers claim
    /// nothing new.
    LameDuck,
    /// No new connections; what is in flight ends.
    Closing,
}

/// Times of the drain.
#[derive(Clone, Copy, Debug)]
pub struct DrainSettings {
    /// How long to go on serving after the signal.
    pub lame_duck: Duration,
    /// How long what is in flight may take after that.
    pub in_flight: Duration,
    /// When to give up, counted from the signal.
    pub give_up: Duration,
}

impl Settings for DrainSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let lame_duck = from.seconds(
            setting("LAME_DUCK_S", "after SIGTERM, how long to go on serving while nothing new is routed here"),
            0.0..=60.0,
            6.0,
        );
        let in_flight = from.seconds(
            setting("DRAIN_S", "after that, how long requests in flight may take to end"),
            0.1..=240.0,
            12.0,
        );
        let give_up = from.seconds(
            setting("DRAIN_GIVE_UP_S", "after SIGTERM, when to exit 1 and name what was cut"),
            0.2..=290.0,
            25.0,
        );
        let settings = Self { lame_duck: lame_duck?, in_flight: in_flight?, give_up: give_up? };
        if settings.give_up <= settings.lame_duck + settings.in_flight {
            from.mistake("DRAIN_GIVE_UP_S must be more than LAME_DUCK_S and DRAIN_S together");
            return None;
        }
        Some(settings)
    }
}

/// Tells every part of the process how far it is on its way out, and knows what is in flight.
#[derive(Clone, Debug)]
pub struct Drain {
    phase: watch::Sender<Phase>,
    in_flight: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Default for Drain {
    fn default() -> Self {
        Self { phase: watch::Sender::new(Phase::Serving), in_flight: Arc::default() }
    }
}

impl Drain {
    /// Where the process stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Whether the process was told to stop.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.phase() > Phase::Serving
    }

    /// Waits until the process is told to stop.
    pub async fn wait(&self) {
        self.reach(Phase::LameDuck).await;
    }

    /// Waits until the process is as far as this.
    pub async fn reach(&self, wanted: Phase) {
        // The sender lives in `self`, so the channel cannot be closed while this waits.
        let _ = self.phase.subscribe().wait_for(|phase| *phase >= wanted).await;
    }

    /// Goes on to `phase`; there is no way back.
    pub fn advance(&self, phase: Phase) {
        self.phase.send_if_modified(|now| {
            let onward = phase > *now;
            *now = phase.max(*now);
            onward
        });
    }

    /// Notes that a piece of work has begun, until the guard is dropped.
    #[must_use]
    pub fn in_flight(&self, operation: &str) -> InFlight {
        *self.work().entry(operation.to_owned()).or_default() += 1;
        InFlight { drain: self.clone(), operation: operation.to_owned() }
    }

    /// What is in flight now, with how many of each: `GET /v1/jobs ×2`.
    #[must_use]
    pub fn unfinished(&self) -> Vec<String> {
        self.work().iter().map(|(operation, count)| format!("{operation} ×{count}")).collect()
    }

    fn work(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, usize>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A piece of work that has not ended.
#[derive(Debug)]
pub struct InFlight {
    drain: Drain,
    operation: String,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut work = self.drain.work();
        if let Some(count) = work.get_mut(&self.operation) {
            *count -= 1;
            if *count == 0 {
                work.remove(&self.operation);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_way_back() {
        let drain = Drain::default();
        drain.advance(Phase::Closing);
        drain.advance(Phase::LameDuck);
        assert_eq!(drain.phase(), Phase::Closing);
    }

    #[tokio::test]
    async fn who_waits_is_told() {
        let drain = Drain::default();
        let waiting = tokio::spawn({
            let drain = drain.clone();
            async move { drain.wait().await }
        });
        drain.advance(Phase::LameDuck);
        waiting.await.expect("the waiting task ends");
    }

    #[test]
    fn work_is_named_until_it_ends() {
        let drain = Drain::default();
        let first = drain.in_flight("GET /v1/jobs");
        let second = drain.in_flight("GET /v1/jobs");
        assert_eq!(drain.unfinished(), ["GET /v1/jobs ×2"]);
        drop((first, second));
        assert!(drain.unfinished().is_empty());
    }

    #[test]
    fn giving_up_before_the_drain_can_end_is_a_mistake() {
        let mut reader = Reader::new([("DRAIN_GIVE_UP_S".to_owned(), "18".to_owned())]);
        let settings = DrainSettings::read(&mut reader);
        let told = reader.finish(settings).expect_err("18 s is not more than 6 s and 12 s");
        assert!(told.to_string().contains("DRAIN_GIVE_UP_S"));
    }
}
