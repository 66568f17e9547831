//! What can go wrong when something is started here.
//!
//! The reader is a person in front of a red test, who has this text and nothing else. So each says what was tried, and
//! for processes also the end of what the process wrote and where the rest of it is.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// A process that disappointed, and the end of what it wrote.
#[derive(Debug)]
pub struct LastWords {
    /// The name it was given.
    pub name: String,
    /// The program and its arguments.
    pub command: String,
    /// Where everything that it wrote is.
    pub log: PathBuf,
    /// The last lines that it wrote.
    pub tail: String,
}

impl fmt::Display for LastWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (command, log, tail) = (&self.command, self.log.display(), &self.tail);
        write!(formatter, "command: `{command}`; log: {log}; its end:\n{tail}")
    }
}

/// Why something could not be started, stopped or reached.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused; `what` says which step.
    #[error("{what}: {source}")]
    Io {
        /// The step that failed, with the file or address it was about.
        what: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A program could not be started at all.
    #[error("could not start `{command}`: {source}")]
    Start {
        /// The program and its arguments.
        command: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A process ended while something was still expected of it.
    #[error("{} ended ({status}) while waiting for {what}; {about}", about.name)]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// What was waited for.
        what: String,
        /// The process and its last words.
        about: Box<LastWords>,
    },
    /// A process lives, but did not do in time what was expected of it.
    #[error("{}: no {what} within {deadline:?}; {about}", about.name)]
    Silent {
        /// What was waited for.
        what: String,
        /// How long it was waited for.
        deadline: Duration,
        /// The process and its last words.
        about: Box<LastWords>,
    },
    /// A program that should finish with success did not.
    #[error("`{command}` failed ({status}):\n{output}")]
    Failed {
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote.
        output: String,
    },
    /// A condition did not come true in time.
    #[error("{what}: not within {deadline:?}{seen}")]
    Late {
        /// The condition.
        what: String,
        /// How long it was waited for.
        deadline: Duration,
        /// What was there instead; empty, or begins with a separator.
        seen: String,
    },
    /// A statement that testbed itself sends to its Postgres failed.
    #[error("postgres refused to {what}: {source}")]
    Postgres {
        /// What was wanted.
        what: String,
        /// What the server or the connection said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Something is missing, or not what it should be.
    #[error("{0}")]
    Unfit(String),
}

impl Error {
    /// For `map_err`: an I/O error with the step it belongs to.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
