//! How much memory a process may have, and so how many connections.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use crate::sabotage;

/// What a connection takes, whatever its client does over it: 16 KiB of buffers from its first moment, and what the server
/// keeps of it beside them. What it takes for a while has bounds of its own.
const EACH: u64 = 24 * 1024;

/// Of the memory, so much is for connections: the rest is for what has bounds of its own, and for the work.
const SHARE: u64 = 2;

/// Where the control groups are.
const GROUPS: &str = "/sys/fs/cgroup";

/// Bytes that this process may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Available(u64);

impl Available {
    /// The least of what the machine has and what the process' control groups leave it. Where neither can be read, as much
    /// as there may be.
    pub(super) fn found() -> Self {
        let read = |path: &Path| read_to_string(path).ok();
        let machine = read(Path::new("/proc/meminfo")).and_then(|text| total(&text));
        let own = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
        let groups = limits(&own).into_iter().filter_map(|file| read(&file)?.trim().parse().ok());
        Self(groups.chain(machine).min().unwrap_or(u64::MAX))
    }

    /// How many connections of clients fit.
    pub(super) fn connections(self) -> usize {
        let most = if sabotage::takes_out("memory bound") { u64::MAX } else { self.0 / SHARE / EACH };
        usize::try_from(most).unwrap_or(usize::MAX).max(1)
    }
}

/// The line `MemTotal` of `/proc/meminfo`, which counts in KiB.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The files with the limits of a process' groups and those around them, from its `/proc/self/cgroup`: the first version's
/// line is `4:memory:/path`, the second's `0::/path`.
fn limits(own: &str) -> Vec<PathBuf> {
    let files = own.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (root, file) = match controllers {
            "" => (PathBuf::from(GROUPS), "memory.max"),
            _ if controllers.split(',').any(|its| its == "memory") => {
                (Path::new(GROUPS).join("memory"), "memory.limit_in_bytes")
            }
            _ => return None,
        };
        let around = Path::new(path.trim_start_matches('/')).ancestors();
        Some(around.map(|path| root.join(path).join(file)).collect::<Vec<_>>())
    });
    files.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards: memory bound.
    #[test]
    fn half_of_the_memory_is_for_connections() {
        assert_eq!(Available(256 << 20).connections(), 5_461);
        assert_eq!(Available(0).connections(), 1);
    }

    #[test]
    fn a_machine_says_how_much_it_has() {
        assert_eq!(total("MemFree: 1 kB\nMemTotal:       24683884 kB\n"), Some(24_683_884 * 1024));
        assert_eq!(total(""), None);
    }

    #[test]
    fn the_groups_of_either_version_and_those_around_them_have_limits() {
        let path = |text: &str| Path::new(GROUPS).join(text);
        let first = limits("5:devices:/\n4:cpu,memory:/a/b\n0::/\n");
        let expected = ["memory/a/b", "memory/a", "memory"].map(|it| path(it).join("memory.limit_in_bytes"));
        assert_eq!(first, [expected.as_slice(), &[path("memory.max")]].concat());
        assert_eq!(limits("0::/x.slice\n"), [path("x.slice/memory.max"), path("memory.max")]);
    }

    #[test]
    fn this_machine_says_it() {
        assert!(Available::found() > Available(0) && Available::found() < Available(u64::MAX));
    }
}
