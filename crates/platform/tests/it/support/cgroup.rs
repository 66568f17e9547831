//! A control group that leaves its processes so much memory and no more, where this machine lets us make one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

static GROUPS: AtomicUsize = AtomicUsize::new(0);

/// A group without swap. It goes with this value, once its processes have ended.
pub(crate) struct MemoryGroup(PathBuf);

impl MemoryGroup {
    /// None where there is no such thing, or it is not ours to make.
    pub(crate) fn of(bytes: u64) -> Option<Self> {
        let name = format!("board-test-{}-{}", std::process::id(), GROUPS.fetch_add(1, Ordering::Relaxed));
        [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")].into_iter().find_map(
            |(root, limit)| {
                let group = Self(PathBuf::from(root).join(&name));
                std::fs::create_dir(&group.0).ok()?;
                std::fs::write(group.0.join(limit), bytes.to_string()).ok()?;
                Some(group)
            },
        )
    }

    /// Where a process writes its id to be one of it.
    pub(crate) fn processes(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        // Fails only while a process of it runs, which has been ended before.
        let _ = std::fs::remove_dir(&self.0);
    }
}
