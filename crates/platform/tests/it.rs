//! Real processes, real PostgreSQL and Redis: how a function lives, fails and ends.

mod it {
    mod alive;
    mod background;
    mod breaker;
    mod browsers;
    mod callers;
    mod capacity;
    mod client;
    mod config;
    mod connection_strings;
    mod crowds;
    mod drain;
    mod drain_telemetry;
    mod edge;
    mod exports;
    mod framing;
    mod log;
    mod log_stalled;
    mod metrics;
    mod outages;
    mod overload;
    mod pipelines;
    mod pooler;
    mod probes;
    mod proxies;
    mod rate_limits;
    mod redis;
    mod redis_able;
    mod sabotage;
    mod silence;
    mod silent_paths;
    mod slow_clients;
    mod slow_requests;
    mod sql;
    mod sql_abandoned;
    mod sql_outages;
    mod sql_refusals;
    mod sql_spans;
    mod sql_transactions;
    mod steady;
    mod support;
    mod sweep;
    mod telemetry;
    mod tls;
    mod trace_context;
}
