//! Why it cannot be said what a change affects.

use std::path::PathBuf;

/// Something that has to be read cannot be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not what `cargo metadata` prints.
    #[error("what cargo says of the workspace is not understood")]
    Metadata(#[from] serde_json::Error),
    /// No commit of the workspace shows how such a crate changes.
    #[error("{0} is part of the workspace and lies outside of its folder")]
    Outside(PathBuf),
    /// A file or folder.
    #[error("{0} cannot be read")]
    File(PathBuf, #[source] std::io::Error),
}
