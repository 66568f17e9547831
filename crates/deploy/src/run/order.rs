//! What is asked for.

use serde_json::Value;

use super::Image;
use crate::config::MachineConfig;
use crate::machines::Region;
use crate::ship::Plan;

/// What a run is to do.
#[derive(Clone, Debug)]
pub enum Order {
    /// Have this release stand alone.
    Release(Box<Asked>),
    /// Have one colour stand alone, whichever that is: undo or finish what a dead run left, also one of flyctl's.
    Mend,
    /// Have what is in mid-deploy taken back: the newest release without a verdict. Where there is none, as a
    /// mend.
    TakeBack,
}

impl Order {
    /// In words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Release(asked) => format!("have {} of commit {} stand alone", asked.image, asked.commit),
            Self::Mend => "have one colour stand alone".to_owned(),
            Self::TakeBack => "take back what is in mid-deploy".to_owned(),
        }
    }
}

/// A release that is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it runs.
    pub image: Image,
    /// How; its image is replaced by the one above, and what says whose a machine is, is added to its metadata.
    pub config: MachineConfig,
    /// The commit that it was built from: at least 7 hex digits.
    pub commit: String,
    /// The commit that this one goes back from: as if it had failed beside it, no later push brings it back by the way.
    pub leaves: Option<String>,
    /// Makes another release of the same; empty is the release itself.
    pub salt: String,
    /// How many machines it has where there is nothing yet to go by.
    pub first: Plan,
    /// Where those are made.
    pub region: Region,
    /// What its machines have to show.
    pub gate: Gate,
    /// The `fly.toml` as JSON, with its `deploy.strategy`, for the release record: flyctl deploys secrets by it.
    pub definition: Value,
}

/// What a green has to show before it is let in, and all the time until the verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// That it is able to do all it is for: every check passes.
    #[default]
    Strict,
    /// That it is routed to, whatever it stands on: for a release, or a way back, that cannot wait for a dependency.
    Routable,
}
