//! `migrate`: brings schema, roles and grants forward, before new code. The library tells how.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Nobody has chosen a provider before the first line of the process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    migrate::command::run(std::env::args().nth(1).as_deref(), platform::config::Reader::from_process())
}
