//! How a run ends.

use serde::Serialize;

/// How a run ended, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// How.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The colour that was asked for: this run's, or one that it found and went on with.
    pub colour: Option<String>,
    /// The commit that was asked for.
    pub commit: Option<String>,
    /// The commit that serves now, where that is known.
    pub kept: Option<String>,
    /// Whether anything was written on Fly: metadata, cordons, machines. Leases are none of these.
    pub wrote: bool,
}

/// How a run ended. Whoever started it has an exit code for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// What was asked for stands alone.
    Done,
    /// What stood before stands alone.
    TakenBack {
        /// Why: `faulty`, `late`, `interrupted`, and in words what was seen.
        why: String,
    },
    /// What stood before stands alone, since what both colours depend on did not come back.
    BothIll {
        /// What was seen.
        why: String,
    },
    /// Somebody else is at work: nothing more was touched.
    Locked {
        /// Who, as far as Fly says.
        by: String,
    },
    /// A person has to look.
    NeedsPerson {
        /// What is so.
        what: String,
        /// What to do, with the commands.
        todo: String,
    },
}

impl Outcome {
    /// The word for it: `done`, `taken back`, `both ill`, `locked`, `needs a person`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::TakenBack { .. } => "taken back",
            Self::BothIll { .. } => "both ill",
            Self::Locked { .. } => "locked",
            Self::NeedsPerson { .. } => "needs a person",
        }
    }

    /// What was seen, in a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Done => "what was asked for stands alone".to_owned(),
            Self::TakenBack { why } => format!("taken back: {why}"),
            Self::BothIll { why } => format!("both colours were ill: {why}"),
            Self::Locked { by } => format!("somebody else is at work: {by}"),
            Self::NeedsPerson { what, .. } => what.clone(),
        }
    }
}
