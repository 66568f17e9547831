//! Where a machine stands.

use std::fmt;

use serde::Deserialize;

macro_rules! states {
    ($($(#[$doc:meta])* $state:ident = $word:literal),+ $(,)?) => {
        /// Where a machine stands. A word that is not here is kept: it is nothing that anybody waits for.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
        #[serde(from = "String")]
        pub enum State {
            $($(#[$doc])* $state,)+
            /// Another word.
            Other(String),
        }

        impl State {
            /// The API's word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$state => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for State {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$state,)+
                    _ => Self::Other(word),
                }
            }
        }
    };
}

states! {
    /// Made, its image not laid out yet; start is refused.
    Created = "created",
    /// On its way to started.
    Starting = "starting",
    /// Its init ran: not more.
    Started = "started",
    /// On its way to stopped.
    Stopping = "stopping",
    /// Not running; so is a machine that was made with `skip_launch`, once its image is laid out.
    Stopped = "stopped",
    /// On its way to suspended.
    Suspending = "suspending",
    /// Asleep, its memory kept.
    Suspended = "suspended",
    /// Stopped to be started at once.
    Restarting = "restarting",
    /// Given another configuration.
    Updating = "updating",
    /// Its version is replaced by another.
    Replacing = "replacing",
    /// A version that was replaced.
    Replaced = "replaced",
    /// On its way out.
    Destroying = "destroying",
    /// Gone, still shown for a time.
    Destroyed = "destroyed",
    /// Moved to another host.
    Migrated = "migrated",
    /// Could not be run.
    Failed = "failed",
    /// Could not be made.
    LaunchFailed = "launch_failed",
}

impl State {
    /// Whether the machine is no more: its name is free.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        *self == Self::Destroyed
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
