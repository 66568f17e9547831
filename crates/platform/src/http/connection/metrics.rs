use crate::telemetry::metric::{Counter, EncodeLabelSet, Family, Gauge, Instruments, Registry};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SlowLabels {
    /// `head`, `body`, `answer`, or `idle` for a connection that made room for others.
    what: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct ConnectionMetrics {
    pub(super) open: Gauge,
    slow_cut: Family<SlowLabels, Counter>,
}

impl Instruments for ConnectionMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self {
            open: registry.add("client_connections", "Connections of clients"),
            slow_cut: registry.add("slow_clients_cut", "Clients cut off because they were too slow"),
        }
    }
}

impl ConnectionMetrics {
    /// Counts a client that is cut off for being slow with this.
    pub(crate) fn cut(&self, what: &'static str) {
        self.slow_cut.get_or_create(&SlowLabels { what }).inc();
    }
}
