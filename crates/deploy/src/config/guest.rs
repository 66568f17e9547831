//! The size of a machine.

use serde::{Deserialize, Deserializer, Serialize};
use toml::Value;

use super::values::read;

/// What a machine has, as the Machines API has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Guest {
    /// `shared` or `performance`.
    pub cpu_kind: &'static str,
    /// How many.
    pub cpus: u32,
    /// In MiB.
    pub memory_mb: u32,
}

impl Default for Guest {
    /// What flyctl gives a machine whose `fly.toml` has no `[[vm]]`.
    fn default() -> Self {
        Size::default().guest(None)
    }
}

/// A preset, such as `shared-cpu-1x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    cpu_kind: &'static str,
    cpus: u32,
}

impl Default for Size {
    /// `shared-cpu-1x`.
    fn default() -> Self {
        Self { cpu_kind: "shared", cpus: 1 }
    }
}

impl Size {
    /// With this much memory, or as much as the preset has.
    #[must_use]
    pub fn guest(self, memory: Option<Memory>) -> Guest {
        let Self { cpu_kind, cpus } = self;
        Guest { cpu_kind, cpus, memory_mb: memory.map_or(self.least_mb(), |memory| memory.0) }
    }

    /// The least memory that Fly gives it, in MiB, which is what the preset has.
    #[must_use]
    pub fn least_mb(self) -> u32 {
        self.cpus * if self.cpu_kind == "shared" { 256 } else { 2_048 }
    }

    /// The most, in MiB.
    #[must_use]
    pub fn most_mb(self) -> u32 {
        self.cpus * if self.cpu_kind == "shared" { 2_048 } else { 8_192 }
    }

    /// In what steps, in MiB.
    #[must_use]
    pub fn step_mb(self) -> u32 {
        if self.cpu_kind == "shared" { 256 } else { 1_024 }
    }

    fn parse(text: &str) -> Option<Self> {
        let shared = text.strip_prefix("shared-cpu-").map(|cpus| ("shared", cpus, &[1, 2, 4, 8][..]));
        let performance = text.strip_prefix("performance-").map(|cpus| ("performance", cpus, &[1, 2, 4, 8, 16][..]));
        let (cpu_kind, cpus, counts) = shared.or(performance)?;
        let cpus = *counts.iter().find(|count| format!("{count}x") == cpus)?;
        Some(Self { cpu_kind, cpus })
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wanted = "shared-cpu-1x, -2x, -4x or -8x, or performance-1x, -2x, -4x, -8x or -16x";
        read(from, wanted, |value| Self::parse(value.as_str()?))
    }
}

/// Memory, in MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory(pub u32);

impl<'de> Deserialize<'de> for Memory {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from, "MiB, or a text such as \"512mb\" or \"1gb\"", |value| match value {
            Value::Integer(mb) => u32::try_from(*mb).ok().map(Self),
            Value::String(text) => {
                let mb = text.strip_suffix("mb").map(|number| (number, 1));
                let (number, unit) = mb.or_else(|| text.strip_suffix("gb").map(|number| (number, 1_024)))?;
                number.parse::<u32>().ok()?.checked_mul(unit).map(Self)
            }
            _ => None,
        })
    }
}
