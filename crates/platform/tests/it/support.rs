//! What the tests share: functions that run, servers, and an HTTP client that shows every byte.

mod cgroup;
mod function;
mod http;
mod servers;

use std::time::Duration;

pub(crate) use cgroup::MemoryGroup;
pub(crate) use function::{Running, Start, bare, small};
pub(crate) use http::{Answer, Connection, Request, get};
pub(crate) use servers::{Database, database, postgres_url, servers};

/// Longer than anything takes on a busy machine that is not meant to take longer.
pub(crate) const SOON: Duration = Duration::from_secs(15);
