//! What goes wrong in a rehearsal.

use std::fmt;
use std::str::FromStr;

use testbed::board::Part;

/// A moment of a deploy at which the one who does it is killed, so that nothing of it is tidied up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A first new machine is there.
    Created,
    /// The new ones get requests, and so do the old ones.
    Uncordoned,
    /// The old ones rest.
    Soaking,
    /// One of the old ones was told to end.
    Stopping,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The new machines never get ready: their database is not there.
    NeverReady,
    /// Their probes are good, and what people ask of them fails.
    Critical,
    /// They exit after five seconds (in real times), again and again.
    Exits,
    /// Whoever deploys is killed.
    Killed(Moment),
    /// The database has no room for the connections of the new machines.
    ConnectionLimit,
    /// Every machine sleeps when the deploy begins.
    Asleep,
    /// The new machines begin to fail when the old ones already rest.
    Soak,
    /// Redis goes away when the old ones already rest.
    RedisGone,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NeverReady,
        Self::Critical,
        Self::Exits,
        Self::Killed(Moment::Created),
        Self::Killed(Moment::Uncordoned),
        Self::Killed(Moment::Soaking),
        Self::Killed(Moment::Stopping),
        Self::ConnectionLimit,
        Self::Asleep,
        Self::Soak,
        Self::RedisGone,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NeverReady => "never-ready",
            Self::Critical => "critical",
            Self::Exits => "exits",
            Self::Killed(Moment::Created) => "killed-after-create",
            Self::Killed(Moment::Uncordoned) => "killed-before-cordon",
            Self::Killed(Moment::Soaking) => "killed-in-soak",
            Self::Killed(Moment::Stopping) => "killed-between-stops",
            Self::ConnectionLimit => "connection-limit",
            Self::Asleep => "asleep",
            Self::Soak => "soak",
            Self::RedisGone => "redis-gone",
        }
    }

    /// In half a sentence.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::NeverReady => "the new machines never get ready",
            Self::Critical => "the new machines are ready, and what people ask of them fails",
            Self::Exits => "the new machines exit after five seconds, again and again",
            Self::Killed(Moment::Created) => "whoever deploys is killed once a machine was made",
            Self::Killed(Moment::Uncordoned) => "whoever deploys is killed while both colours get requests",
            Self::Killed(Moment::Soaking) => "whoever deploys is killed while the old colour rests",
            Self::Killed(Moment::Stopping) => "whoever deploys is killed between two stops",
            Self::ConnectionLimit => "the database has no room for the new machines",
            Self::Asleep => "every machine sleeps",
            Self::Soak => "the new machines begin to fail while the old ones rest",
            Self::RedisGone => "Redis goes away while the old colour rests",
        }
    }

    /// Whether it can befall this function.
    pub(super) fn befalls(self, part: Part) -> bool {
        match self {
            // Both break what api's people read.
            Self::Critical | Self::Soak => part == Part::Api,
            // Nobody wakes a worker, so nothing puts it to sleep.
            Self::Asleep => part.serves(),
            // Both take its database away.
            Self::NeverReady | Self::ConnectionLimit => part.has_database(),
            Self::RedisGone => part == Part::Applications,
            _ => true,
        }
    }

    /// Whether people may feel it: a fault of what already has all requests is only found by them.
    pub(super) fn is_felt(self) -> bool {
        self == Self::Soak
    }

    /// All names with what each is, for `--help`.
    pub(super) fn list() -> String {
        let line = |fault: Self| format!("  {:<22}{}", fault.name(), fault.about());
        format!("Faults:\n{}", Self::ALL.map(line).join("\n"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|fault| fault.name() == text);
        named.ok_or_else(|| format!("wanted one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_known_by_its_name_and_befalls_some_function() {
        let parts = Part::functions();
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(fault));
            assert!(parts.iter().any(|part| fault.befalls(*part)), "{fault}");
        }
        assert!("".parse::<Fault>().expect_err("none").contains("killed-in-soak"));
    }
}
