//! Starts things on this machine: processes, temporary Postgres and Redis servers, a TCP proxy that delays, freezes
//! and cuts, HAProxy, nginx, checked load, an OTLP receiver with its trace store, keys and certificates. Integration tests use
//! it, and so does `boardctl up`.
//!
//! Three promises hold everywhere:
//!
//! - Only processes that testbed started are ever signalled, by their pid.
//! - What was started ends when its value is dropped. A [`process::Process`] ends even when the value is never dropped
//!   (a server in a `static`) or the test is killed: a small guard process watches for that.
//! - Nothing depends on the runtime of the caller: the proxy and the receiver have a thread of their own, so that a
//!   test that blocks can't stall them.

mod background;
pub mod board;
pub mod cargo;
mod error;
mod folder;
pub mod haproxy;
pub mod http;
pub mod load;
pub mod loopback;
pub mod nginx;
pub mod otlp;
pub mod pgbouncer;
pub mod port;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod redis;
mod server;
pub mod site;
pub mod tls;
pub mod token;
pub mod wait;

pub use error::{Error, LastWords};

/// The wall clock, for what is handed to others: times in tokens and in certificates.
///
/// # Panics
///
/// When the machine's clock stands before 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "testbed may not depend on platform, whose Clock is for functions; this is its one place that reads the wall clock"
)]
pub fn now() -> std::time::Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the machine's clock stands after 1970")
}
