//! What is asked of a run, made of an app's files.

use std::collections::BTreeMap;

use deploy::run::{Asked, Gate, Image, Order};
use deploy::ship::Plan;
use uuid::Uuid;

use super::ShipError;
use super::definition::definition;
use super::scale::Scale;
use super::target::region;
use super::tree::Wanted;

/// A release, as a person names it.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    /// What it runs.
    pub(crate) image: Image,
    /// What it was built from.
    pub(crate) commit: String,
    /// The commit that it goes back from.
    pub(crate) leaves: Option<String>,
    /// Whether it is another one, though nothing has changed.
    pub(crate) again: bool,
    /// What its machines have to show.
    pub(crate) gate: Gate,
}

impl Release {
    /// The order to have it stand alone, as this app.
    pub(crate) fn order(self, wanted: &Wanted, scale: Scale) -> Result<Order, ShipError> {
        let Self { image, commit, leaves, again, gate } = self;
        let machines = u8::try_from(wanted.app.machines).unwrap_or(u8::MAX);
        let config = scale.of(wanted.toml.clone()).machine_config(image.as_str(), &BTreeMap::new());
        // What nobody has used before, so that it is another one.
        let salt = if again { Uuid::new_v4().simple().to_string() } else { String::new() };
        Ok(Order::Release(Box::new(Asked {
            image,
            config,
            commit,
            leaves,
            salt,
            first: Plan { started: machines, all: machines },
            region: region(wanted)?,
            gate,
            definition: definition(&wanted.text, &wanted.toml),
        })))
    }
}
