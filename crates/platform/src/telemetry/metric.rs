//! Prometheus metrics. Each part of a process declares its own beside its code, as [`Instruments`]; [`Metrics`] are all of
//! them.

mod classic;
mod process;
mod sampled;

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use prometheus_client::encoding::text;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{self, Metric, Unit};

pub use prometheus_client::encoding::EncodeLabelSet;
pub use prometheus_client::metrics::exemplar::HistogramWithExemplars;
pub use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};
pub use sampled::Sample;
use sampled::Samples;

use crate::clock::Stopwatch;
use crate::telemetry::trace;

/// Goes before the names of what is measured here and nowhere else. What the conventions of others name has their names.
const PREFIX: &str = "board";

/// Bounds of the buckets in seconds; 0.25 is the objective of an apply.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Bounds for what people wait for; 60 is the objective of a mail.
const WAITS: [f64; 12] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0];

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

    /// Says what runs, and adds the figures of the process as a whole.
    pub fn describe(&self, build: Build) {
        let mut inner = self.inner();
        let Registry { own, standard } = &mut inner.registry;
        own.register("build", "What runs", Info::new(build));
        standard.register_collector(Box::new(process::figures()));
    }

    /// All metrics in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let Registry { own, standard } = &self.inner().registry;
        // Writing into a String cannot fail.
        let _ = text::encode_registry(&mut text, standard);
        let _ = text::encode_registry(&mut text, own);
        let _ = text::encode_eof(&mut text);
        text
    }

    /// The same in the text format of Prometheus, version 0.0.4, which has neither units nor exemplars.
    #[must_use]
    pub fn classic_text(&self) -> String {
        classic::of(&self.text())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What runs. Which machine it is, whoever scrapes it says, by a label `instance` of their own.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Build {
    /// Which function.
    pub service: &'static str,
    /// The commit.
    pub version: String,
}

/// Knows metrics by their names.
#[derive(Debug)]
pub struct Registry {
    own: registry::Registry,
    standard: registry::Registry,
}

impl Default for Registry {
    fn default() -> Self {
        Self { own: registry::Registry::with_prefix(PREFIX), standard: registry::Registry::default() }
    }
}

impl Registry {
    /// Makes a metric of this name, which gets this board's prefix.
    pub fn add<M: Metric + Clone + Default>(&mut self, name: &'static str, help: &'static str) -> M {
        let metric = M::default();
        self.own.register(name, help, metric.clone());
        metric
    }

    /// Adds a metric of seconds; its name gets this board's prefix, and the unit.
    pub fn add_seconds<M: Metric + Clone>(&mut self, name: &'static str, help: &'static str, metric: M) -> M {
        self.own.register_with_unit(name, help, Unit::Seconds, metric.clone());
        metric
    }

    /// Adds a metric of seconds that others named; its name gets the unit.
    pub fn add_standard_seconds<M: Metric + Clone>(&mut self, name: &'static str, help: &'static str, metric: M) -> M {
        self.standard.register_with_unit(name, help, Unit::Seconds, metric.clone());
        metric
    }

    /// Adds gauges that are looked at when they are asked for.
    pub fn add_samples(&mut self, look: impl Fn() -> Vec<Sample> + Send + Sync + 'static) {
        self.own.register_collector(Box::new(Samples::new(look)));
    }
}

/// The trace in which something was measured.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct TraceLabels {
    trace_id: String,
    span_id: String,
}

/// Notes a length of time, and the trace at hand where that is kept: whoever sees the figure can look at one of its cases.
pub fn observe_traced(histogram: &HistogramWithExemplars<TraceLabels>, took: f64, context: &Context) {
    let span = context.span();
    let span = span.span_context();
    let labels = (span.is_sampled() && trace::keeps())
        .then(|| TraceLabels { trace_id: span.trace_id().to_string(), span_id: span.span_id().to_string() });
    let now = labels.is_some().then(|| Stopwatch::start().began());
    histogram.observe(took, labels, now);
}

/// A histogram of what people wait for, in seconds: a tenth to two hours.
#[must_use]
pub fn waits() -> Histogram {
    Histogram::new(WAITS)
}

/// A histogram of seconds, each bucket with a trace.
#[must_use]
pub fn traced_seconds() -> HistogramWithExemplars<TraceLabels> {
    HistogramWithExemplars::new(SECONDS.into_iter())
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
        let text =
            "# HELP board_letters Letters handed over.\n# TYPE board_letters counter\nboard_letters_total 2\n# EOF\n";
        assert_eq!(metrics.text(), text);
    }
}
