//! How a stand-in is started, in a program or as one.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::programs::Program;
use crate::settings::Settings;

/// The token that it takes unless another is wanted.
pub(crate) const TOKEN: &str = "fm2_stand-in";

/// How it is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The apps that there are. Each has a public address.
    pub apps: Vec<String>,
    /// The programs that stand for images; any other image is not to be found. None at all: nothing real runs, and
    /// machines do what their [`Behaviour`](crate::Behaviour) says.
    pub programs: Option<Vec<Program>>,
    /// How Fly itself behaves, in real time.
    pub settings: Settings,
    /// What every lag and limit of Fly's own is multiplied by: 0.1 has all go ten times as fast. What a configuration says
    /// (intervals, grace, timeouts) is left as it comes.
    pub scale: f64,
    /// Makes ids repeatable.
    pub seed: u64,
    /// The one token that it takes, without a scheme.
    pub token: String,
    /// Where its API listens; port 0 is any.
    pub listen: SocketAddr,
    /// Where machines' output goes; else a temporary folder, which ends with it.
    pub folder: Option<PathBuf>,
}

impl Options {
    /// With these apps, real processes, and no program yet.
    pub fn new<A: Into<String>>(apps: impl IntoIterator<Item = A>) -> Self {
        Self {
            apps: apps.into_iter().map(Into::into).collect(),
            programs: Some(Vec::new()),
            settings: Settings::default(),
            scale: 1.0,
            seed: 0,
            token: TOKEN.to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            folder: None,
        }
    }

    /// With one more program.
    #[must_use]
    pub fn program(mut self, program: Program) -> Self {
        self.programs.get_or_insert_default().push(program);
        self
    }

    /// So much faster: 0.1 is a tenth of every lag of Fly's own.
    #[must_use]
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = scale;
        self
    }

    /// With Fly itself behaving so, in real time.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// With machines' output in this folder, where it stays.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }
}
