//! Whose fault it is: see the [module's page](super). Pure: the time is given.

use std::time::Duration;

use tokio::time::Instant;

use super::{Reply, Times, Unreached};

/// One look at a green that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It is well.
    Well,
    /// It answers, and is not well: whether it says that all it needs is there, and what else it says.
    Unwell { able: bool, shows: String },
    /// It does not answer.
    Unreached(String),
}

impl Look {
    /// What an answer at the gate says.
    pub(super) fn of(answer: Result<Reply, Unreached>) -> Self {
        match answer {
            Ok(Reply { status: 200, .. }) => Self::Well,
            Ok(Reply { status, body }) => match serde_json::from_str::<serde_json::Value>(&body) {
                Ok(report) if report.get("ready").is_some_and(serde_json::Value::is_boolean) => {
                    Self::Unwell { able: report["ready"] == true, shows: shows(status, &report) }
                }
                _ => Self::Unreached(format!("it is answered for with status {status}")),
            },
            Err(Unreached(why)) => Self::Unreached(format!("it does not answer: {why}")),
        }
    }
}

/// The names of the checks that are not good, and what else is wrong: no more of a body than that.
fn shows(status: u16, report: &serde_json::Value) -> String {
    let list = |key: &str| report.get(key).and_then(serde_json::Value::as_array).into_iter().flatten();
    let bad = list("checks").filter(|check| check["good"] == false).filter_map(|check| check["name"].as_str());
    let words: Vec<&str> = bad.chain(list("unsteady").filter_map(serde_json::Value::as_str)).collect();
    let words: String = words.join(", ").chars().take(200).collect();
    format!("its gate answers {status}: {}", if words.is_empty() { "without a reason" } else { words.as_str() })
}

/// How one green has been lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulse {
    /// Bad looks in a row, and those of them in a row, at the end, that did not reach it.
    bad: u32,
    unreached: u32,
    since: Option<Instant>,
    /// Whether it has said since then that something it needs is not there, or may have.
    unable: bool,
    pub(super) shows: String,
}

/// One bad look may be the way's fault.
const ENOUGH: u32 = 2;

impl Pulse {
    /// Notes a look.
    pub(super) fn note(&mut self, now: Instant, look: Look) {
        let (able, unreached, shows) = match look {
            Look::Well => return *self = Self::default(),
            Look::Unwell { able, shows } => (able, 0, shows),
            Look::Unreached(shows) => (true, self.unreached + 1, shows),
        };
        self.since.get_or_insert(now);
        self.bad += 1;
        self.unable |= !able;
        (self.unreached, self.shows) = (unreached, shows);
    }

    fn is_suspect(&self) -> bool {
        self.bad >= ENOUGH
    }
}

/// What the blues say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Blues {
    /// Those that are awake.
    pub(super) awake: usize,
    /// Those of them of which a check fails.
    pub(super) failing: usize,
    /// How long after a change all their checks have said so.
    pub(super) patience: Duration,
}

impl Blues {
    fn all_fail(&self) -> bool {
        self.awake > 0 && self.failing == self.awake
    }
}

/// What is concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Nobody is at fault.
    Well,
    /// Not known yet.
    Open,
    /// The green is.
    Greens,
    /// Both show it.
    Both,
}

/// Judges one green that was let in.
pub(super) fn judge(pulse: &mut Pulse, blues: &Blues, now: Instant, times: &Times) -> Judgement {
    if !pulse.is_suspect() {
        return Judgement::Well;
    }
    if blues.all_fail() {
        // Once it is back, both need their time, and the blues are looked at more seldom.
        (pulse.since, pulse.unable) = (Some(now), true);
        return Judgement::Both;
    }
    let lasted = pulse.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
    let own = !pulse.unable && lasted >= times.own;
    let alone = blues.awake == 0 || lasted >= blues.patience + times.look;
    if own || alone || pulse.unreached >= ENOUGH { Judgement::Greens } else { Judgement::Open }
}

#[cfg(test)]
mod tests;
