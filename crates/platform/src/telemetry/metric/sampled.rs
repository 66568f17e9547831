use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// A figure as of the moment that it was asked for.
#[derive(Clone, Debug)]
pub struct Sample {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    value: f64,
    counts: bool,
}

impl Sample {
    /// Something that goes up and down.
    #[must_use]
    pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { name, help, unit: None, value, counts: false }
    }

    /// Something that only grows.
    #[must_use]
    pub fn counter(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { counts: true, ..Self::gauge(name, help, value) }
    }

    /// Its unit, which its name ends with.
    #[must_use]
    pub fn of(self, unit: Unit) -> Self {
        Self { unit: Some(unit), ..self }
    }
}

/// Figures that are looked at when they are asked for.
pub(super) struct Samples(Box<dyn Fn() -> Vec<Sample> + Send + Sync>);

impl Samples {
    pub(super) fn new(look: impl Fn() -> Vec<Sample> + Send + Sync + 'static) -> Self {
        Self(Box::new(look))
    }
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Samples")
    }
}

impl Collector for Samples {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Sample { name, help, unit, value, counts } in self.0() {
            let (gauge, counter) = (ConstGauge::new(value), ConstCounter::new(value));
            let kind = if counts { counter.metric_type() } else { gauge.metric_type() };
            let metric = encoder.encode_descriptor(name, &format!("{help}."), unit.as_ref(), kind)?;
            if counts { counter.encode(metric)? } else { gauge.encode(metric)? }
        }
        Ok(())
    }
}
