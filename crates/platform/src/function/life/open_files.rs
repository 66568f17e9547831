//! How many files a process may open: each connection is one.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::sabotage;

/// Kept for what is not a client's connection: the pools, Redis, the prober, the metrics server, the log.
const LEAST_KEPT: u64 = 64;

/// Where the system tells no limit: what POSIX promises nobody less than, and every Linux gives.
const UNKNOWN: u64 = 1_024;

/// However many files there may be, and however much memory, no more connections than this: once a second a worker looks
/// at each of them.
const MOST: usize = 16_384;

/// How many files this process may open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenFiles(u64);

/// Raises the limit to what the system lets this process have.
pub(super) fn raise() -> OpenFiles {
    let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return OpenFiles(UNKNOWN) };
    if !sabotage::takes_out("open files") {
        // Refused only where the limit is what it is already.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
    OpenFiles(getrlimit(Resource::RLIMIT_NOFILE).map_or(UNKNOWN, |(soft, _)| soft))
}

impl OpenFiles {
    /// How many of them may be clients' connections: more than three quarters, and never so many that this process
    /// could not open what it needs itself.
    pub(super) fn connections(self) -> usize {
        let kept = (self.0 / 8).max(LEAST_KEPT);
        usize::try_from(self.0.saturating_sub(kept)).unwrap_or(usize::MAX).clamp(1, MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_files_are_for_clients() {
        assert_eq!(OpenFiles(10_000).connections(), 8_750);
        assert_eq!(OpenFiles(256).connections(), 192);
    }

    #[test]
    fn however_few_files_there_are_one_client_gets_in() {
        assert_eq!(OpenFiles(10).connections(), 1);
    }

    #[test]
    fn without_a_limit_memory_is_one() {
        assert_eq!(OpenFiles(u64::MAX).connections(), MOST);
    }
}
