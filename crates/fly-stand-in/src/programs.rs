//! Which program stands for an image: there is no registry here.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What runs on this machine where Fly would run an image.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The image's tag, its digest, or the whole reference.
    pub image: String,
    /// The program.
    pub path: PathBuf,
    /// The image's own command; a configuration's `init.cmd` takes its place.
    #[serde(default)]
    pub args: Vec<String>,
    /// The image's own environment, which a configuration and secrets win over.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// What wins over all of them, since it is another here than on Fly: a database's address, say.
    #[serde(default)]
    pub here: BTreeMap<String, String>,
    /// The names under which it is told where to listen. Of such an address the port stays, and the machine's own takes
    /// the place of the rest: all machines are one here.
    #[serde(default = "listens")]
    pub listens: Vec<String>,
}

/// How our own functions are told.
fn listens() -> Vec<String> {
    ["LISTEN", "METRICS_LISTEN"].map(str::to_owned).into()
}

/// Without what is told in its environment: there may be passwords in it.
impl fmt::Debug for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = out.debug_struct("Program");
        told.field("image", &self.image).field("path", &self.path).field("args", &self.args).finish_non_exhaustive()
    }
}

impl Program {
    /// A program for an image, by tag, digest or whole reference.
    pub fn new(image: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let (args, env, here) = Default::default();
        Self { image: image.into(), path: path.into(), args, env, here, listens: listens() }
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.args.push(argument.into());
        self
    }

    /// With this in the image's own environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// With this in place of whatever it is on Fly.
    #[must_use]
    pub fn here(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.here.insert(name.into(), value.into());
        self
    }
}
