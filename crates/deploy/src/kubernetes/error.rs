//! Why there are no manifests.

/// What does not fit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// The files break rules that hold for every app.
    #[error("the files break rules:\n{}", .0.join("\n"))]
    Broken(Vec<String>),
    /// No function is listed.
    #[error("there is no fleet.toml, or it lists a function that has no file")]
    NoFleet,
    /// An image would be another tomorrow, or is none.
    #[error(
        "{0:?} is no image: wanted REPOSITORY:TAG with a tag other than latest, or REPOSITORY@sha256: and 64 hex digits, the \
             repository in small letters"
    )]
    Image(String),
    /// Nothing says what image a function has.
    #[error("nothing says what image {0} has")]
    NoImage(String),
    /// A value is set for a function that there is not.
    #[error("{0:?} is set, and there is no such function")]
    NoFunction(String),
    /// A secret would lie in a manifest.
    #[error("{0} of {1} is a secret: it belongs in the Secret {1}, not in a manifest")]
    Secret(String, String),
    /// It names nothing.
    #[error("{0:?} is no name on Kubernetes: wanted small letters, digits and dashes, 63 at most")]
    Name(String),
}
