//! What a function needs in order to be trusted at 3 a.m.: its life from the first setting that is read to the last
//! span that is flushed. It knows no word of job boards.
//!
//! A function is one process. Its `main.rs` names what is its own and hands the rest to [`function::Function`].

pub mod clock;
pub mod config;
pub mod drain;
pub mod function;
/// What keeps a failure from spreading: breakers, bounds on what a request may take, and what stands in for an answer that
/// cannot be had.
pub mod guard {
    pub mod breaker;
    pub mod deadline;
    pub mod fallback;
    pub mod overload;
    pub mod quota;
    pub mod rate_limits;
}
/// HTTP in and out: the server, the edge that every request crosses, the client, and errors as RFC 9457 problems.
pub mod http {
    pub mod client;
    pub mod connection;
    pub mod cors;
    pub mod edge;
    pub mod failure;
    pub mod fallback;
    pub mod idempotency;
    pub mod listener;
    pub mod problem;
    pub mod routes;
}
pub mod identity;
pub mod postgres;
pub mod probe;
pub mod redis;
pub mod sabotage;
pub mod telemetry;
mod tls;
pub mod watchdog;
