//! What ships a function to Fly, takes it back, and says what stands there: the commands around [`::deploy::run`], which
//! does it. Nothing is decided here about machines.
//!
//! A command first reads everything that can be wrong with what it was given (arguments, settings, the files in `fly/`, git)
//! and tells all of it at once, before the first call.

pub mod back;
mod definition;
mod ended;
pub(crate) mod exit;
pub mod forward;
mod once;
mod order;
mod plan;
mod running;
pub(crate) mod runs;
mod said;
pub(crate) mod say;
pub(crate) mod scale;
mod secrets;
pub(crate) mod settings;
mod signals;
pub mod status;
pub(crate) mod tag;
pub(crate) mod target;
pub(crate) mod tree;

use ::deploy::machines::Misnamed;
use ::deploy::run::NoImage;
use platform::config::{Misconfigured, Reader, Settings as _};
use platform::telemetry::log::chain;

use exit::Exit;
use say::LastWord;
use settings::ShipSettings;

/// Why nothing was called: what a person has to mend.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShipError {
    /// Settings.
    #[error(transparent)]
    Settings(#[from] Misconfigured),
    /// Files, or git.
    #[error(transparent)]
    Tree(#[from] tree::TreeError),
    /// A name in a file that Fly would not take.
    #[error("{0}.toml: {1} is no name that Fly takes: {2}")]
    Misnamed(String, &'static str, Misnamed),
    /// The image.
    #[error("--image")]
    Image(#[from] NoImage),
    /// Several of these.
    #[error("{}\n{}", chain(.0.as_ref()), chain(.1.as_ref()))]
    Several(Box<ShipError>, Box<ShipError>),
    /// What was given does not go together.
    #[error("{0}")]
    Arguments(String),
    /// The system has no signals or no HTTP stack for us.
    #[error("{0}")]
    System(String),
}

impl From<ShipError> for LastWord {
    fn from(error: ShipError) -> Self {
        let exit = if matches!(error, ShipError::System(_)) { Exit::NeedsAPerson } else { Exit::Misconfigured };
        Self::new(exit, chain(&error))
    }
}

/// The settings of the process.
pub(crate) fn settings() -> Result<ShipSettings, ShipError> {
    let mut from = Reader::from_process();
    let settings = ShipSettings::read(&mut from);
    Ok(from.finish(settings)?)
}

/// Both, or all that is wrong with either.
pub(crate) fn both<A, B>(one: Result<A, ShipError>, other: Result<B, ShipError>) -> Result<(A, B), ShipError> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(one), Err(other)) => Err(ShipError::Several(Box::new(one), Box::new(other))),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// What is read by the HTTP stack itself.
const OTHERS: &str = "  HTTPS_PROXY, ALL_PROXY, NO_PROXY
      a proxy that Fly is asked through, and for what it is not
  SSL_CERT_FILE, SSL_CERT_DIR
      who may vouch for Fly, beside those who are built in";

/// What `--help` says of settings and exit codes.
pub(crate) fn help() -> String {
    let mut from = Reader::new([]);
    let _ = ShipSettings::read(&mut from);
    format!("Settings, from the environment:\n{}{OTHERS}\n\n{}", from.help(), exit::CODES)
}
