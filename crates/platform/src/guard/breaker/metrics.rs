use super::State;
use crate::telemetry::metric::{Counter, EncodeLabelSet, Family, Gauge, Instruments, Registry};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BreakerLabels {
    /// `postgres`, `resend`.
    dependency: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TransitionLabels {
    dependency: &'static str,
    /// The new state: `closed`, `half_open`, `open`.
    to: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct BreakerMetrics {
    state: Family<BreakerLabels, Gauge>,
    transitions: Family<TransitionLabels, Counter>,
    refused: Family<BreakerLabels, Counter>,
}

impl Instruments for BreakerMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self {
            state: registry.add("breaker_state", "0 closed, 1 half-open, 2 open"),
            transitions: registry.add("breaker_transitions", "Changes of a breaker's state"),
            refused: registry.add("breaker_refused", "Calls that an open breaker refused"),
        }
    }
}

impl BreakerMetrics {
    /// Shows a closed breaker with all its series: one that is there from the start shows its first step, too.
    pub(super) fn begin(&self, dependency: &'static str) {
        for to in [State::Closed, State::HalfOpen, State::Open] {
            drop(self.transitions.get_or_create(&TransitionLabels { dependency, to: to.name() }));
        }
        drop(self.refused.get_or_create(&BreakerLabels { dependency }));
        self.state.get_or_create(&BreakerLabels { dependency }).set(State::Closed.number());
    }

    pub(super) fn changed(&self, dependency: &'static str, to: State) {
        self.state.get_or_create(&BreakerLabels { dependency }).set(to.number());
        self.transitions.get_or_create(&TransitionLabels { dependency, to: to.name() }).inc();
    }

    pub(super) fn refused(&self, dependency: &'static str) {
        self.refused.get_or_create(&BreakerLabels { dependency }).inc();
    }
}
