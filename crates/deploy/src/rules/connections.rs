//! How many connections to the database a machine may have, as `platform` opens them.

use super::env;
use crate::config::FlyToml;

/// The prober's, that of the pulse which watches whether the database answers anybody, and the new one that it asks beside
/// when no answer comes.
const PROBES: u32 = 3;

/// Connections of the pool for work beside requests. A function without such work knows no such setting, which a test asks
/// of the binaries.
pub(super) const BACKGROUND: &str = "BACKGROUND_POOL_SIZE";

/// A pool of each worker that has routes, one for what works beside them where the file names its size, and the probes'.
/// Without routes that one alone, with the size of the others. An app without pools has one connection. `None` where its
/// file does not say.
pub(super) fn of_machine(toml: &FlyToml) -> Option<u32> {
    if toml.checks.is_empty() {
        return Some(1);
    }
    let number = |name| env(toml, name)?.parse::<u32>().ok();
    let size = number("POOL_SIZE")?;
    let pools = match &toml.http_service {
        Some(_) if env(toml, BACKGROUND).is_some() => number("WORKERS")? * size + number(BACKGROUND)?,
        Some(_) => number("WORKERS")? * size,
        None => size,
    };
    Some(pools + PROBES)
}
