use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::telemetry::metric::Gauge;

/// Who waits for a connection, in the order in which they came.
#[derive(Clone, Default)]
pub(super) struct Queue(Arc<Mutex<BTreeMap<u64, Instant>>>);

impl Queue {
    pub(super) fn join<'a>(&'a self, gauge: &'a Gauge) -> Waiting<'a> {
        gauge.inc();
        let mut waiting = self.waiting();
        let number = waiting.last_key_value().map_or(0, |(last, _)| last + 1);
        waiting.insert(number, Instant::now());
        Waiting { queue: self, number, gauge }
    }

    pub(super) fn longest_wait(&self) -> Duration {
        self.waiting().first_key_value().map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request that waits, until it no longer does, also when it went away.
pub(super) struct Waiting<'a> {
    queue: &'a Queue,
    number: u64,
    gauge: &'a Gauge,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.waiting().remove(&self.number);
        self.gauge.dec();
    }
}
