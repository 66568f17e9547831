//! What is told while it happens.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Ended;
use crate::machines::MachineId;

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// How long after the run began; in JSON whole milliseconds, `at_ms`.
    #[serde(rename = "at_ms", serialize_with = "ms")]
    pub at: Duration,
    /// What.
    #[serde(flatten)]
    pub what: Happened,
}

fn ms<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// A machine, for a person: by its name, and by the id that flyctl knows it by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Which {
    /// Its id; none of one that is only planned.
    pub id: Option<MachineId>,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{} ({id})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// What a run does, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Doing {
    /// Makes a machine, cordoned.
    Create {
        /// Its name.
        name: String,
        /// Where.
        region: String,
        /// Whether it runs, or is only laid out.
        launched: bool,
    },
    /// Starts one.
    Start {
        /// Which.
        machine: Which,
    },
    /// Reads their checks.
    Check {
        /// Whose.
        machines: Vec<Which>,
    },
    /// Asks them for an answer, each through the proxy.
    Look {
        /// Whom.
        machines: Vec<Which>,
    },
    /// Writes down on it.
    Mark {
        /// On which.
        machine: Which,
        /// What: `passed`, `failed: WHY`, `rested`, `refused COMMIT`.
        says: String,
    },
    /// Keeps new connections from it.
    Cordon {
        /// Which.
        machine: Which,
    },
    /// Lets them to it.
    Uncordon {
        /// Which.
        machine: Which,
    },
    /// Has it end, by SIGTERM.
    Stop {
        /// Which.
        machine: Which,
    },
    /// Removes it.
    Destroy {
        /// Which.
        machine: Which,
    },
    /// Waits.
    Wait {
        /// For what.
        until: String,
    },
    /// Ends.
    End {
        /// How.
        how: String,
    },
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happened {
    /// A run began.
    Began {
        /// Its id: leases are held under it.
        run: String,
        /// What was asked for, in words.
        order: String,
    },
    /// A machine's lease is held by another; it is waited for.
    LeaseAwaited {
        /// Whose lease.
        machine: Which,
        /// Who has it.
        by: String,
    },
    /// A lease of ours was lost.
    LeaseLost {
        /// Whose lease.
        machine: Which,
        /// To whom, or how.
        by: String,
    },
    /// A step begins.
    Begun {
        /// Which.
        #[serde(flatten)]
        step: Doing,
    },
    /// A step is done.
    Done {
        /// Which.
        #[serde(flatten)]
        step: Doing,
        /// How long it took; in JSON whole milliseconds, `took_ms`.
        #[serde(rename = "took_ms", serialize_with = "ms")]
        took: Duration,
    },
    /// A call was refused, or nobody knows what came of it: the fleet is read, and it is asked for again if that is still
    /// what is to be done.
    Refused {
        /// What came.
        why: String,
    },
    /// A machine shows that it is not well; whose fault that is, is not known yet.
    Suspected {
        /// Which.
        machine: Which,
        /// What it shows.
        shows: String,
    },
    /// It is known whose fault it is.
    Fault {
        /// `greens` or `both`.
        whose: &'static str,
        /// What was seen.
        shows: String,
    },
    /// All is well again.
    Well,
    /// A release record could not be written. It stops nothing.
    Unrecorded {
        /// What came.
        why: String,
    },
    /// Somebody wants it taken back.
    Interrupted,
    /// It is over.
    Ended(Ended),
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |machines: &[Which]| machines.iter().map(Which::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Create { name, region, launched } => {
                write!(f, "create {name} in {region}, cordoned{}", if *launched { "" } else { ", asleep" })
            }
            Self::Start { machine } => write!(f, "start {machine}"),
            Self::Check { machines } => write!(f, "check {}", all(machines)),
            Self::Look { machines } => write!(f, "see {} serve", all(machines)),
            Self::Mark { machine, says } => write!(f, "mark {machine}: {says}"),
            Self::Cordon { machine } => write!(f, "cordon {machine}"),
            Self::Uncordon { machine } => write!(f, "uncordon {machine}"),
            Self::Stop { machine } => write!(f, "stop {machine}"),
            Self::Destroy { machine } => write!(f, "destroy {machine}"),
            Self::Wait { until } => write!(f, "wait until {until}"),
            Self::End { how } => write!(f, "end: {how}"),
        }
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began { run, order } => write!(f, "run {run}: {order}"),
            Self::LeaseAwaited { machine, by } => write!(f, "{machine} is {by}: waiting for that to end"),
            Self::LeaseLost { machine, by } => write!(f, "the lease of {machine} is lost: {by}"),
            Self::Begun { step } => write!(f, "{step}"),
            Self::Done { step, took } => write!(f, "{step}: done in {:.1} s", took.as_secs_f64()),
            Self::Refused { why } => write!(f, "not done: {why}"),
            Self::Suspected { machine, shows } => {
                write!(f, "{machine} is not well, whose fault is not known yet: {shows}")
            }
            Self::Fault { whose: "both", shows } => {
                write!(f, "both colours are not well, what they stand on is: {shows}")
            }
            Self::Fault { whose, shows } => write!(f, "the {whose} are at fault: {shows}"),
            Self::Well => f.write_str("all is well again"),
            Self::Unrecorded { why } => write!(f, "the release record was not written: {why}"),
            Self::Interrupted => f.write_str("somebody wants it taken back"),
            Self::Ended(ended) => write!(f, "{}", ended.outcome.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::Outcome;

    fn told(what: Happened) -> serde_json::Value {
        json!(Told { at: Duration::from_millis(1_500), what })
    }

    #[test]
    fn a_line_of_json_says_what_happened_and_when_and_to_whom() {
        let machine = Which { id: "9080".parse().ok(), name: "web-1".to_owned() };
        let step = Doing::Cordon { machine };
        let wanted = json!({
            "at_ms": 1500, "event": "done", "took_ms": 20,
            "step": "cordon", "machine": {"id": "9080", "name": "web-1"},
        });
        assert_eq!(told(Happened::Done { step: step.clone(), took: Duration::from_millis(20) }), wanted);
        assert_eq!(step.to_string(), "cordon web-1 (9080)");
    }

    #[test]
    fn the_end_is_one_object_with_its_outcome_beside_the_rest() {
        let outcome = Outcome::TakenBack { why: "a reason".to_owned() };
        let ended = Ended { outcome, colour: None, commit: Some("3b0a553".to_owned()), kept: None, wrote: true };
        let wanted = json!({
            "at_ms": 1500, "event": "ended", "outcome": "taken_back", "why": "a reason",
            "colour": null, "commit": "3b0a553", "kept": null, "wrote": true,
        });
        assert_eq!(told(Happened::Ended(ended)), wanted);
    }
}
