//! What a machine does once it is told to run: the caller of the core says so, by machine or by image.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::settings::ms;

/// What a machine does. The default is a good one.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// Whether its image is not to be found.
    pub image_missing: bool,
    /// How long its image takes to be laid out on the host; none is for ever. Of a machine that was made with
    /// `skip_launch`, 9 s were seen.
    #[serde(rename = "lays_out_ms", with = "ms::or_never")]
    pub lays_out: Option<Duration>,
    /// How long it takes from there to started; none is for ever.
    #[serde(rename = "boots_ms", with = "ms::or_never")]
    pub boots: Option<Duration>,
    /// How it exits by itself, if it does, each time that it was started.
    pub exits: Option<Exits>,
    /// How long it takes to end after a signal; none is that it heeds none, and is killed.
    #[serde(rename = "stops_ms", with = "ms::or_never")]
    pub stops: Option<Duration>,
    /// Its checks by name; one that is not named passes at the first look.
    pub checks: BTreeMap<String, CheckBehaviour>,
    /// Whether somebody else looks at its checks and tells what came of them (see
    /// [`Happening::Checked`](crate::Happening::Checked)).
    pub checks_are_told: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        let after = |ms| Some(Duration::from_millis(ms));
        Self {
            image_missing: false,
            lays_out: after(2_000),
            boots: after(1_000),
            exits: None,
            stops: after(100),
            checks: BTreeMap::new(),
            checks_are_told: false,
        }
    }
}

impl Behaviour {
    /// Does nothing by itself: whoever runs the real thing tells each step with [`Fly::happen`](crate::Fly::happen).
    pub fn told() -> Self {
        let (lays_out, boots, stops) = (None, None, None);
        Self { lays_out, boots, stops, checks_are_told: true, ..Self::default() }
    }
}

/// An exit that nobody asked for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exits {
    /// How long after it was started.
    #[serde(rename = "after_ms", with = "ms")]
    pub after: Duration,
    /// With which code.
    #[serde(default)]
    pub code: i64,
    /// Whether memory ran out.
    #[serde(default)]
    pub oom: bool,
}

/// What a check finds, by the time since the machine was started.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckBehaviour {
    /// From when on it passes; none is never.
    #[serde(rename = "passes_ms", with = "ms::or_never")]
    pub passes: Option<Duration>,
    /// From when on it fails again; none is never.
    #[serde(rename = "fails_ms", with = "ms::or_never")]
    pub fails: Option<Duration>,
}

impl Default for CheckBehaviour {
    fn default() -> Self {
        Self { passes: Some(Duration::ZERO), fails: None }
    }
}

impl CheckBehaviour {
    /// Whether it passes so long after the start.
    pub(crate) fn passes(self, after: Duration) -> bool {
        self.passes.is_some_and(|passes| passes <= after) && self.fails.is_none_or(|fails| after < fails)
    }
}

/// Whose behaviour it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Everybody's for whom nothing else is said.
    All,
    /// The machines' that run this image: its tag, its digest, or the whole reference.
    Image(String),
    /// One machine's, by id or name.
    Machine(String),
}

/// All that was said of machines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behaviours(pub(crate) BTreeMap<Whose, Behaviour>);

impl Behaviours {
    /// What was said of a machine (by one of its own names), or else of its image (by one of that's), or else of all.
    pub(crate) fn of(&self, machine: &[&str], image: &[&str]) -> Behaviour {
        let by_machine = machine.iter().map(|name| Whose::Machine((*name).to_owned()));
        let by_image = image.iter().map(|name| Whose::Image((*name).to_owned()));
        let mut all = by_machine.chain(by_image).chain([Whose::All]);
        all.find_map(|whose| self.0.get(&whose)).cloned().unwrap_or_default()
    }
}
