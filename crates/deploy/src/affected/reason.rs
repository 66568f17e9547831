//! Why a function is affected.

use std::fmt;

use serde::Serialize;

/// One reason. `by` leads from the function to the crate that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Reason {
    /// A source of one of its crates is another.
    Source {
        /// The file.
        file: String,
        /// The way to the crate.
        by: Vec<String>,
    },
    /// A file that a source of one of its crates names is another: an included text, what a build script reads.
    Named {
        /// The file.
        file: String,
        /// The way to the crate.
        by: Vec<String>,
    },
    /// A dependency that one of its crates takes from the workspace's list is declared otherwise.
    Declared {
        /// The key in `[workspace.dependencies]`.
        dependency: String,
        /// The way to the crate that takes it.
        by: Vec<String>,
    },
    /// It links a crate of others in another version, or one more.
    Linked {
        /// Name and version.
        krate: String,
        /// The versions of that name before.
        before: Vec<String>,
        /// The way to it.
        by: Vec<String>,
    },
    /// A file is its own: how and where it runs.
    App {
        /// The file.
        file: String,
    },
    /// All images are built otherwise.
    Build {
        /// By what.
        what: String,
    },
    /// Nobody knows, so it is.
    Unknown {
        /// Why not.
        why: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source { file, by } => write!(f, "{file} ({})", way(by)),
            Self::Named { file, by } => write!(f, "{file}, which {} names ({})", last(by), way(by)),
            Self::Declared { dependency, by } => {
                write!(f, "[workspace.dependencies] {dependency}, which {} takes ({})", last(by), way(by))
            }
            Self::Linked { krate, before, by } if before.is_empty() => write!(f, "new: {krate} ({})", way(by)),
            Self::Linked { krate, before, by } => write!(f, "{krate}, before {} ({})", before.join(", "), way(by)),
            Self::App { file } => write!(f, "{file}"),
            Self::Build { what } => write!(f, "{what}, by which all images are built"),
            Self::Unknown { why } => f.write_str(why),
        }
    }
}

fn way(by: &[String]) -> String {
    by.join(" → ")
}

fn last(by: &[String]) -> &str {
    by.last().map_or("it", String::as_str)
}
