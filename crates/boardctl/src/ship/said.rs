//! What a run tells, in words.

use std::cell::RefCell;
use std::time::Duration;

use deploy::run::{Doing, Happened, Told, Which};
use serde_json::{Value, json};

use super::say::Say;

/// A step that takes longer is told twice: what it is, and how long it took.
const LONG: Duration = Duration::from_secs(1);

/// Says things at once, and to people the same refusal once in a row. A run's end is left to the last word.
pub(crate) struct Teller {
    say: Say,
    last: RefCell<String>,
}

impl Teller {
    pub(crate) fn new(say: Say) -> Self {
        Self { say, last: RefCell::default() }
    }

    pub(crate) fn tell(&self, told: &Told) {
        let Some(words) = words(&told.what, self.say) else { return };
        let repeats = matches!(told.what, Happened::Refused { .. }) && *self.last.borrow() == words;
        if self.say.is_json() || !repeats {
            self.say.live(told.at, &words, fields(told));
        }
        self.last.replace(words);
    }
}

fn fields(told: &Told) -> Value {
    serde_json::to_value(told).unwrap_or_else(|_| json!({}))
}

/// A line, if it is worth one.
fn words(what: &Happened, say: Say) -> Option<String> {
    Some(match what {
        Happened::Began { run, order } => format!("{order} (run {run})"),
        Happened::LeaseAwaited { machine, by } => format!("waiting for the lease of {machine}: {by}"),
        Happened::LeaseLost { machine, by } => format!("the lease of {machine} is lost: {by}"),
        Happened::Begun { step } => doing(step),
        Happened::Done { step, took } if say.is_json() || *took >= LONG => {
            format!("  {:.1} s: {}", took.as_secs_f64(), doing(step))
        }
        Happened::Done { .. } | Happened::Ended(_) => return None,
        Happened::Refused { why } => format!("refused, and asked again if it is still to be done: {why}"),
        Happened::Suspected { machine, shows } => format!("{machine} is not well: {shows}"),
        Happened::Fault { whose, shows } => match *whose {
            "both" => format!("both colours are not well, so it is what they depend on: {shows}"),
            _ => format!("the new machines alone are not well: {shows}"),
        },
        Happened::Well => "all is well again".to_owned(),
        Happened::Unrecorded { why } => format!("the release record was not written, which stops nothing: {why}"),
        Happened::Interrupted => "somebody wants it taken back".to_owned(),
    })
}

/// A step, as what is being done.
pub(crate) fn doing(step: &Doing) -> String {
    match step {
        Doing::Create { name, region, launched: true } => format!("making {name} in {region}, cordoned"),
        Doing::Create { name, region, launched: false } => format!("laying out {name} in {region}, not started"),
        Doing::Start { machine } => format!("starting {machine}"),
        Doing::Check { machines } => format!("waiting until every check passes: {}", all(machines)),
        Doing::Look { machines } => format!("asking through the proxy: {}", all(machines)),
        Doing::Mark { machine, says } => format!("marking {machine}: {says}"),
        Doing::Cordon { machine } => format!("cordoning {machine}"),
        Doing::Uncordon { machine } => format!("letting requests to {machine}"),
        Doing::Stop { machine } => format!("stopping {machine}"),
        Doing::Destroy { machine } => format!("removing {machine}"),
        Doing::Wait { until } => format!("waiting: {until}"),
        Doing::End { how } => how.clone(),
    }
}

fn all(machines: &[Which]) -> String {
    machines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
