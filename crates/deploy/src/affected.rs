//! Which functions a change affects: those whose image, configuration or place in the fleet it makes another.
//!
//! Asked before anything is built, so by what cargo knows without a build: who depends on whom, for normal use or for build
//! scripts, never for tests; which entries of the lock file each function links; which files outside of a crate its
//! sources name. In doubt a function is affected: one that ships in vain costs a minute, one that does not ship is a
//! change that somebody believes to be live.
//!
//! Where a file of one kind may change without changing what runs (a comment in a `fly.toml`, a development dependency, a
//! lint), it is read, and both readings are compared.

mod change;
mod decision;
mod error;
mod lock;
mod manifest;
mod reason;
mod sources;
mod workspace;

use std::collections::BTreeMap;

pub use change::{Change, is_read};
pub use decision::{Base, Decision, Refused, Standing, decide};
pub use error::Error;
pub use reason::Reason;
pub use workspace::{Package, Workspace};

/// Each app, with every reason why these changes affect it: none, if they do not.
#[must_use]
pub fn affected(workspace: &Workspace, changes: &[Change]) -> BTreeMap<String, Vec<Reason>> {
    let reasons = |name: &String| {
        let app = App { workspace, name, built_of: workspace.built_of(name) };
        (name.clone(), changes.iter().flat_map(|change| change.reasons(&app)).collect())
    };
    workspace.apps.iter().map(reasons).collect()
}

/// An app, and the crates that it is built of by their ids, each with the way to it.
struct App<'a> {
    workspace: &'a Workspace,
    name: &'a str,
    built_of: BTreeMap<&'a str, Vec<String>>,
}
