//! What `up` says while it works.

use std::time::Instant;

/// Says what is being done, on standard error where standard output belongs to JSON.
pub(super) struct Progress {
    quiet: bool,
    began: Instant,
}

impl Progress {
    pub(super) fn new(json: bool) -> Self {
        Self { quiet: json, began: Instant::now() }
    }

    pub(super) fn begin(&self, what: &str) {
        let line = format!("[{:6.2} s] {what}", self.began.elapsed().as_secs_f64());
        if self.quiet { eprintln!("{line}") } else { println!("{line}") }
    }
}
