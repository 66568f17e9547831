//! Testbed against the real programs of this machine: sh, Postgres, Redis, cargo.

#[path = "it/closed_loop.rs"]
mod closed_loop;
#[path = "it/cores.rs"]
mod cores;
#[path = "it/edge.rs"]
mod edge;
#[path = "it/haproxy.rs"]
mod haproxy;
#[path = "it/load.rs"]
mod load;
#[path = "it/open_loop.rs"]
mod open_loop;
#[path = "it/otlp.rs"]
mod otlp;
#[path = "it/postgres.rs"]
mod postgres;
#[path = "it/postgres_faults.rs"]
mod postgres_faults;
#[path = "it/postgres_stepper.rs"]
mod postgres_stepper;
#[path = "it/postgres_tls.rs"]
mod postgres_tls;
#[path = "it/process.rs"]
mod process;
#[path = "it/process_end.rs"]
mod process_end;
#[path = "it/proxy.rs"]
mod proxy;
#[path = "it/redis.rs"]
mod redis;
#[path = "it/site.rs"]
mod site;
#[path = "it/token.rs"]
mod token;
#[path = "it/wait.rs"]
mod wait;

use std::time::Duration;

/// Longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// Long enough that a server which could answer would have.
const SILENCE: Duration = Duration::from_millis(300);
