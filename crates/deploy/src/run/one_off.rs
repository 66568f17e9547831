//! One machine that runs to its end: a migration.

use serde::Serialize;

use super::Image;
use crate::config::MachineConfig;
use crate::machines::{MachineName, Region};

/// A machine that is to run once.
#[derive(Clone, Debug)]
pub struct OneOff {
    /// What it runs.
    pub image: Image,
    /// How. What keeps it out of everything else is added: it restarts never, has no name in DNS, and belongs to no group
    /// that flyctl deploys.
    pub config: MachineConfig,
    /// A name that is never used twice.
    pub name: MachineName,
    /// Where.
    pub region: Region,
    /// How long it may take.
    pub within: std::time::Duration,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum OneOffEnd {
    /// The process has ended by itself.
    Exited {
        /// With which code.
        code: i64,
        /// Whether memory ran out.
        oom: bool,
    },
    /// It was not over in time, or somebody stopped it: the machine is gone, and what it was at is undone or not, as it
    /// is written.
    Stopped {
        /// Why.
        why: String,
    },
    /// No machine was made, or none that anybody knows the end of.
    NotMade {
        /// What is so.
        what: String,
        /// What to do.
        todo: String,
    },
}
