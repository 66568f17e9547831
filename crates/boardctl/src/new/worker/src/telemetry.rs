//! What the worker counts.

use platform::telemetry::metric::{Counter, Instruments, Registry};

/// The worker's metrics. A rehearsal knows it to be at work by these names.
#[derive(Clone)]
pub(crate) struct Rounds {
    /// All of them.
    pub(crate) begun: Counter,
    /// Those in vain.
    pub(crate) failed: Counter,
}

impl Instruments for Rounds {
    fn register(registry: &mut Registry) -> Self {
        Self {
            begun: registry.add("rounds", "Rounds of the worker"),
            failed: registry.add("rounds_failed", "Rounds of the worker that failed"),
        }
    }
}
