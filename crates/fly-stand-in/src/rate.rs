//! How many calls are let through: for each action and machine, or action and app, one a second and three in a row; for a
//! look at a machine five and ten.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::act::Act;
use crate::settings::ms;

/// A limit.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The time that earns one call.
    #[serde(rename = "interval_ms", with = "ms")]
    pub interval: Duration,
    /// How many calls may come in a row.
    pub burst: u32,
}

/// Who has called how often. A refused call uses nothing up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates {
    // When all of a lane's calls are earned again.
    full: HashMap<(Act, String), OffsetDateTime>,
}

impl Rates {
    /// Takes one call, of an action on a machine or an app, if there is one left.
    pub(crate) fn take(&mut self, now: OffsetDateTime, act: Act, on: &str, rate: Rate) -> bool {
        let full = self.full.entry((act, on.to_owned())).or_insert(now);
        let next = (*full).max(now) + rate.interval;
        let fits = next - now <= rate.interval * rate.burst;
        if fits {
            *full = next;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_in_a_row_then_one_a_second_each_machine_and_action_by_itself() {
        let rate = Rate { interval: Duration::from_secs(1), burst: 3 };
        let at = |tenths: u64| OffsetDateTime::UNIX_EPOCH + Duration::from_millis(tenths * 100);
        let mut rates = Rates::default();
        let taken: Vec<bool> = [0, 0, 0, 0, 9, 10, 10, 20].map(|now| rates.take(at(now), Act::Stop, "a", rate)).into();
        assert_eq!(taken, [true, true, true, false, false, true, false, true]);
        assert!(rates.take(at(20), Act::Stop, "b", rate) && rates.take(at(20), Act::Start, "a", rate));
    }
}
