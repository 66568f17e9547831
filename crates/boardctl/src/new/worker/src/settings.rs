//! What the worker is told.

use std::time::Duration;

use platform::config::{Reader, setting};

/// The worker's own settings.
pub(crate) struct Settings {
    /// Time between two rounds.
    pub(crate) poll: Duration,
}

impl platform::config::Settings for Settings {
    fn read(from: &mut Reader) -> Option<Self> {
        let poll = from.seconds(setting("POLL_S", "time between two rounds"), 0.01..=3_600.0, 1.0);
        Some(Self { poll: poll? })
    }
}
