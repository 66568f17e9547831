//! How Fly itself behaves: its lags, limits and pauses. The defaults are what was measured, or said, of the real one.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rate::Rate;

/// How Fly itself behaves.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How far a list lags behind the machines.
    #[serde(rename = "list_lag_ms", with = "ms")]
    pub list_lag: Duration,
    /// How long a machine that was just made is unknown by its id.
    #[serde(rename = "get_lag_ms", with = "ms")]
    pub get_lag: Duration,
    /// How far the proxies lag behind: cordons, states and checks come to them by gossip.
    #[serde(rename = "gossip_ms", with = "ms")]
    pub gossip: Duration,
    /// How long a machine that has stopped refuses to start, as still active.
    #[serde(rename = "still_active_ms", with = "ms")]
    pub still_active: Duration,
    /// How long a machine is on its way out.
    #[serde(rename = "destroys_ms", with = "ms")]
    pub destroys: Duration,
    /// How long a machine is on its way to sleep, its memory kept.
    #[serde(rename = "suspends_ms", with = "ms")]
    pub suspends: Duration,
    /// How long a machine that is gone is still shown to who asks by its id.
    #[serde(rename = "remembers_ms", with = "ms")]
    pub remembers: Duration,
    /// How often the proxies look for machines that nobody needs.
    #[serde(rename = "autostop_ms", with = "ms")]
    pub autostop: Duration,
    /// The limit of each action on a machine, or on an app; none is no limit.
    pub rate: Option<Rate>,
    /// The limit of looks at a machine.
    pub look_rate: Option<Rate>,
    /// What a lease that has lapsed is, to who refreshes it: a new one with a new nonce, or not found. Nobody has said
    /// which.
    pub lapsed_is_renewed: bool,
    /// The regions; a machine for none in particular goes to the first.
    pub regions: Vec<String>,
    /// Those without room.
    pub full_regions: BTreeSet<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            list_lag: ms(500),
            get_lag: ms(20),
            gossip: ms(2_000),
            still_active: ms(1_000),
            destroys: ms(500),
            suspends: ms(500),
            remembers: ms(60_000),
            // Five and a half minutes were seen.
            autostop: ms(330_000),
            rate: Some(Rate { interval: ms(1_000), burst: 3 }),
            look_rate: Some(Rate { interval: ms(200), burst: 10 }),
            lapsed_is_renewed: true,
            regions: ["ams", "fra", "iad"].map(str::to_owned).into(),
            full_regions: BTreeSet::new(),
        }
    }
}

impl Settings {
    /// The same Fly, this many times slower; 0.1 is ten times as fast.
    ///
    /// # Panics
    /// When the scale is no positive number.
    #[must_use]
    pub fn scaled(mut self, scale: f64) -> Self {
        // Each by name: whoever adds one is asked here whether it is a time.
        let Self {
            list_lag,
            get_lag,
            gossip,
            still_active,
            destroys,
            suspends,
            remembers,
            autostop,
            rate,
            look_rate,
            lapsed_is_renewed: _,
            regions: _,
            full_regions: _,
        } = &mut self;
        let lags = [list_lag, get_lag, gossip, still_active, destroys, suspends, remembers, autostop];
        let rates = [rate, look_rate].into_iter().flatten().map(|rate| &mut rate.interval);
        lags.into_iter().chain(rates).for_each(|time| *time = time.mul_f64(scale));
        self
    }
}

/// Durations as whole milliseconds.
pub(crate) mod ms {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }

    /// Where none means never.
    pub(crate) mod or_never {
        use std::time::Duration;

        use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

        pub(crate) fn serialize<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
            duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)).serialize(to)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
            Ok(Option::<u64>::deserialize(from)?.map(Duration::from_millis))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_a_tenth_each_lag_and_each_pace_is_a_tenth_and_nothing_else_changes() {
        let (real, tenth) = (Settings::default(), Settings::default().scaled(0.1));
        let times = |of: &Settings| {
            let lags = [of.list_lag, of.get_lag, of.gossip, of.still_active, of.destroys, of.suspends];
            let rates = [of.rate, of.look_rate].map(|rate| rate.expect("limited").interval);
            [&lags[..], &rates[..], &[of.remembers, of.autostop]].concat()
        };
        assert!(times(&real).iter().zip(times(&tenth)).all(|(real, tenth)| *real == tenth * 10));
        assert_eq!(tenth.rate.map(|rate| rate.burst), real.rate.map(|rate| rate.burst));
        assert_eq!((tenth.regions, tenth.lapsed_is_renewed), (real.regions, real.lapsed_is_renewed));
    }
}
