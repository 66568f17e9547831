//! Prometheus metrics. Each part of a process declares its own beside its code, as [`Instruments`]; [`Metrics`] are all of
//! them.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::text;
use prometheus_client::registry::{self, Metric, Unit};

pub use prometheus_client::encoding::EncodeLabelSet;
pub use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};

/// Bounds of the buckets in seconds; 0.25 is the objective of an apply.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What one part of a process counts and measures by.
pub trait Instruments: Clone + Send + 'static {
    /// Makes them, each with its name and its help.
    fn register(registry: &mut Registry) -> Self;
}

/// Every metric of a process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    registry: Registry,
    instruments: Vec<Box<dyn Any + Send>>,
}

impl Metrics {
    /// The instruments of a part, registered when they are first asked for. Whoever counts by them asks once, and keeps
    /// them: this takes a lock, and looks for them.
    #[must_use]
    pub fn of<I: Instruments>(&self) -> I {
        let mut inner = self.inner();
        let Inner { registry, instruments } = &mut *inner;
        if let Some(registered) = instruments.iter().find_map(|any| any.downcast_ref::<I>()) {
            return registered.clone();
        }
        let new = I::register(registry);
        instruments.push(Box::new(new.clone()));
        new
    }

    /// All metrics in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = text::encode(&mut text, &self.inner().registry.0);
        text
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Knows metrics by their names.
#[derive(Debug, Default)]
pub struct Registry(registry::Registry);

impl Registry {
    /// Makes a metric of this name.
    pub fn add<M: Metric + Clone + Default>(&mut self, name: &'static str, help: &'static str) -> M {
        let metric = M::default();
        self.0.register(name, help, metric.clone());
        metric
    }

    /// Adds a metric of seconds; its name gets the unit.
    pub fn add_seconds<M: Metric + Clone>(&mut self, name: &'static str, help: &'static str, metric: M) -> M {
        self.0.register_with_unit(name, help, Unit::Seconds, metric.clone());
        metric
    }
}

/// A histogram of seconds with this crate's buckets.
#[must_use]
pub fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct PostOffice {
        letters: Counter,
    }

    impl Instruments for PostOffice {
        fn register(registry: &mut Registry) -> Self {
            Self { letters: registry.add("letters", "Letters handed over") }
        }
    }

    #[test]
    fn all_who_ask_for_a_part_count_by_the_same_instruments_which_are_registered_once() {
        let metrics = Metrics::default();
        let (one, other) = (metrics.of::<PostOffice>(), metrics.clone().of::<PostOffice>());
        one.letters.inc();
        other.letters.inc();
        let text = "# HELP letters Letters handed over.\n# TYPE letters counter\nletters_total 2\n# EOF\n";
        assert_eq!(metrics.text(), text);
    }
}
