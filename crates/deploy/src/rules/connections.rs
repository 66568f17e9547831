//! How many connections to the database a machine may have, as `platform` opens them.

use super::env;
use crate::config::FlyToml;

/// The prober's, that of the pulse which watches whether the database answers anybody, and the new one that it asks beside
/// when no answer comes.
const PROBES: u32 = 3;

/// A pool of each worker that has routes, one for the background, and the probes'. An app without pools has one
/// connection. `None` where its file does not say.
pub(super) fn of_machine(toml: &FlyToml) -> Option<u32> {
    if toml.checks.is_empty() {
        return Some(1);
    }
    let number = |name| env(toml, name)?.parse::<u32>().ok();
    let pools = if toml.http_service.is_some() { number("WORKERS")? + 1 } else { 1 };
    Some(pools * number("POOL_SIZE")? + PROBES)
}
