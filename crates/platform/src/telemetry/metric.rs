//! Prometheus metrics: declared once, here, typed and documented. A function adds its own by [`Metrics::register`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

/// Bounds of the buckets in seconds; 0.25 is the objective of an apply.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What a request was, as far as a metric may tell: never a path, only its route.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RequestLabels {
    /// `GET`, `POST` …, `_OTHER` for methods that HTTP does not name.
    pub method: String,
    /// The route's template, `unmatched` where none matched.
    pub route: String,
    /// Status of the answer.
    pub status: u16,
}

/// Names a route.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RouteLabels {
    /// The route's template.
    pub route: String,
}

/// Names a check.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct CheckLabels {
    /// As `/readyz` names it.
    pub check: &'static str,
}

/// Names a quota and what it said.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct QuotaLabels {
    /// As `RateLimit-Policy` names it.
    pub quota: &'static str,
    /// `allowed`; `refused`, or by whom it was: `refused_by_redis`, `refused_by_postgres`. Where Redis did not answer
    /// also `unchecked_by_redis`: PostgreSQL has the last word, and is counted, too.
    pub verdict: &'static str,
}

/// How a command to Redis ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RedisLabels {
    /// `answered`, `failed`, `late`; refused, by Redis' own word: `READONLY`, `OOM` …; not sent at all: `away`, `resting`.
    pub outcome: &'static str,
}

/// Names what a client was slow with.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct SlowLabels {
    /// `head`, `body`, `answer`, or `idle` for a connection that made room for others.
    pub what: &'static str,
}

/// Names a dependency that a breaker stands before.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct BreakerLabels {
    /// Which: `postgres`, `resend`.
    pub dependency: &'static str,
}

/// A change of a breaker's state.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct TransitionLabels {
    /// Before which dependency.
    pub dependency: &'static str,
    /// The new state: `closed`, `half_open`, `open`.
    pub to: &'static str,
}

/// Every metric of `platform`.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    /// Spans that could not be handed over.
    pub spans_dropped: Counter,
    /// Lines that whoever reads the log did not take in time.
    pub log_lines_lost: Counter,
    /// Connections of this process's pools that work for somebody.
    pub pool_in_use: Gauge,
    /// Requests that wait for a connection.
    pub pool_waiting: Gauge,
    /// How long they waited.
    pub pool_wait: Histogram,
    /// Calls that were made again over a new connection.
    pub pool_repeated: Counter,
    /// Commands that requests had for Redis.
    pub redis_commands: Family<RedisLabels, Counter>,
    /// How long requests waited for Redis.
    pub redis_wait: Histogram,
    /// 1 while a check is good.
    pub checks: Family<CheckLabels, Gauge>,
    /// 0 closed, 1 half-open, 2 open.
    pub breaker_state: Family<BreakerLabels, Gauge>,
    /// How often breakers changed.
    pub breaker_transitions: Family<TransitionLabels, Counter>,
    /// Calls that an open breaker refused.
    pub breaker_refused: Family<BreakerLabels, Counter>,
    /// 0 serving, 1 lame duck, 2 closing.
    pub drain: Gauge,
    /// Requests at work.
    pub at_work: Gauge,
    /// Requests that were refused because too many were at work.
    pub overloaded: Counter,
    /// Decisions of quotas and rate limits.
    pub quota_verdicts: Family<QuotaLabels, Counter>,
    /// Connections of clients.
    pub connections: Gauge,
    /// Clients that were cut off because they were too slow.
    pub slow_clients: Family<SlowLabels, Counter>,
    /// Answers that were given from memory, since the database could not give one.
    pub fallback_answers: Family<RouteLabels, Counter>,
    /// What is remembered for that.
    pub fallback_bytes: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Arc::default(),
            requests: Family::new_with_constructor(seconds),
            spans_dropped: Counter::default(),
            log_lines_lost: Counter::default(),
            pool_in_use: Gauge::default(),
            pool_waiting: Gauge::default(),
            pool_wait: seconds(),
            pool_repeated: Counter::default(),
            redis_commands: Family::default(),
            redis_wait: seconds(),
            checks: Family::default(),
            breaker_state: Family::default(),
            breaker_transitions: Family::default(),
            breaker_refused: Family::default(),
            drain: Gauge::default(),
            at_work: Gauge::default(),
            overloaded: Counter::default(),
            quota_verdicts: Family::default(),
            connections: Gauge::default(),
            slow_clients: Family::default(),
            fallback_answers: Family::default(),
            fallback_bytes: Gauge::default(),
        };
        let own = metrics.clone();
        metrics.register("spans_dropped", "Spans that could not be handed over", own.spans_dropped);
        metrics.register("log_lines_lost", "Lines that the log's reader did not take in time", own.log_lines_lost);
        metrics.register("postgres_pool_in_use", "Connections that work for somebody", own.pool_in_use);
        metrics.register("postgres_pool_waiting", "Requests that wait for a connection", own.pool_waiting);
        metrics.register("postgres_repeated", "Calls made again over a new connection", own.pool_repeated);
        metrics.register("redis_commands", "Commands that requests had for Redis", own.redis_commands);
        metrics.register("probe_good", "1 while a check of /readyz is good", own.checks);
        metrics.register("breaker_state", "0 closed, 1 half-open, 2 open", own.breaker_state);
        metrics.register("breaker_transitions", "Changes of a breaker's state", own.breaker_transitions);
        metrics.register("breaker_refused", "Calls that an open breaker refused", own.breaker_refused);
        metrics.register("drain_phase", "0 serving, 1 lame duck, 2 closing", own.drain);
        metrics.register("requests_at_work", "Requests at work", own.at_work);
        metrics.register("requests_overloaded", "Requests refused because too many were at work", own.overloaded);
        metrics.register("quota_verdicts", "Decisions of quotas and rate limits", own.quota_verdicts);
        metrics.register("client_connections", "Connections of clients", own.connections);
        metrics.register("slow_clients_cut", "Clients cut off because they were too slow", own.slow_clients);
        metrics.register("fallback_answers", "Stale answers, given from memory", own.fallback_answers);
        metrics.register("fallback_bytes", "Bytes of the answers in memory", own.fallback_bytes);
        metrics.register_seconds("http_server_request_duration", "Time to answer a request", own.requests);
        metrics.register_seconds("postgres_pool_wait", "Time that requests waited for a connection", own.pool_wait);
        metrics.register_seconds("redis_wait", "Time that requests waited for Redis", own.redis_wait);
        metrics
    }
}

impl Metrics {
    /// Adds a metric of a function's own.
    pub fn register(&self, name: &'static str, help: &'static str, metric: impl Metric) {
        self.registry().register(name, help, metric);
    }

    /// Adds a metric of a function's own that counts seconds; its name gets the unit.
    pub fn register_seconds(&self, name: &'static str, help: &'static str, metric: impl Metric) {
        self.registry().register_with_unit(name, help, Unit::Seconds, metric);
    }

    /// Notes an answered request.
    pub fn request(&self, labels: RequestLabels, took: Duration) {
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// All metrics in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = text::encode(&mut text, &self.registry());
        text
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn a_request_is_told_by_method_route_and_status() {
        let metrics = Metrics::default();
        let labels = RequestLabels { method: "GET".to_owned(), route: "/v1/jobs/{id}".to_owned(), status: 200 };
        metrics.request(labels, Duration::from_millis(3));
        let text = metrics.text();
        let line = r#"http_server_request_duration_seconds_count{method="GET",route="/v1/jobs/{id}",status="200"} 1"#;
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_function_adds_its_own() {
        let metrics = Metrics::default();
        let counter: Counter = Counter::default();
        metrics.register("mails_sent", "Mails handed over", counter.clone());
        counter.inc();
        assert!(metrics.text().contains("mails_sent_total 1"));
    }
}
